import { tick } from 'svelte'
import type { Client } from '../transport/client'
import type { Config } from './config'
import type { Dispatcher } from './dispatcher'
import { Keeper } from './keeper'
import { TabMemory, tabStorage, type Identity, type Kept } from './memory'
import type { Tree } from './tree'

/** What is kept of a page, and restored. */
export interface Parts {
  tree: Tree
  dispatcher: Dispatcher
  client: Client
  /** Applies the messages that were heard and wait for a frame. */
  settle(): void
}

/** A page whose session lasts as long as its browser tab: it is kept while it is used, and is loaded as it was. */
export class Tab {
  /** The page as it was, when this load goes on with it. */
  readonly kept: Kept | null
  readonly #app: string
  readonly #identity: Identity | null
  readonly #memory: TabMemory
  readonly #keeper = new Keeper(
    () => this.#keep(),
    () => performance.now(),
  )
  #parts: Parts | null = null
  #greeted = false
  #otherPages: number | null = null
  #full = false

  constructor(config: Config, root: string, storage: Storage | null = tabStorage()) {
    this.#app = String(config.app_id)
    this.#memory = new TabMemory(storage, root, config.current_page)
    this.#identity = this.#memory.identity()
    this.kept = this.#memory.page(this.#app)
  }

  /** Puts the page back as it was, without any event. */
  restore(parts: Parts): void {
    this.#parts = parts
    const { tree, dispatcher, client } = parts
    if (this.#identity === null) return
    client.conversation.resume(this.#identity.session, this.#identity.token, this.kept?.conversation ?? null)
    if (this.kept === null) return
    for (const render of this.kept.renders) dispatcher.restoreRender(render)
    tree.restore(this.kept.blocks)
    dispatcher.restore(this.kept, Date.now())
  }

  /** Keeps the page from now on. */
  start(): void {
    const later = (): void => this.#keeper.later()
    for (const event of ['input', 'change', 'click', 'keyup']) document.addEventListener(event, later, { capture: true, passive: true })
    document.addEventListener('visibilitychange', () => {
      if (document.visibilityState === 'hidden') this.#keeper.now()
    })
    addEventListener('pagehide', () => this.#keeper.now())
    const [x, y] = this.kept?.scroll ?? [0, 0]
    if (x !== 0 || y !== 0) void tick().then(() => scrollTo({ left: x, top: y, behavior: 'instant' }))
  }

  /** The server has answered. */
  welcomed(): void {
    this.#greeted = true
    const { epoch } = this.#parts!.client.conversation
    this.#otherPages = epoch === null ? null : this.#memory.waitingFrom(epoch)
    this.#keeper.now()
  }

  /** The page has sent something, and must know what it was for when the answer comes. */
  said(): void {
    this.#keeper.soon()
  }

  /** Something has come. */
  heard(): void {
    this.#keeper.later()
  }

  /** What was kept is of no use: the next load begins anew. */
  forget(): void {
    this.#keeper.stop()
    this.#parts = null
    this.#memory.forget()
  }

  /** The server does not know this page, and the visitor has done nothing on it yet: it begins anew by itself. */
  startsAfresh(): boolean {
    if (this.#greeted || this.#identity === null) return false
    this.forget()
    location.reload()
    return true
  }

  #keep(): number {
    if (this.#parts === null || !this.#greeted) return 0
    const { tree, dispatcher, client, settle } = this.#parts
    settle()
    const conversation = client.conversation.keep()
    const { token } = client.conversation
    if (conversation === null || token === null) return 0
    const kept: Kept = {
      app: this.#app,
      at: Date.now(),
      conversation,
      ...tree.keep(),
      ...dispatcher.keep(),
      scroll: [scrollX, scrollY],
    }
    const size = this.#memory.write({ session: conversation.session, token }, kept)
    if (size === null && !this.#full) {
      this.#full = true
      console.info('This page is too large for what the browser keeps of a tab, or it keeps nothing here. After a reload it begins anew.')
    }
    client.acknowledge(Math.min(conversation.seen, this.#otherPages ?? Infinity))
    return size ?? Infinity
  }
}
