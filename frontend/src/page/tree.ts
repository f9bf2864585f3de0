import { Block, type Services } from './block.svelte'
import type { ComponentEntry, LayoutEntry, RenderConfig } from './config'
import type { Kept, KeptRender } from './memory'

/** All blocks of the page, placed and unplaced. */
export class Tree {
  readonly blocks = new Map<number, Block>()
  readonly root: Block
  /** The latest of each render, and where it stands. */
  readonly #rendered = new Map<number, { config: RenderConfig; container: number }>()
  readonly #renumbered = new Set<number>()
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
    const old = [...this.blocks.values()].filter((block) => block.renderedIn === config.render_id)
    for (const { id } of old) if (!coming.has(id)) this.blocks.delete(id)
    const numbered = !this.#renumbered.delete(config.render_id)
    for (const entry of coming.values()) {
      const before = this.blocks.get(entry.id)
      const same = before !== undefined && before.type === entry.type
      if (same && entry.id === config.layout.id) continue
      if (same && numbered && before.key === (entry.key ?? null)) before.renew(entry)
      else this.blocks.set(entry.id, this.#make(entry, numbered ? [] : old))
    }
    const at = this.blocks.has(config.layout.id) ? config.layout.id : container
    this.#place({ id: at, children: config.layout.children ?? [] })
    this.#rendered.delete(config.render_id)
    this.#rendered.set(config.render_id, { config, container })
  }

  /** A block of a render; one of the `old` under the same key lives on in it. */
  #make(entry: ComponentEntry, old: Block[]): Block {
    const block = new Block(entry, this.#services)
    const before = entry.key == null ? undefined : old.find(({ key, type }) => key === entry.key && type === entry.type)
    if (before) block.inherit(before)
    return block
  }

  /** The server has started again and will number what it renders anew: only keys tell what is the same. */
  renumbered(): void {
    for (const id of this.#rendered.keys()) this.#renumbered.add(id)
  }

  /** The renders that have put something on the page. */
  get renders(): number[] {
    return [...this.#rendered.keys()]
  }

  /** What has become of the blocks, to be kept. */
  keep(): Pick<Kept, 'blocks' | 'renders'> {
    const blocks: Kept['blocks'] = {}
    for (const [id, block] of this.blocks) {
      const changes = block.renderedIn === null ? block.changes() : null
      if (changes !== null) blocks[id] = changes
    }
    const renders = [...this.#rendered.values()].map(({ config, container }): KeptRender => {
      const components = config.components.map((entry) => this.blocks.get(entry.id)?.entry() ?? entry)
      return { container, config: { ...config, components } }
    })
    return { blocks, renders }
  }

  /** As it was when it was kept; what renders had made comes before this through `rerender`. */
  restore(blocks: Kept['blocks']): void {
    for (const [id, kept] of Object.entries(blocks)) this.blocks.get(Number(id))?.restore(kept)
  }
}
