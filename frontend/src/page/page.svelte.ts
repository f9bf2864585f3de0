import { tick } from 'svelte'
import type { FeedMessage, Refused } from '../protocol/wire'
import { Client, type ConnectionState } from '../transport/client'
import type { Resumption } from '../transport/conversation'
import { later } from '../transport/later'
import { socketAt } from '../transport/socket'
import type { Block, Services } from './block.svelte'
import { currentPage, type Config } from './config'
import { Dispatcher } from './dispatch'
import { Frames, type Urgency } from './frames'
import { keptOf, type Parts } from './kept'
import { Listeners } from './listeners'
import { keptLogin } from './login'
import { TabMemory, tabStorage } from './memory'
import type { FileData } from './node'
import type { Tab } from './tab'
import { Toasts } from './toasts.svelte'
import { labelOf } from './translate'
import { Tree } from './tree'
import { fileUrl, rootOf } from './address'
import { Updates } from './updates'
import type { Progress } from './upload'

/** Messages about the connection. */
export type Presence = 'connecting' | 'connected' | 'reconnecting' | 'restored' | 'returned' | 'restarted' | 'ended'

const RESTORED_FOR = 5000
const TROUBLE_AFTER = 1000
const GIVEN_UP_AFTER = 15_000
/** Milliseconds between two attempts to reach an edited program. */
const EDITED = 300
const UPDATED = 'The app was updated'
const RESTARTED =
  'The server restarted while this was running, so its result is lost. Please look how far it came, and try again.'

function randomId(): string {
  // `crypto.randomUUID` is missing on plain http.
  return Array.from(crypto.getRandomValues(new Uint8Array(9)), (byte) => byte.toString(36).padStart(2, '0')).join('')
}

function notRun(events: string[]): string {
  const names = [...new Set(events)].map((name) => `“${name}”`).join(', ')
  return `What you did last${names && ` (${names})`} was not run: it is gone or different now. Please look at the page and try again.`
}

/** Values and ends are shown immediately; progress with the next frame. */
function urgency({ msg }: FeedMessage): Urgency {
  if (msg === 'process_completed') return 'now'
  return msg === 'estimation' || msg === 'process_starts' || msg === 'progress' ? 'frame' : 'soon'
}

/** One loaded page of an app: its blocks, events and connection. */
export class Page implements Services {
  readonly config: Config
  readonly toasts = new Toasts()
  readonly tree: Tree
  readonly listeners: Listeners
  readonly root: string
  presence: Presence = $state('connecting')
  /** Whether the connection has been missing long enough to show it. */
  trouble = $state(false)
  /** Attempts to connect since it was lost. */
  tries = $state(0)
  /** Time at which the restored page was stored, as a clock shows it. */
  since: string | null = null
  /** A message about the server that stays until the page is reloaded. */
  notice: string | null = $state(null)
  /** Reason why an edited program does not start. */
  fault: string | null = $state(null)
  readonly #dispatcher: Dispatcher
  readonly #client: Client
  readonly #tab: Tab | null
  readonly #parts: Parts
  readonly #updates: Updates
  /** Whether files are being uploaded. */
  #uploads = 0
  /** Reloads the page as soon as that is safe. */
  #due: ReturnType<typeof setTimeout> | undefined
  /** Whether the page is being reloaded, with its session. */
  #leaving = false
  /** Whether the server has assigned a session. */
  readonly #greeted: Promise<void>
  #greet: () => void = () => undefined
  #was = false
  #timer: ReturnType<typeof setTimeout> | undefined

