import { tick } from 'svelte'
import type { Config } from './config'
import { Keeper } from './keeper'
import { keptOf, type Parts } from './kept'
import { TabMemory, tabStorage, type Identity, type Kept } from './memory'
import { translate } from './translate'

/**
 * Continues a page after it was reloaded. If the session lasts as long as the browser tab, the page is stored while it
 * is used; otherwise it only continues after reloading itself.
 */
export class Tab {
  /** The stored page that this load continues. */
  kept: Kept | null
  /** Whether it was built by another version of the program. */
  readonly translated: boolean
  readonly #lasting: boolean
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
  /** Whether the visitor has scrolled since. */
  #scrolled = false

  constructor(config: Config, root: string, storage: Storage | null = tabStorage()) {
    this.#app = config.program
    this.#lasting = config.session === 'tab'
    this.#memory = new TabMemory(storage, root, config.current_page)
    const handed = this.#memory.takeOver()
    this.#identity = handed?.identity ?? (this.#lasting ? this.#memory.identity() : null)
    this.kept = handed?.kept ?? (this.#lasting ? this.#memory.page() : null)
    this.translated = this.kept !== null && this.kept.app !== this.#app
  }

  /** Restores the page without any event; returns the names of events that this version does not have. */
  restore(parts: Parts): string[] {
    this.#parts = parts
    const { tree, dispatcher, client } = parts
    let refused: string[] = []
    if (this.kept !== null && this.translated) {
      tree.adopt(this.kept.renders)
      const found = translate(this.kept, tree, parts.listeners)
      this.kept = found.kept
      refused = found.refused
    }
    if (this.#identity !== null) {
      client.conversation.resume(this.#identity.session, this.#identity.token, this.kept?.conversation ?? null)
    }
    if (this.kept === null) return refused
    for (const render of this.kept.renders) dispatcher.restoreRender(render)
    tree.restore(this.kept.blocks)
    dispatcher.restore(this.kept, Date.now())
    return refused
  }

  /** The page's session has ended: starts over with the visitor's input. */
  begin(): void {
    this.#parts?.tree.begin()
  }

  /** Stores the page from now on. */
  start(): void {
    this.#scroll()
    if (!this.#lasting) return
    const later = (): void => this.#keeper.later()
    for (const event of ['input', 'change', 'click', 'keyup'])
      document.addEventListener(event, later, { capture: true, passive: true })
    document.addEventListener('visibilitychange', () => {
      if (document.visibilityState === 'hidden') this.#keeper.now()
    })
    addEventListener('pagehide', () => this.#keeper.now())
  }

  #scroll(): void {
    const [x, y] = this.kept?.scroll ?? [0, 0]
    if (x === 0 && y === 0) return
    const there = (): void => scrollTo({ left: x, top: y, behavior: 'instant' })
    void tick().then(there)
    // Results of renders and loads may make the page as high as it was.
    if (this.translated)
      for (const after of [100, 400, 1000]) setTimeout(() => scrollY < y && !this.#scrolled && there(), after)
    for (const event of ['wheel', 'touchmove', 'keydown']) {
      addEventListener(event, () => (this.#scrolled = true), { once: true, passive: true })
    }
  }

  /** The server has answered. */
  welcomed(): void {
    this.#greeted = true
    const { epoch } = this.#parts!.client.conversation
    this.#otherPages = epoch === null ? null : this.#memory.waitingFrom(epoch)
    this.#keeper.now()
  }

  /** The page has sent something that it must remember until the answer arrives. */
  said(): void {
    this.#keeper.soon()
  }

  /** Something has arrived. */
  heard(): void {
    this.#keeper.later()
  }

  /** The stored page is of no use: the next load starts over. */
  forget(): void {
    this.#keeper.stop()
    this.#parts = null
    this.#memory.forget()
  }

  /** The server does not know this page, and the visitor has not used it yet: starts over by itself. */
  startsAfresh(): boolean {
    if (!this.#lasting || this.#greeted || this.#identity === null) return false
    this.forget()
    location.reload()
    return true
  }

  #keep(): number {
    if (!this.#lasting || this.#parts === null || !this.#greeted) return 0
    const kept = keptOf(this.#parts, this.#app)
    const { client } = this.#parts
    const { conversation } = kept
    const { token } = client.conversation
    if (conversation === null || token === null) return 0
    const size = this.#memory.write({ session: conversation.session, token }, kept)
    if (size === null && !this.#full) {
      this.#full = true
      console.info(
        'The browser cannot store this page: it is too large, or storage is off. After a reload it starts from scratch.',
      )
    }
    client.acknowledge(Math.min(conversation.seen, this.#otherPages ?? Infinity))
    return size ?? Infinity
  }
}
