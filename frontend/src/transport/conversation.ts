import type { Ack, FeedMessage, FromPage, Hello, Numbered, Submit, Welcome } from '../protocol/wire'

/** What the server's answer to `Hello` means for the page. */
export interface Resumption {
  /** Frames to send at once. */
  send: FromPage[]
  /** The session that the page had is gone: what it had on the server is lost. */
  lost: boolean
  /** The server has started again; of the messages before, none comes any more. */
  restarted: boolean
  /** The program was another one when this page was loaded. */
  changed: boolean
  /** Events that the page waits for and the server does not know any more. */
  gone: string[]
}

/**
 * The page's side of a session, independent of connections: who it is, what it has seen, what it has said and not
 * yet heard of. Pure: it is told what happened and says what to send.
 */
export class Conversation {
  session: string | null = null
  token: string | null = null
  seen = 0
  /** Names this load of the page. */
  readonly #load: string
  /** The feed that `seen` counts in. */
  #epoch: string | null = null
  #acked = 0
  #app: string | null = null
  /** Said and not yet known to be accepted. */
  readonly #said = new Map<string, Submit>()
  /** Accepted and not ended. */
  readonly #open = new Set<string>()
  /** Said while nobody listened. */
  #waiting: FromPage[] = []

  constructor(load: string) {
    this.#load = load
  }

  hello(page: string, query: string): Hello {
    const { session, token, seen } = this
    return { type: 'hello', session, token, epoch: this.#epoch, seen, load: this.#load, page, query }
  }

  /** Events whose end the page still waits for. */
  get unfinished(): string[] {
    return [...this.#said.keys(), ...this.#open]
  }

  /** Takes note of a frame that the page wants to send; gives it back when it can go out now. */
  say(frame: FromPage, connected: boolean): FromPage | null {
    if (frame.type === 'submit') this.#said.set(frame.event_id, frame)
    else if (!connected) this.#waiting.push(frame)
    return connected ? frame : null
  }

  welcomed(welcome: Welcome): Resumption {
    const lost = this.session !== null && !welcome.resumed
    const changed = this.#app !== null && this.#app !== welcome.app_id
    const restarted = this.#epoch !== null && this.#epoch !== welcome.epoch
    this.session = welcome.session
    this.token = welcome.token
    this.#epoch = welcome.epoch
    this.#app ??= welcome.app_id
    if (lost) return this.#startAgain(welcome, changed)
    if (restarted || this.seen < welcome.seen) this.seen = this.#acked = welcome.seen
    const pending = new Set(welcome.pending)
    for (const id of pending) this.#accept(id)
    const gone = [...this.#open].filter((id) => !pending.has(id))
    const send = [...this.#said.values(), ...this.#waiting]
    this.#waiting = []
    return { send, lost, restarted, changed, gone }
  }

  #startAgain(welcome: Welcome, changed: boolean): Resumption {
    const gone = this.unfinished
    this.seen = welcome.seen
    this.#acked = welcome.seen
    this.#said.clear()
    this.#open.clear()
    this.#waiting = []
    return { send: [], lost: true, restarted: true, changed, gone }
  }

  /** The message to apply, or null when it was applied before. */
  heard({ n, message }: Numbered): FeedMessage | null {
    if (n <= this.seen) return null
    this.seen = n
    if (message.event_id !== null) {
      this.#accept(message.event_id)
      if (message.msg === 'process_completed') this.#open.delete(message.event_id)
    }
    return message
  }

  refused(event: string): void {
    this.#said.delete(event)
    this.#open.delete(event)
  }

  #accept(event: string): void {
    if (this.#said.delete(event)) this.#open.add(event)
  }

  /** Messages applied and not yet acknowledged. */
  get unacknowledged(): number {
    return this.seen - this.#acked
  }

  ack(): Ack | null {
    if (this.#acked === this.seen) return null
    this.#acked = this.seen
    return { type: 'ack', seen: this.seen }
  }
}
