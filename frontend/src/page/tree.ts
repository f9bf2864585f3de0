import { Block, type Services } from './block.svelte'
import type { ComponentEntry, LayoutEntry, RenderConfig } from './config'
import type { Kept, KeptRender } from './memory'

/** All blocks of the page, placed and unplaced. */
export class Tree {
  readonly blocks = new Map<number, Block>()
  readonly root: Block
  /** The latest result of each render, and its place. */
  readonly #rendered = new Map<number, { config: RenderConfig; container: number }>()
  readonly #renumbered = new Set<number>()
  /** Constant, because blocks of renders have none. */
  #names: Map<number, string> | null = null
  readonly #services: Services
  /** Blocks under a key in renders of another version of the program, by type and key. */
  readonly #orphans = new Map<string, ComponentEntry>()

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

  /** Replaces the previous result of a render. */
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

  /** A block of a render, which continues one of the `old` blocks with the same key. */
  #make(entry: ComponentEntry, old: Block[]): Block {
    const block = new Block(entry, this.#services)
    const before = entry.key == null ? undefined : old.find(({ key, type }) => key === entry.key && type === entry.type)
    if (before) block.inherit(before)
    const orphan = this.#orphans.get(`${entry.type} ${entry.key}`)
    if (orphan && this.#orphans.delete(`${entry.type} ${entry.key}`)) block.inherit(new Block(orphan, this.#services))
    return block
  }

  /** Results of renders of another version of the program, whose keys the new results continue. */
  adopt(renders: KeptRender[]): void {
    for (const { config } of renders) {
      for (const entry of config.components)
        if (entry.key != null) this.#orphans.set(`${entry.type} ${entry.key}`, entry)
    }
  }

  /** Identities of the page's own blocks in every version of the program; equal ones are distinguished by their order. */
  get names(): Map<number, string> {
    const seen = new Map<string, number>()
    const names = new Map<number, string>()
    for (const [id, block] of this.blocks) {
      if (block.renderedIn !== null) continue
      const count = (seen.get(block.called) ?? 0) + 1
      seen.set(block.called, count)
      names.set(id, `${block.called} ${count}`)
    }
    return names
  }

  /** Whether the server stores nothing of this page: no State, no renders, no changed properties. */
  get stateless(): boolean {
    return (
      this.#rendered.size === 0 && [...this.blocks.values()].every(({ type, updated }) => type !== 'state' && !updated)
    )
  }

  /** The session has ended: the page starts over, with the visitor's input. */
  begin(): void {
    for (const block of this.blocks.values()) block.begin()
  }

  /** The server was restarted and assigns new ids to rendered blocks, so that only keys identify them. */
  renumbered(): void {
    for (const id of this.#rendered.keys()) this.#renumbered.add(id)
  }

  /** The renders with a result on the page. */
  get renders(): number[] {
    return [...this.#rendered.keys()]
  }

  /** Changes of the blocks, to store; `also` adds other blocks that are referred to. */
  keep(also = new Set<number | null>()): Pick<Kept, 'blocks' | 'renders' | 'names'> {
    const blocks: Kept['blocks'] = {}
    for (const [id, block] of this.blocks) {
      const changes = block.renderedIn === null ? block.changes() : null
      if (changes !== null) blocks[id] = changes
    }
    this.#names ??= this.names
    const names = Object.fromEntries([...this.#names].filter(([id]) => id in blocks || also.has(id)))
    const renders = [...this.#rendered.values()].map(({ config, container }): KeptRender => {
      const components = config.components.map((entry) => this.blocks.get(entry.id)?.entry() ?? entry)
      return { container, config: { ...config, components } }
    })
    return { blocks, renders, names }
  }

  /** Restores the stored state; results of renders are restored before this through `rerender`. */
  restore(blocks: Kept['blocks']): void {
    for (const [id, kept] of Object.entries(blocks)) this.blocks.get(Number(id))?.restore(kept)
  }
}
