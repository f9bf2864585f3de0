import { parseJson, writeJson } from '../protocol/json'
import type { ComponentEntry, RenderConfig } from './config'
import type { KeptRun } from './runs'
import type { Cause } from './gate'
import type { KeptConversation } from '../transport/conversation'

/** Changes of a block since the page was created. */
export interface KeptBlock {
  value?: unknown
  /** Whether the visitor, not the program, has set the value. */
  typed?: boolean
  props?: Record<string, unknown>
  invalid?: string
}

/** Result of a render, with its blocks in their current state. */
export interface KeptRender {
  container: number
  config: Omit<RenderConfig, 'components'> & { components: ComponentEntry[] }
}

/** A stored page: enough to show it again, and to continue receiving messages. */
export interface Kept {
  /** Version of the program that built it. */
  app: string
  /** Time of storing, in milliseconds since the epoch. */
  at: number
  /** Null if the server had not answered yet. */
  conversation: KeptConversation | null
  blocks: Record<string, KeptBlock>
  /** Identities of these blocks in every version of the program. */
  names: Record<string, string>
  /** Identities of the load listeners that have run. */
  loads: string[]
  renders: KeptRender[]
  runs: KeptRun[]
  deferred: [event: string, cause: Cause][]
  scroll: [x: number, y: number]
  /** Shown once on the page that continues this one. */
  note?: string
}

/** A page that reloads itself, stored for the next load. */
interface Handed {
  identity: Identity | null
  kept: Kept
}

/** The tab's session at the server. */
export interface Identity {
  session: string
  token: string
}

/**
 * The storage of a tab for an app across page loads: its session, and the state of each page.
 * In a browser without storage (turned off, full, or denied in a frame) it stores nothing.
 */
export class TabMemory {
  readonly #storage: Storage | null
  readonly #root: string
  readonly #page: string

  /** `root` is the app's address, `page` the path of this page in it. */
  constructor(storage: Storage | null, root: string, page: string) {
    this.#storage = storage
    this.#root = `holdfast ${root}`
    this.#page = this.#key(page)
  }

  identity(): Identity | null {
    const found = this.#read<Identity>(this.#root)
    return typeof found?.session === 'string' && typeof found.token === 'string' ? found : null
  }

  /** The stored state of this page, from any version of the program, if it belongs to the tab's session. */
  page(): Kept | null {
    const kept = this.#read<Kept>(this.#page)
    const session = this.identity()?.session
    return kept?.conversation && session !== undefined && kept.conversation.session === session ? kept : null
  }

  /** Stores the page for its next load, which alone continues it; returns whether that was possible. */
  handOver(handed: Handed): boolean {
    return this.#put(this.#handed, handed) !== null
  }

  /** The state stored for this load. */
  takeOver(): Handed | null {
    const handed = this.#read<Handed>(this.#handed)
    this.#drop(this.#handed)
    return handed?.kept ? handed : null
  }

  /** Whether a state was stored for this load. */
  get waits(): boolean {
    return this.#read(this.#handed) !== null
  }

  get #handed(): string {
    return `holdfast reload ${this.#page}`
  }

  /** Stores the tab's session and, if there is room, this page; returns its size in characters, or null. */
  write(identity: Identity, kept: Kept): number | null {
    const before = this.identity()
    if (before !== null && before.session !== identity.session) this.#rename(before.session, identity.session)
    const size = this.#put(this.#page, kept)
    // Better nothing than an outdated state.
    if (size === null) this.#drop(this.#page)
    if (before?.session !== identity.session || before.token !== identity.token) this.#put(this.#root, identity)
    return size
  }

  /** Starts over with an empty tab. */
  forget(): void {
    for (const key of this.#pages()) this.#drop(key)
    this.#drop(this.#root)
  }

  /** Number after which other pages of the tab wait for messages; null if none does. */
  waitingFrom(epoch: string): number | null {
    const others = this.#pages()
      .filter((key) => key !== this.#page)
      .map((key) => this.#read<Kept>(key)?.conversation ?? null)
      .filter((one) => one !== null && one.epoch === epoch && one.open.length + one.said.length > 0)
    return others.length === 0 ? null : Math.min(...others.map((one) => one!.seen))
  }

  /** Other pages of the tab follow it into a new session. */
  #rename(from: string, to: string): void {
    for (const key of this.#pages()) {
      const kept = this.#read<Kept>(key)
      if (kept?.conversation?.session === from)
        this.#put(key, { ...kept, conversation: { ...kept.conversation, session: to } })
    }
  }

  #key(page: string): string {
    return `${this.#root} /${page}`
  }

  #pages(): string[] {
    if (this.#storage === null) return []
    const prefix = this.#key('')
    const keys = Array.from({ length: this.#storage.length }, (_, index) => this.#storage!.key(index))
    return keys.filter((key): key is string => key !== null && key.startsWith(prefix))
  }

  #read<T>(key: string): T | null {
    try {
      return parseJson(this.#storage?.getItem(key) ?? 'null') as T | null
    } catch {
      return null
    }
  }

  #put(key: string, value: unknown): number | null {
    if (this.#storage === null) return null
    try {
      const text = writeJson(value)
      this.#storage.setItem(key, text)
      return text.length
    } catch {
      return null
    }
  }

  #drop(key: string): void {
    this.#storage?.removeItem(key)
  }
}

/** The tab's storage, if the browser grants access to it. */
export function tabStorage(): Storage | null {
  try {
    return sessionStorage
  } catch {
    return null
  }
}
