import type { Ack, FeedMessage, FromPage, Hello, Numbered, Submit, Welcome } from '../protocol/wire'

/** Meaning of the server's answer to `Hello` for the page. */
export interface Resumption {
  /** Frames to send immediately. */
  send: FromPage[]
  /** Whether the page's session is gone, so that its state on the server is lost. */
  lost: boolean
  /** Whether the server was restarted, so that none of the previous messages arrives. */
  restarted: boolean
  /** Whether the session is open in another tab, so that this page continues with a copy. */
  forked: boolean
  /** Whether the program has changed since this page was loaded. */
  changed: boolean
  /** Events that the page waits for and the server no longer knows. */
  gone: string[]
}

/** A conversation as stored while its page is reloaded. */
export interface KeptConversation {
  session: string
  epoch: string
  seen: number
  said: [frame: Submit, sent: boolean][]
  open: string[]
  /** What renders had built is being built again. */
  rebuilding?: true
}

/**
 * The page's side of a session, independent of connections: its identity, what it has received, and which frames have
 * no answer yet. Pure: it is notified of events and returns what to send.
 */
export class Conversation {
  session: string | null = null
  token: string | null = null
  /** Feed that `seen` refers to. */
  epoch: string | null = null
  seen = 0
  /** Id of this load of the page. */
  readonly #load: string
  /** Version of the program that built the page. */
  readonly #program: string
  #acked = 0
  /** Sent frames that are not known to be accepted, and whether the server may have them. */
  readonly #said = new Map<string, { frame: Submit; sent: boolean }>()
  /** Accepted events that have not ended. */
  readonly #open = new Set<string>()
  /** Frames sent while there was no connection. */
  #waiting: FromPage[] = []
  /** Whether the page shows the state of its session, rather than that of a new page. */
  #began = false
  /** The server has started again, and renders have not yet built again what it had of them. */
  #rebuilding = false
  /** Whether an event is one of a listener that a render has built. */
  readonly #isRendered: (event: string) => boolean

  constructor(load: string, program = '', isRendered: (event: string) => boolean = () => false) {
    this.#load = load
    this.#program = program
    this.#isRendered = isRendered
  }

  /** Continues a session of the tab: where the page stopped, or (null) as a new page. */
  resume(session: string, token: string, kept: KeptConversation | null): void {
    this.session = session
    this.token = token
    if (kept === null) return
    this.#began = true
    this.epoch = kept.epoch
    this.seen = kept.seen
    this.#rebuilding = kept.rebuilding ?? false
    for (const [frame, sent] of kept.said) this.#said.set(frame.event_id, { frame, sent })
    for (const id of kept.open) this.#open.add(id)
  }

  /** The part to store; null before the server has assigned a session. */
  keep(): KeptConversation | null {
    const { session, epoch, seen } = this
    if (session === null || epoch === null) return null
    const said = [...this.#said.values()].map(({ frame, sent }): [Submit, boolean] => [frame, sent])
    return { session, epoch, seen, said, open: [...this.#open], ...(this.#rebuilding && { rebuilding: true as const }) }
  }

  hello(page: string, query: string): Hello {
    const { session, token, epoch } = this
    const seen = session !== null && epoch === null ? null : this.seen
    return { type: 'hello', session, token, epoch, seen, load: this.#load, page, query, program: this.#program }
  }

  /** Events whose end the page still waits for. */
  get unfinished(): string[] {
    return [...this.#said.keys(), ...this.#open]
  }

  /** Records a frame to send; returns it if it can be sent now. */
  say(frame: FromPage, connected: boolean): FromPage | null {
    const now = connected && !(frame.type === 'submit' && this.#waits(frame))
    if (frame.type === 'submit') this.#said.set(frame.event_id, { frame, sent: now })
    else if (!connected) this.#waiting.push(frame)
    return now ? frame : null
  }

  /** The server has nothing yet that could run it. */
  #waits({ event }: Submit): boolean {
    return this.#rebuilding && this.#isRendered(event)
  }

  /** Renders have run again: gives what waited for them, as `update` changes it, to be sent now. */
  rebuilt(connected: boolean, update: (frame: Submit) => Submit): Submit[] {
    if (!this.#rebuilding) return []
    this.#rebuilding = false
    const waited = [...this.#said].filter(([, { frame, sent }]) => !sent && this.#isRendered(frame.event))
    return waited.flatMap(([id, { frame }]) => {
      const updated = update(frame)
      this.#said.set(id, { frame: updated, sent: connected })
      return connected ? [updated] : []
    })
  }

  /** Whether the server runs another version of the program than the one that built the page. */
  isOutdated({ program }: Welcome): boolean {
    return this.#program !== '' && this.#program !== program
  }

  /** `stateless`: the server had nothing of this page, so that a new session serves it as well. */
  welcomed(welcome: Welcome, stateless = false): Resumption {
    const changed = this.isOutdated(welcome)
    const lost = this.#began && !welcome.resumed && !(stateless && !changed)
    const restarted = this.epoch !== null && this.epoch !== welcome.epoch
    const first = this.epoch === null
    this.session = welcome.session
    this.token = welcome.token
    this.epoch = welcome.epoch
    this.#began = true
    if (lost) return this.#startAgain(welcome, changed)
    if (restarted || first || this.seen < welcome.seen) this.seen = this.#acked = welcome.seen
    const pending = new Set(welcome.pending)
    for (const id of pending) this.#accept(id)
    const gone = [...this.#open].filter((id) => !pending.has(id))
    // Frames received by a server that is gone may have run, so they are not repeated.
    if (restarted) gone.push(...[...this.#said].filter(([, { sent }]) => sent).map(([id]) => id))
    for (const id of restarted ? gone : []) this.refused(id)
    // A copy of a session has what renders had built.
    if (restarted) this.#rebuilding = !welcome.forked
    const ready = [...this.#said.values()].filter(({ frame }) => !this.#waits(frame))
    const send = ready.map(({ frame }) => frame)
    for (const said of ready) said.sent = true
    const waiting = this.#waiting.filter((frame) => !restarted || frame.type === 'chunk')
    this.#waiting = []
    return { send: [...send, ...waiting], lost, restarted, forked: welcome.forked, changed, gone }
  }

  #startAgain(welcome: Welcome, changed: boolean): Resumption {
    const gone = this.unfinished
    this.seen = welcome.seen
    this.#acked = welcome.seen
    this.#rebuilding = false
    this.#said.clear()
    this.#open.clear()
    this.#waiting = []
    return { send: [], lost: true, restarted: true, forked: false, changed, gone }
  }

  /** The message to apply, or null if it was already applied. */
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

  /** Number of messages applied and not yet acknowledged. */
  get unacknowledged(): number {
    return this.seen - this.#acked
  }

  /** Confirms that the page has stored all messages up to a number. */
  ack(seen = this.seen): Ack | null {
    if (seen <= this.#acked) return null
    this.#acked = seen
    return { type: 'ack', seen }
  }
}
