import type { FeedMessage, FromPage, Refused, Reload, Submit, ToPage, Welcome } from '../protocol/wire'
import { backoff, nextWay, type Way } from './backoff'
import type { Connect, Connection, Ending } from './connection'
import { Conversation, type Resumption } from './conversation'

const PATIENCE = 10_000
const QUIET = 25_000
const ACK_AFTER = 250
const ACK_AT = 64
/** Milliseconds in which a stored page reclaims its session from another one at most once. */
const CLAIMS_EVERY = 60_000

type Timer = 'retry' | 'deadline' | 'quiet' | 'ack'

export type ConnectionState = 'connecting' | 'connected' | 'reconnecting' | 'closed'

/** Notifications for the page about the connection. */
export interface ClientEvents {
  message(message: FeedMessage): void
  refused(refused: Refused): void
  /** The connection started (`resumption` describes the session), was lost, or ended. */
  state(state: ConnectionState): void
  resumed(resumption: Resumption): void
  reload(reload: Reload): void
  /** Another version of the program is running; returns true if the page is being reloaded and sends nothing more. */
  outdated(): boolean
  /** The server had nothing of this page that a new session would not have. */
  stateless?(): boolean
  /** The server rejects this page; no further attempt is made. */
  turnedAway(why: Exclude<Ending, 'lost'>): void
}

export interface ClientOptions {
  connect: Record<Way, Connect>
  /** Id of this load of the page. */
  load: string
  page: string
  query: string
  events: ClientEvents
  /** Whether an event belongs to a listener built by a render. */
  isRendered?: (event: string) => boolean
  /** Version of the program that built the page. */
  program?: string
  /** Maximum milliseconds between two attempts to connect. */
  patience?: number | undefined
  /** Whether the page is stored, so that messages count as read after `acknowledge`. */
  kept?: boolean
  random?: () => number
  /** Time in milliseconds, to measure how long ago something was. */
  now?: () => number
}

/** Maintains one session over any number of connections. */
export class Client {
  readonly conversation: Conversation
  readonly #options: ClientOptions
  readonly #random: () => number
  #connection: Connection | null = null
  #welcome = false
  #way: Way | null = null
  #failures = 0
  #stopped = false
  #claimed = -Infinity
  readonly #timers: Partial<Record<Timer, ReturnType<typeof setTimeout>>> = {}

  constructor(options: ClientOptions) {
    this.#options = options
    this.conversation = new Conversation(options.load, options.program, options.isRendered)
    this.#random = options.random ?? Math.random
  }

  /** Number of failed attempts to connect since the last successful one. */
  get failures(): number {
    return this.#failures
  }

