import { Block, type Services } from './block.svelte'
import type { ComponentEntry, LayoutEntry, RenderConfig } from './config'

/** All blocks of the page, placed and unplaced. */
export class Tree {
  readonly blocks = new Map<number, Block>()
  readonly root: Block
  readonly #services: Services

  constructor(components: ComponentEntry[], layout: LayoutEntry, services: Services) {
    this.#services = services
    for (const entry of components) this.blocks.set(entry.id, new Block(entry, services))
    this.root = this.#place(layout)
  }

  get(id: number): Block | undefined {
    return this.blocks.get(id)
  }

  #place(layout: LayoutEntry): Block {
    let block = this.blocks.get(layout.id)
    if (!block) {
      block = new Block({ id: layout.id, type: 'root', props: {} }, this.#services)
      this.blocks.set(layout.id, block)
    }
    const children = (layout.children ?? []).map((child) => this.#place(child))
    if (children.length > 0 || block.children.length > 0) block.children = children
    return block
  }

  /** Puts what a render made in the place of what it made before. */
  rerender(config: RenderConfig, container: number): void {
    const coming = new Map(config.components.map((entry) => [entry.id, entry]))
    for (const [id, block] of this.blocks) {
      if (block.renderedIn === config.render_id && !coming.has(id)) this.blocks.delete(id)
    }
    for (const entry of coming.values()) {
      const before = this.blocks.get(entry.id)
      const same = before !== undefined && before.type === entry.type
      if (same && entry.id === config.layout.id) continue
      if (same && entry.key != null && before.key === entry.key) before.renew(entry)
      else this.blocks.set(entry.id, new Block(entry, this.#services))
    }
    const at = this.blocks.has(config.layout.id) ? config.layout.id : container
    this.#place({ id: at, children: config.layout.children ?? [] })
  }
}
