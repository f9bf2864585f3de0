import type { FromPage, Hello, ToPage } from '../protocol/wire'

/** One connection to the server over any transport. */
export interface Connection {
  send(frame: FromPage): void
  close(): void
}

/** Reason why a connection ended: by accident, or because the server rejects it. */
export type Ending = 'lost' | 'login' | 'denied' | 'replaced'

/** Notifications of a connection; `closed` comes once and last. */
export interface Listener {
  frame(frame: ToPage): void
  closed(why: Ending): void
}

/** Opens a connection and sends `Hello`. */
export type Connect = (hello: Hello, listener: Listener) => Connection
