import { parseJson, writeJson } from '../protocol/json'
import type { ComponentEntry, RenderConfig } from './config'
import type { KeptRun } from './runs'
import type { Cause } from './gate'
import type { KeptConversation } from '../transport/conversation'

/** What a block has become since the page was made. */
export interface KeptBlock {
  value?: unknown
  /** The visitor has given the value, not the program. */
  typed?: boolean
  props?: Record<string, unknown>
  invalid?: string
}

/** What a render has put on the page, with its blocks as they are now. */
export interface KeptRender {
  container: number
  config: Omit<RenderConfig, 'components'> & { components: ComponentEntry[] }
}

/** A page as it was: enough to show it again, and to go on hearing where it stopped. */
export interface Kept {
  /** Which version of the program had built it. */
  app: string
  /** When, in milliseconds since the epoch. */
  at: number
  /** Null: the server had not answered yet. */
  conversation: KeptConversation | null
  blocks: Record<string, KeptBlock>
  /** What the blocks that are spoken of here are called in every version of the program. */
  names: Record<string, string>
  /** Listeners of the page's load, by identity: they have run. */
  loads: string[]
  renders: KeptRender[]
  runs: KeptRun[]
  deferred: [event: string, cause: Cause][]
  scroll: [x: number, y: number]
  /** Shown once on the page that goes on with this one. */
  note?: string
}

/** A page that is loaded again by itself, left for the load that follows. */
interface Handed {
  identity: Identity | null
  kept: Kept
}

/** Who the tab is to the server. */
export interface Identity {
  session: string
  token: string
}

/**
 * What a tab remembers of an app while its pages come and go: its session, and each page as it was.
 * A browser that keeps nothing (storage off, full, or denied in a frame) makes it forgetful, and nothing else.
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

  /** This page as it was, in this or another version of the program, if it is of the tab's session. */
  page(): Kept | null {
    const kept = this.#read<Kept>(this.#page)
    const session = this.identity()?.session
    return kept?.conversation && session !== undefined && kept.conversation.session === session ? kept : null
  }

  /** Leaves the page for the next load of it, which alone goes on with it; whether that was possible. */
  handOver(handed: Handed): boolean {
    return this.#put(this.#handed, handed) !== null
  }

  /** What was left for this load. */
  takeOver(): Handed | null {
    const handed = this.#read<Handed>(this.#handed)
    this.#drop(this.#handed)
    return handed?.kept ? handed : null
  }

  /** Something was left for this load. */
  get waits(): boolean {
    return this.#read(this.#handed) !== null
  }

  get #handed(): string {
    return `holdfast reload ${this.#page}`
  }

  /** Keeps the tab's session and, if there is room, this page: how many characters that is, null if it is not kept. */
  write(identity: Identity, kept: Kept): number | null {
    const before = this.identity()
    if (before !== null && before.session !== identity.session) this.#rename(before.session, identity.session)
    const size = this.#put(this.#page, kept)
    // Better nothing than the page as it was at some other time.
    if (size === null) this.#drop(this.#page)
    if (before?.session !== identity.session || before.token !== identity.token) this.#put(this.#root, identity)
    return size
  }

  /** The tab begins anew. */
  forget(): void {
    for (const key of this.#pages()) this.#drop(key)
    this.#drop(this.#root)
  }

  /** Other pages of the tab wait for messages after this number; null when none does. */
  waitingFrom(epoch: string): number | null {
    const others = this.#pages()
      .filter((key) => key !== this.#page)
      .map((key) => this.#read<Kept>(key)?.conversation ?? null)
      .filter((one) => one !== null && one.epoch === epoch && one.open.length + one.said.length > 0)
    return others.length === 0 ? null : Math.min(...others.map((one) => one!.seen))
  }

  /** The other pages of the tab follow it into a new session. */
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

/** The tab's own storage, if this browser lets the page have it. */
export function tabStorage(): Storage | null {
  try {
    return sessionStorage
  } catch {
    return null
  }
}
