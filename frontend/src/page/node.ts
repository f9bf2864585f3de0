/** What a component sees of the page. Components import this file and nothing of the transport. */

/** A file as the wire has it (`gradio.FileData`). */
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

/** How far the event that writes this block has come. */
export type Status =
  | { kind: 'idle'; done?: true }
  | { kind: 'waiting'; rank: number | null; size: number; eta: number | null; for: 'queue' | 'state'; since: number }
  | { kind: 'running'; since: number; eta: number | null; progress: ProgressUnit[] | null; generating: boolean }
  | Failed

/** What is said of a failed event in the place of its output. */
export interface Failed {
  kind: 'failed'
  /** May hold HTML; shown sanitized. */
  message: string
  title?: string | null
  /** Seconds that it ran. */
  after?: number | null
  /** The error itself; only a developer at the server's machine gets it. */
  trace?: string | null
  /** Runs it again. */
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
  /** Properties with the component's own defaults already merged in by the component (`const { lines = 1 } = …`). */
  readonly props: P & CommonProps
  /** The browser's value; replaced, never mutated. */
  readonly value: V
  /** May the visitor change it: what the author said, else whether it is more than an output. */
  readonly interactive: boolean
  /** Accessible name: the label, or the type's name. */
  readonly name: string
  readonly status: Status
  /** Message of a failed validator for this input, if any. */
  readonly invalid: string | null
  /** An event that it has begun runs. */
  readonly working?: boolean
  /** Pressing it again does nothing until that has ended. */
  readonly blocked?: boolean
  readonly children: Node[]
  /** A visitor may have made it up: nothing of it runs, and all markup is sanitized. */
  readonly untrusted?: boolean
  /** The visitor changed the value: stores it and fires `change` and `input`. */
  edit(value: V): void
  /** Stores a value without events (a draft while dragging; follow with `edit`). */
  draft(value: V): void
  /** Changes a property locally (an accordion's `open`, a tab's `selected`). */
  set(name: string, value: unknown): void
  /** Fires an event by its Gradio name (`submit`, `select`, `upload`, …) with its event data. */
  dispatch(event: string, data?: unknown): void
  /** Is anybody listening? */
  listens(event: string): boolean
  /** Sends files to the server until `signal` says to stop; reports bytes sent. Rejects with a sentence for the visitor. */
  upload(files: File[], progress?: (sent: number, total: number) => void, signal?: AbortSignal): Promise<FileData[]>
  /** Calls a method of the component's Python class that it offers to the page. Rejects with a sentence. */
  server(method: string, data: unknown): Promise<unknown>
  /** Where a file can be fetched from. */
  url(file: FileData): string
  /** Shows a toast. */
  toast(level: 'info' | 'warning' | 'success' | 'error', message: string): void
  /** Stops the events that write this block (a stop button). */
  cancel(): void
}
