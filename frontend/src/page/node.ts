/** The page's interface for components. Components import this file and nothing of the transport. */

/** A file in the wire format (`gradio.FileData`). */
export interface FileData {
  path: string
  url?: string | null
  size?: number | null
  orig_name?: string | null
  mime_type?: string | null
  is_stream?: boolean
  meta: { _type: 'gradio.FileData' }
}

/** Properties that every block has; a component adds its own through `Node<P>`. */
export interface CommonProps {
  label?: string | null
  info?: string | null
  show_label?: boolean
  container?: boolean
  scale?: number | null
  min_width?: number | null
  interactive?: boolean | null
  visible?: boolean | 'hidden'
  elem_id?: string | null
  elem_classes?: string[]
  buttons?: string[]
  _selectable?: boolean
}

/** Status of the event that writes this block. */
export type Status =
  | { kind: 'idle'; done?: true }
  | { kind: 'waiting'; rank: number | null; size: number; eta: number | null; for: 'queue' | 'state'; since: number }
  | { kind: 'running'; since: number; eta: number | null; progress: ProgressUnit[] | null; generating: boolean }
  | Failed

/** Error of a failed event, shown in place of its output. */
export interface Failed {
  kind: 'failed'
  /** May contain HTML; shown sanitized. */
  message: string
  title?: string | null
  /** Duration in seconds. */
  after?: number | null
  /** Traceback, only sent to a developer at the server's machine. */
  trace?: string | null
  /** Runs the event again. */
  again?: () => void
}

export interface ProgressUnit {
  index: number | null
  length: number | null
  unit: string | null
  progress: number | null
  desc: string | null
}

/** One component or layout on the page. `props`, `value` and `status` are reactive. */
export interface Node<V = unknown, P = Record<string, unknown>> {
  readonly id: number
  readonly type: string
  /** Properties; the component merges in its own defaults (`const { lines = 1 } = …`). */
  readonly props: P & CommonProps
  /** The value in the browser's form; replaced, never mutated. */
  readonly value: V
  /** Whether the visitor can change it: the author's setting, else whether it is more than an output. */
  readonly interactive: boolean
  /** Accessible name: the label, or the type's name. */
  readonly name: string
  readonly status: Status
  /** Message of a failed validator for this input, if any. */
  readonly invalid: string | null
  /** Whether an event that the block started is running. */
  readonly working?: boolean
  /** Whether pressing it again has no effect until that event has ended. */
  readonly blocked?: boolean
  readonly children: Node[]
  /** Whether a visitor may have created it: nothing of it is run, and all markup is sanitized. */
  readonly untrusted?: boolean
  /** The visitor changed the value: stores it and fires `change` and `input`. */
  edit(value: V): void
  /** Stores a value without events (a draft while dragging; follow with `edit`). */
  draft(value: V): void
  /** Changes a property locally (an accordion's `open`, a tab's `selected`). */
  set(name: string, value: unknown): void
  /** Fires an event by its Gradio name (`submit`, `select`, `upload`, …) with its event data. */
  dispatch(event: string, data?: unknown): void
  /** Whether the event has listeners. */
  listens(event: string): boolean
  /** Sends files to the server until `signal` aborts; reports bytes sent. Rejects with a message for the visitor. */
  upload(files: File[], progress?: (sent: number, total: number) => void, signal?: AbortSignal): Promise<FileData[]>
  /** Calls a method of the component's Python class that it offers to the page. Rejects with a message. */
  server(method: string, data: unknown): Promise<unknown>
  /** URL of a file. */
  url(file: FileData): string
  /** Shows a toast. */
  toast(level: 'info' | 'warning' | 'success' | 'error', message: string): void
  /** Cancels the events that write this block (a stop button). */
  cancel(): void
}
