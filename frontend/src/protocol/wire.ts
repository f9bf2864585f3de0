/** Generated from holdfast/wire by `python -m holdfast.wire.typescript`; change the structs, not this file. */

export const MAX_ID = 128

/** One edit of the generator diff. */
export type Edit = [op: "append" | "replace" | "add" | "delete", path: (string | number)[], value: unknown]

/** One bar of a progress report. */
export interface ProgressUnit {
  index: number | null
  length: number | null
  unit: string | null
  /** Share done, 0 to 1, when it is not counted in steps. */
  progress: number | null
  desc: string | null
}

/** The values of one step. `data` has one slot per output; a State's slot is always null. */
export interface Output {
  /** Full values, or (in a `process_generating` after the event's first) one list of edits per output. */
  data: unknown[]
  is_generating: boolean
  duration: number | null
  average_duration: number | null
  render_config: Record<string, unknown> | null
  changed_state_ids: number[]
  used_cache: null | "full" | "partial"
}

/** Why a step failed, as far as the visitor may know. */
export interface Failure {
  error: string | null
  visible: boolean
  duration: number | null
  title: string | null
}

/** The event waits. */
export interface Estimation {
  msg: "estimation"
  event_id: string | null
  /** Events before this one. */
  rank: number | null
  queue_size: number
  /** Seconds until it is expected to end. */
  rank_eta: number | null
  /** "state": an earlier event of this session still writes a State that this one writes too. */
  waiting_for: "queue" | "state"
}

/** The function runs. */
export interface ProcessStarts {
  msg: "process_starts"
  event_id: string
  eta: number | null
}

/** `gr.Progress` moved. */
export interface Progress {
  msg: "progress"
  event_id: string
  progress_data: ProgressUnit[]
}

/** `gr.Info`, `gr.Warning` or `gr.Success`. */
export interface Log {
  msg: "log"
  event_id: string
  log: string
  level: "info" | "warning" | "success" | "error"
  duration: number | null
  visible: boolean
  title: string
}

/** A generator yielded: full values the first time, then edits against the values before. */
export interface Generating {
  msg: "process_generating"
  event_id: string
  output: Output
  success: boolean
  time_limit: number | null
  /** The data are full values although the event has generated before (a reader fell behind and was caught up). */
  full: boolean
}

/** A step of a `stream` event: full values always. */
export interface Streaming {
  msg: "process_streaming"
  event_id: string
  output: Output
  success: boolean
  time_limit: number | null
}

/** The event ended. Exactly one per event; full values, a failure, or nothing (cancelled). */
export interface Completed {
  msg: "process_completed"
  event_id: string
  output: Output | Failure | null
  success: boolean
  title: string | null
  cancelled: boolean
  used_cache: null | "full" | "partial"
  cache_duration: number | null
  avg_time: number | null
}

/** A State changed outside this session's own events (expiry, `state.update`, another page or replica). */
export interface StateChanged {
  msg: "state_changed"
  ids: number[]
  event_id: null
}

/** No event of the session is pending: the SSE stream ends. Not sent to our own page. */
export interface CloseStream {
  msg: "close_stream"
  event_id: null
}

/** Keeps proxies from closing a quiet stream. */
export interface Heartbeat {
  msg: "heartbeat"
  event_id: null
}

/** The stream cannot go on. */
export interface UnexpectedError {
  msg: "unexpected_error"
  message: string
  session_not_found: boolean
  success: boolean
  event_id: null
}

/** First frame of every connection. */
export interface Hello {
  type: "hello"
  /** The session to go on with; null begins one. */
  session?: string | null
  /** The secret that was given when the session began (`Welcome.token`). */
  token?: string | null
  /** Number of the last feed message that the page has applied. */
  seen?: number
  /** Which page of a multipage app; "" is the first. */
  page?: string
  /** The page's query string, for `gr.Request.query_params`. */
  query?: string
}

/** Run one listener. */
export interface Submit {
  type: "submit"
  /** Chosen by the page, unique within the session. */
  event_id: string
  /** The dependency's id in the config. */
  fn: number
  /** One slot per input, State's slots null. */
  data: unknown[]
  /** Id of the component whose event it was. */
  trigger?: number | null
  event_data?: unknown
  /** How many State changes in a row led here (R3.5); 0 for an act of the visitor. */
  round?: number
}

/** Stop these events. */
export interface Cancel {
  type: "cancel"
  event_ids: string[]
}

/** The next values for a running `stream` event; without `data` the stream ends. */
export interface Chunk {
  type: "chunk"
  event_id: string
  data?: unknown[] | null
  event_data?: unknown
}

/** All messages up to this number are applied; the server may forget them. */
export interface Ack {
  type: "ack"
  seen: number
}

/** Asks for a `Pong`; the page sends it when nothing has come for a while. */
export interface Ping {
  type: "ping"
}

/** Answer to `Hello`. */
export interface Welcome {
  type: "welcome"
  session: string
  token: string
  /** The session asked for was found and goes on; false: a new one began. */
  resumed: boolean
  /** Where the feed goes on from; the page drops its own count when `resumed` is false. */
  seen: number
  /** Events of the session that are accepted and not ended; a page resends what it sent and does not find here or in the messages that follow. */
  pending: string[]
  /** Changes when the program does; a page built by another program should be loaded again. */
  app_id: string
}

/** One message of the session's feed. */
export interface Numbered {
  type: "message"
  n: number
  message: Estimation | ProcessStarts | Progress | Log | Generating | Streaming | Completed | StateChanged
}

/** A `Submit` that did not become an event (its `event_id`), or a frame that could not be read (null). */
export interface Refused {
  type: "refused"
  event_id: string | null
  status: number
  detail: unknown
}

/** Answer to `Ping`. */
export interface Pong {
  type: "pong"
}

/** The program changed on disk and was loaded again (development). */
export interface Reload {
  type: "reload"
  error: string | null
}

export type EventMessage = Estimation | ProcessStarts | Progress | Log | Generating | Streaming | Completed

export type FeedMessage = Estimation | ProcessStarts | Progress | Log | Generating | Streaming | Completed | StateChanged

export type Message = Estimation | ProcessStarts | Progress | Log | Generating | Streaming | Completed | StateChanged | CloseStream | Heartbeat | UnexpectedError

export type FromPage = Hello | Submit | Chunk | Cancel | Ack | Ping

export type ToPage = Welcome | Numbered | Refused | Pong | Reload
