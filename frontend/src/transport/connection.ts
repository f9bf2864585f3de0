import type { FromPage, Hello, ToPage } from '../protocol/wire'

/** One connection to the server, whatever carries it. */
export interface Connection {
  send(frame: FromPage): void
  close(): void
}

/** Why a connection ended: by chance, or because the server does not want it. */
export type Ending = 'lost' | 'login' | 'denied' | 'replaced'

/** What a connection tells; nothing more after `closed`, which comes once. */
export interface Listener {
  frame(frame: ToPage): void
  closed(why: Ending): void
}

/** Opens a connection and says hello on it. */
export type Connect = (hello: Hello, listener: Listener) => Connection