  /** With a `tab` the page belongs to its browser tab, and continues from its previous load. */
  constructor(config: Config, tab: Tab | null = null) {
    this.config = config
    this.#tab = tab
    this.root = rootOf(config, location)
    this.#greeted = new Promise((resolve) => (this.#greet = resolve))
    const { components, layout, dependencies } = currentPage(config)
    this.listeners = new Listeners(dependencies)
    this.tree = new Tree(components, layout, this)
    const works = config.logout ? keptLogin(this.api('/login_check'), (...sent) => fetch(...sent), Date.now) : null
    const prefix = randomId()
    let count = 0
    this.#dispatcher = new Dispatcher(this.tree, this.listeners, {
      send: (frame) => {
        this.#client.send(frame)
        if (frame.type !== 'submit') return
        tab?.said()
        works?.()
      },
      rebuilt: (update) => this.#client.rebuilt(update),
      toast: (level, message, more = {}) =>
        void this.toasts.show(level, message, more.title ?? null, more.duration === undefined ? 10 : more.duration),
      settled: tick,
      scrollTo: (block) => block.element?.scrollIntoView({ behavior: 'smooth', block: 'nearest' }),
      now: () => performance.now(),
      newId: () => `${prefix}-${(count += 1)}`,
    })
    const frames = new Frames<FeedMessage>((messages) => {
      for (const message of messages) this.#dispatcher.hear(message)
    })
    const base = this.api('/page')
    this.#updates = new Updates(tabStorage(), this.root)
    this.#client = new Client({
      connect: {
        socket: socketAt(`${base}/socket`),
        fallback: later(async () => (await import('../transport/fallback')).fallbackAt(base)),
      },
      load: prefix,
      page: config.current_page,
      query: location.search.slice(1),
      kept: config.session === 'tab',
      program: config.program,
      isRendered: (event) => this.listeners.named(event)?.rendered_in != null,
      patience: config.dev_mode ? EDITED : undefined,
      events: {
        message: (message) => {
          frames.push(message, urgency(message))
          tab?.heard()
        },
        refused: (refused) => this.#refused(refused),
        outdated: () => this.#outdated(),
        stateless: () => this.tree.stateless,
        state: (state) => this.#connection(state),
        resumed: (resumption) => this.#resumed(resumption),
        turnedAway: (why) => this.#turnedAway(why),
        reload: ({ error }) => {
          if (error == null) this.#loadAgain(null)
          else this.#faulty(error)
        },
      },
    })
    if (tab?.kept) this.since = new Date(tab.kept.at).toLocaleTimeString([], { hour: '2-digit', minute: '2-digit' })
    this.#parts = {
      tree: this.tree,
      listeners: this.listeners,
      dispatcher: this.#dispatcher,
      client: this.#client,
      settle: () => frames.flush(),
    }
    const refused = tab?.restore(this.#parts) ?? []
    const note = refused.length > 0 ? notRun(refused) : tab?.kept?.note
    if (note) this.toasts.show('warning', note, UPDATED, null)
  }

  /** URL of a route under the API's prefix. */
  api(path: string): string {
    return this.root + this.config.api_prefix + path
  }

  start(): void {
    this.#client.start()
    if (!this.#tab?.kept) this.#dispatcher.load()
    else if (this.#tab.translated) this.#dispatcher.load(new Set(this.#tab.kept.loads))
    this.#tab?.start()
    const wake = (): void => {
      if (document.visibilityState === 'visible') this.#client.wake()
    }
    document.addEventListener('visibilitychange', wake)
    addEventListener('online', wake)
    addEventListener('pageshow', ({ persisted }) => {
      if (persisted) this.#client.start()
    })
    addEventListener('pagehide', ({ persisted }) => {
      // A page from the back-forward cache can return to its session.
      if (!persisted && !this.#leaving && this.config.session !== 'tab') this.#sayGoodbye()
      this.#client.pause()
    })
  }

  #sayGoodbye(): void {
    const { session, token } = this.#client.conversation
    if (session === null) return
    navigator.sendBeacon(this.api('/page/close'), JSON.stringify({ session, token }))
  }

  // The connection ---------------------------------------------------------------------------------------------

  #connection(state: ConnectionState): void {
    if (this.presence === 'restarted' || this.presence === 'ended' || state === 'closed') return
    if (state === 'connected') {
      this.fault = null
      const back = this.#was ? this.presence === 'reconnecting' : !!this.#tab?.kept
      this.presence = back ? (this.#was ? 'restored' : 'returned') : 'connected'
      this.#was = true
      this.#settle()
      if (back) this.#timer = setTimeout(() => (this.presence = 'connected'), RESTORED_FOR)
      return
    }
    this.tries = this.#client.failures
    if (this.presence === 'reconnecting') return
    this.presence = state
    if (this.config.dev_mode) return
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => (this.trouble = true), TROUBLE_AFTER)
  }

  #settle(): void {
    clearTimeout(this.#timer)
    this.trouble = false
    this.tries = 0
  }

  /** Connects now instead of waiting for the next attempt. */
  retry(): void {
    this.#client.wake()
  }

  /** The visitor has read that the page was restored. */
  seen(): void {
    if (this.presence === 'restored' || this.presence === 'returned') this.presence = 'connected'
  }

  #resumed({ lost, restarted, forked, changed, gone }: Resumption): void {
    this.#greet()
    this.#dispatcher.outdated = changed
    if (lost) {
      if (this.#tab?.startsAfresh()) return
      if (this.#tab?.kept && this.config.session !== 'tab') {
        for (const id of gone) this.#dispatcher.fail(id, null)
        this.#startOver()
        return
      }
      this.#tab?.forget()
      this.#settle()
      this.presence = 'restarted'
      this.notice = changed
        ? 'A new version of this app is running. Reload the page to use it.'
        : 'The server was restarted and no longer has what this page did. Reload the page to start afresh.'
      for (const id of gone) this.#dispatcher.fail(id, null)
      return
    }
    if (restarted) this.#beginAgain(gone, forked)
    // Their ends are among the messages that follow; if not, the server has lost them.
    else if (gone.length > 0) setTimeout(() => this.#giveUp(gone), GIVEN_UP_AFTER)
    this.#tab?.welcomed()
  }

  #giveUp(events: string[]): void {
    for (const id of events) this.#dispatcher.fail(id, 'The result was lost with the connection. Please try again.')
  }

  // New versions of the program ----------------------------------------------------------------------------------

  /** Another version of the program is running: reloads the page, unless it was just reloaded or is busy. */
  #outdated(): boolean {
    const wait = this.config.dev_mode ? 0 : this.#updates.wait(Date.now())
    if (this.#uploads === 0 && wait === 0) {
      this.#loadAgain(null)
      return true
    }
    if (wait === Infinity) this.notice = 'A new version of this app is running. Reload the page to use it.'
    else this.#due ??= setTimeout(() => this.#loadWhenIdle(), Math.max(wait, 1000))
    return false
  }

  #loadWhenIdle(): void {
    this.#due = undefined
    if (this.#uploads > 0) this.#due = setTimeout(() => this.#loadWhenIdle(), 1000)
    else this.#loadAgain(null)
  }

  #refused(refused: Refused): void {
    const gone = this.#dispatcher.refuse(refused)
    if (gone !== null) this.#loadAgain(notRun([labelOf(gone)]))
  }

  /** Reloads the page with its session, input, and scroll position. */
  #loadAgain(note: string | null): void {
    if (this.#leaving) return
    this.#leaving = true
    const { session, token } = this.#client.conversation
    const kept = keptOf(this.#parts, this.config.program)
    const identity = session === null || token === null ? null : { session, token }
    this.#client.pause()
    this.#updates.note(Date.now())
    new TabMemory(tabStorage(), this.root, this.config.current_page).handOver({
      identity,
      kept: note === null ? kept : { ...kept, note },
    })
    location.reload()
  }

  /** The session from before the reload has ended. */
  #startOver(): void {
    this.#tab!.begin()
    this.toasts.show(
      'info',
      'The server was restarted and no longer has what this page did. What you typed is still here.',
      UPDATED,
    )
    this.#dispatcher.load()
  }

  #faulty(error: string): void {
    this.fault = error
    this.#settle()
  }

  /** The session continues without the process, or the page, that had its running events. */
  #beginAgain(gone: string[], forked: boolean): void {
    for (const id of gone) this.#dispatcher.abandon(id, forked ? null : RESTARTED)
    if (forked)
      this.toasts.show('info', 'This tab goes on with a copy of its own. What is running goes on in the other one.')
    else {
      this.#dispatcher.renderAgain()
    }
  }

  #turnedAway(why: 'login' | 'denied' | 'replaced'): void {
    this.#settle()
    // A page that was just served as logged in gains nothing from being reloaded repeatedly.
    if (why === 'login') {
      if (this.#was) location.reload()
    } else if (why === 'denied' && this.#tab?.startsAfresh()) return
    else this.#tab?.forget()
    this.presence = 'ended'
    this.notice =
      why === 'replaced'
        ? 'This session is open in another place. Reload the page to begin one here.'
        : why === 'login'
          ? 'The server does not know the login of this page. Reload it to log in again.'
          : 'The server does not accept this page any more. Reload it to start afresh.'
  }

  // What blocks ask --------------------------------------------------------------------------------------------

  fire(block: Block, event: string, data?: unknown): void {
    this.#dispatcher.fire(block.id, event, data)
  }

  listens(block: Block, event: string): boolean {
    return this.listeners.of(block.id, event).length > 0
  }

  takesInput(block: Block): boolean {
    return this.listeners.takesInput(block.id)
  }

  async upload(files: File[], progress?: Progress, signal?: AbortSignal): Promise<FileData[]> {
    const { tooLarge, upload } = await import('./upload')
    const refusal = tooLarge(files, this.config.max_file_size)
    if (refusal !== null) throw new Error(refusal)
    this.#uploads += 1
    try {
      return await upload(files, this.root, this.config.api_prefix, progress, signal)
    } finally {
      this.#uploads -= 1
    }
  }

  async server(block: Block, method: string, data: unknown): Promise<unknown> {
    await this.#greeted
    const { session, token } = this.#client.conversation
    const { ask } = await import('./upload')
    return ask(this.api('/component_server'), token!, {
      component_id: block.id,
      fn_name: method,
      session_hash: session,
      program: this.config.program,
      data,
    })
  }

  url(file: FileData): string {
    return fileUrl(file, this.root, this.config.api_prefix)
  }

  toast(level: 'info' | 'warning' | 'success' | 'error', message: string): void {
    this.toasts.show(level, message)
  }

  cancel(block: Block): void {
    this.#dispatcher.cancelWriters(block.id)
  }
}
