import { equal } from './equal'
import type { ComponentEntry } from './config'
import type { KeptBlock } from './memory'
import type { CommonProps, FileData, Node, Status } from './node'
import { isUpdate } from './script'

/** Interface of the page for its blocks. */
export interface Services {
  fire(block: Block, event: string, data?: unknown): void
  listens(block: Block, event: string): boolean
  takesInput(block: Block): boolean
  upload(files: File[], progress?: (sent: number, total: number) => void, signal?: AbortSignal): Promise<FileData[]>
  server(block: Block, method: string, data: unknown): Promise<unknown>
  url(file: FileData): string
  toast(level: 'info' | 'warning' | 'success' | 'error', message: string): void
  cancel(block: Block): void
}

/** How the frame shows the status: a listener's `show_progress`. */
export type Tracker = 'full' | 'minimal' | 'hidden'

const IDLE: Status = { kind: 'idle' }
// Entries of the configuration that no component needs as a property.
const LAYOUTS = new Set([
  'row',
  'column',
  'group',
  'form',
  'accordion',
  'tabs',
  'tabitem',
  'sidebar',
  'walkthrough',
  'step',
])

/** Properties that a visitor changes by using a block. */
const VISITORS = ['value', 'open', 'selected']

/** One block of the page: its reactive state. */
export class Block implements Node<any, Record<string, any>> {
  readonly id: number
  readonly type: string
  readonly key: string | number | null
  readonly renderedIn: number | null
  readonly #services: Services
  /** Properties from the server, before any change. */
  #given: ComponentEntry
  readonly #running = new Map<string, [Status, Tracker]>()
  props: Record<string, any> & CommonProps = $state.raw({})
  value: any = $state.raw(null)
  status: Status = $state.raw(IDLE)
  tracker: Tracker = $state('full')
  invalid: string | null = $state(null)
  /** Whether an event that the block started is running. */
  working = $state(false)
  /** Whether pressing it again has no effect until that event has ended. */
  blocked = $state(false)
  readonly #begun = new Set<string>()
  children: Block[] = $state.raw([])
  /** The block's element, while it is shown. */
  element: HTMLElement | null = null
  /** Whether the visitor, not the program, has set the value. */
  typed = false
  /** Whether the visitor's input was restored, so that the page's load does not overwrite it. */
  held = false
  /** Whether an update of the program has changed the properties. */
  updated = false

  constructor(entry: ComponentEntry, services: Services) {
    this.id = entry.id
    this.type = entry.type
    this.key = entry.key ?? null
    this.renderedIn = entry.renderable ?? entry.rendered_in ?? null
    this.#services = services
    this.#given = entry
    const { value = null, ...props } = entry.props
    this.props = props
    this.value = value
  }

  get interactive(): boolean {
    return this.props.interactive ?? this.#services.takesInput(this)
  }

  get name(): string {
    return this.props.label || this.type.charAt(0).toUpperCase() + this.type.slice(1)
  }

  /** Properties that a render keeps for the same key. */
  get preserved(): string[] {
    return preservedIn({ type: this.type, props: this.props })
  }

  edit(value: unknown): void {
    const changed = !equal(this.value, value)
    this.value = value
    this.invalid = null
    this.typed = true
    if (changed) this.#services.fire(this, 'change')
    this.#services.fire(this, 'input')
  }

  draft(value: unknown): void {
    this.value = value
    this.typed = true
  }

  set(name: string, value: unknown): void {
    this.props = { ...this.props, [name]: value }
  }

  /** Applies an output's value or update; returns whether the value changed. */
  receive(given: unknown): boolean {
    if (!isUpdate(given)) return this.#replace(given)
    const { __type__: _, value, ...props } = given
    if (Object.keys(props).length > 0) {
      this.props = { ...this.props, ...props }
      this.updated = true
    }
    return 'value' in given && this.#replace(value)
  }