  start(): void {
    this.#stopped = false
    if (!this.#connection) this.#connect()
  }

  send(frame: FromPage): void {
    const now = this.conversation.say(frame, this.#welcome)
    if (now) this.#connection?.send(now)
  }

  /** Renders have run again after a restart of the server: sends the frames that waited, as changed by `update`. */
  rebuilt(update: (frame: Submit) => Submit): void {
    for (const frame of this.conversation.rebuilt(this.#welcome, update)) this.#connection?.send(frame)
  }

  /** The page was hidden, asleep or offline and is back: checks immediately whether the connection still works. */
  wake(): void {
    if (this.#stopped) return
    if (!this.#connection) {
      this.#failures = 0
      this.#connect()
    } else if (this.#welcome) {
      this.#ping(PATIENCE / 3)
    }
  }

  /** Closes the connection; the session continues at the server until `start`. */
  pause(): void {
    this.#stopped = true
    this.#drop()
    this.#options.events.state('closed')
  }

  #connect(): void {
    this.#clear('retry')
    const { page, query, events } = this.#options
    events.state(this.#way === null && this.#failures === 0 ? 'connecting' : 'reconnecting')
    const way = nextWay(this.#way, this.#failures)
    this.#welcome = false
    // A connection can end before its opener has returned it.
    let current: Connection | null = null
    let over = false
    current = this.#options.connect[way](this.conversation.hello(page, query), {
      frame: (frame) => {
        if (over || (current !== null && this.#connection !== current)) return
        this.#frame(frame, way)
      },
      closed: (why) => {
        const live = current === null || this.#connection === current
        if (over || !live) return
        over = true
        if (why === 'lost') this.#lost()
        else if (why === 'replaced' && this.#mayClaim()) this.#again()
        else {
          this.pause()
          events.turnedAway(why)
        }
      },
    })
    if (over) return
    this.#connection = current
    this.#deadline(PATIENCE)
  }

  /**
   * Another page has this one's session, because this one did not answer in time (a sleeping tab, for example). Asked
   * again, the server finds the owner, and gives the other page a copy.
   */
  #mayClaim(): boolean {
    const now = this.#options.now?.() ?? performance.now()
    if (!this.#options.kept || now - this.#claimed < CLAIMS_EVERY) return false
    this.#claimed = now
    return true
  }

  #again(): void {
    this.#drop()
    if (!this.#stopped) this.#connect()
  }

  #frame(frame: ToPage, way: Way): void {
    this.#clear('deadline')
    this.#listen()
    const { events } = this.#options
    switch (frame.type) {
      case 'welcome':
        this.#welcomed(frame, way)
        break
      case 'message': {
        const message = this.conversation.heard(frame)
        if (message) events.message(message)
        if (!this.#options.kept) this.#acknowledge()
        break
      }
      case 'refused':
        if (frame.event_id !== null) this.conversation.refused(frame.event_id)
        events.refused(frame)
        break
      case 'probe':
        this.#connection?.send({ type: 'alive' })
        break
      case 'reload':
        events.reload(frame)
        break
      case 'pong':
        break
    }
  }

  #welcomed(welcome: Welcome, way: Way): void {
    this.#way = way
    this.#failures = 0
    // First of all: waiting frames are for the version that knows them.
    if (this.conversation.isOutdated(welcome) && this.#options.events.outdated()) return
    this.#welcome = true
    const resumption = this.conversation.welcomed(welcome, this.#options.events.stateless?.() ?? false)
    for (const frame of resumption.send) this.#connection?.send(frame)
    this.#options.events.state('connected')
    this.#options.events.resumed(resumption)
  }

  /** All messages up to `seen` are stored; the server can drop them. */
  acknowledge(seen: number): void {
    const ack = this.#welcome ? this.conversation.ack(seen) : null
    if (ack) this.#connection?.send(ack)
  }

  #acknowledge(): void {
    if (this.conversation.unacknowledged >= ACK_AT) this.#sendAck()
    else this.#timers.ack ??= setTimeout(() => this.#sendAck(), ACK_AFTER)
  }

  #sendAck(): void {
    this.#clear('ack')
    if (!this.#welcome) return
    const ack = this.conversation.ack()
    if (ack) this.#connection?.send(ack)
  }

  #listen(): void {
    this.#clear('quiet')
    this.#timers.quiet = setTimeout(() => this.#ping(PATIENCE), QUIET)
  }

  #ping(patience: number): void {
    this.#connection?.send({ type: 'ping' })
    this.#deadline(patience)
  }

  #deadline(patience: number): void {
    this.#clear('deadline')
    this.#timers.deadline = setTimeout(() => this.#lost(), patience)
  }

  #lost(): void {
    this.#drop()
    if (this.#stopped) return
    const wait = backoff(this.#failures, this.#random, this.#options.patience)
    this.#failures += 1
    this.#options.events.state('reconnecting')
    this.#timers.retry = setTimeout(() => this.#connect(), wait)
  }

  #drop(): void {
    this.#welcome = false
    for (const timer of ['retry', 'deadline', 'quiet', 'ack'] as const) this.#clear(timer)
    const connection = this.#connection
    this.#connection = null
    connection?.close()
  }

  #clear(timer: Timer): void {
    clearTimeout(this.#timers[timer])
    delete this.#timers[timer]
  }
}
