import type { Ack, FeedMessage, FromPage, Hello, Numbered, Submit, Welcome } from '../protocol/wire'

/** What the server's answer to `Hello` means for the page. */
export interface Resumption {
  /** Frames to send at once. */
  send: FromPage[]
  /** The session that the page had is gone: what it had on the server is lost. */
  lost: boolean
  /** The server has started again; of the messages before, none comes any more. */
  restarted: boolean
  /** The session is open in another tab; this page goes on with a copy of it. */
  forked: boolean
  /** The program was another one when this page was loaded. */
  changed: boolean
  /** Events that the page waits for and the server does not know any more. */
  gone: string[]
}

/** A conversation as it is kept while its page is loaded again. */
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
 * The page's side of a session, independent of connections: who it is, what it has seen, what it has said and not
 * yet heard of. Pure: it is told what happened and says what to send.
 */
export class Conversation {
  session: string | null = null
  token: string | null = null
  /** The feed that `seen` counts in. */
  epoch: string | null = null
  seen = 0
  /** Names this load of the page. */
  readonly #load: string
  /** The version of the program that has built the page. */
  readonly #program: string
  #acked = 0
  /** Said and not yet known to be accepted, and whether the server may have it. */
  readonly #said = new Map<string, { frame: Submit; sent: boolean }>()
  /** Accepted and not ended. */
  readonly #open = new Set<string>()
  /** Said while nobody listened. */
  #waiting: FromPage[] = []
  /** What the page shows is of its session, not of a page that has just been loaded. */
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

  /** Goes on with a session of the tab: where the page stopped, or (null) as a new page of it. */
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

  /** What is kept of it; null before the server has given the page a session. */
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

  /** Takes note of a frame that the page wants to send; gives it back when it can go out now. */
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

  /** Another version of the program runs at the server than the one that has built the page. */
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
    // What a server has had that is no more may have run: it is not said again.
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

  /** Says that the page has all messages up to a number for good. */
  ack(seen = this.seen): Ack | null {
    if (seen <= this.#acked) return null
    this.#acked = seen
    return { type: 'ack', seen }
  }
}