  #replace(value: unknown): boolean {
    const changed = this.#services.listens(this, 'change') && !equal(this.value, value)
    this.value = value
    this.typed = this.held = false
    return changed
  }

  /** Renders again under the same key, or at the same place: new properties, except those that are kept. */
  renew(entry: ComponentEntry): void {
    const before = this.#given
    this.#given = entry
    const kept = new Set(this.key === null ? this.#unchanged(before, entry) : preservedIn(entry))
    const { value = null, ...props } = entry.props
    for (const name of kept) if (name !== 'value' && name in this.props) props[name] = this.props[name]
    this.props = props
    if (!kept.has('value')) this.value = value
  }

  /** What a visitor changes of a block without a key, if the function returns the same as in its previous run. */
  #unchanged(before: ComponentEntry, entry: ComponentEntry): string[] {
    return VISITORS.filter((name) => equal(before.props[name] ?? null, entry.props[name] ?? null))
  }

  /** Changes of the block to keep; null if there are none. Passwords are never kept. */
  changes(): KeptBlock | null {
    const { value = null, ...given } = this.#given.props
    const kept: KeptBlock = {}
    if (this.value !== value && this.props.type !== 'password') {
      kept.value = this.value
      if (this.typed) kept.typed = true
    }
    const props = Object.entries(this.props).filter(([name, prop]) => prop !== given[name])
    if (props.length > 0) kept.props = Object.fromEntries(props)
    if (this.invalid !== null) kept.invalid = this.invalid
    return Object.keys(kept).length > 0 ? kept : null
  }

  /** Restores the kept state. */
  restore({ value, typed, props, invalid }: KeptBlock): void {
    if (value !== undefined) this.value = value
    this.typed = typed ?? false
    if (props) this.props = { ...this.props, ...props }
    this.invalid = invalid ?? null
  }

  /** The session has ended: keeps the visitor's input, and resets the rest to the server's values. */
  begin(): void {
    const { value = null, ...props } = this.#given.props
    this.held = this.typed
    this.props = props
    if (!this.typed) this.value = value
    this.invalid = null
  }

  /** Identity in every version of the program: key or `elem_id`, else the visible text. */
  get called(): string {
    const { key = null, type, props } = this.#given
    const { elem_id = null, label = null, value = null } = props
    const own = key !== null || elem_id !== null
    return JSON.stringify([type, key, elem_id, own ? null : label, !own && type === 'button' ? value : null])
  }

  /** Current description of the block, as the server would describe it. */
  entry(): ComponentEntry {
    const value = this.props.type === 'password' ? (this.#given.props.value ?? null) : this.value
    return { ...this.#given, props: { ...this.props, value } }
  }

  /** Takes over what is preserved under the same key from the block that it replaces. */
  inherit(before: Block): void {
    for (const name of this.preserved) {
      if (name === 'value') this.value = before.value
      else if (name in before.props) this.props = { ...this.props, [name]: before.props[name] }
    }
  }

  /** Updates the status of an event that writes this block. */
  progress(event: string, status: Status, tracker: Tracker): void {
    this.#running.delete(event)
    const done = status.kind === 'idle' || status.kind === 'failed'
    if (!done) this.#running.set(event, [status, tracker])
    const latest = [...this.#running.values()].at(-1)
    const [shown, how] = latest ?? [status, tracker]
    this.status = shown
    this.tracker = how
  }

  /** Notes that an event of the block runs or has ended; `blocked` prevents further events meanwhile. */
  begun(event: string, runs: boolean, blocked: boolean): void {
    if (runs) this.#begun.add(event)
    else this.#begun.delete(event)
    this.working = this.#begun.size > 0
    this.blocked = this.working && blocked
  }

  clearFailure(): void {
    if (this.status.kind === 'failed') this.status = IDLE
  }

  dispatch(event: string, data?: unknown): void {
    this.#services.fire(this, event, data)
  }

  listens(event: string): boolean {
    return this.#services.listens(this, event)
  }

  upload(files: File[], progress?: (sent: number, total: number) => void, signal?: AbortSignal): Promise<FileData[]> {
    return this.#services.upload(files, progress, signal)
  }

  server(method: string, data: unknown): Promise<unknown> {
    return this.#services.server(this, method, data)
  }

  url(file: FileData): string {
    return this.#services.url(file)
  }

  toast(level: 'info' | 'warning' | 'success' | 'error', message: string): void {
    this.#services.toast(level, message)
  }

  cancel(): void {
    this.#services.cancel(this)
  }
}

function preservedIn({ type, props }: Pick<ComponentEntry, 'type' | 'props'>): string[] {
  const said = props.preserved_by_key as string[] | string | null | undefined
  if (said === undefined) return LAYOUTS.has(type) ? [] : ['value']
  return typeof said === 'string' ? [said] : (said ?? [])
}
