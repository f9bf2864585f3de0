import { dependencyOf, type Dependency } from './config'

const key = (id: number | null, event: string): string => `${id}:${event}`

/** Index of listeners. Rebuilt when a render replaces listeners; used at every event. */
export class Listeners {
  readonly #all = new Map<number, Dependency>()
  #by = new Map<string, Dependency[]>()
  #after = new Map<number, Dependency[]>()
  #inputs = new Set<number>()
  #outputs = new Set<number>()

  constructor(dependencies: Iterable<Dependency>) {
    for (const dependency of dependencies) this.#all.set(dependency.id, dependency)
    this.#index()
  }

  get(id: number): Dependency | undefined {
    return this.#all.get(id)
  }

  /** The listener with an identity. */
  named(event: string): Dependency | undefined {
    return [...this.#all.values()].find((one) => one.event === event)
  }

  get all(): Iterable<Dependency> {
    return this.#all.values()
  }

  of(id: number | null, event: string): Dependency[] {
    return this.#by.get(key(id, event)) ?? []
  }

  /** Listeners of the page's own load, whatever id its root has. */
  loads(): Dependency[] {
    return [...this.#all.values()].filter(({ targets }) => targets.some(([, event]) => event === 'load'))
  }

  /** Listeners to run when `id` has ended this way. A canceled event has not succeeded. */
  after(id: number, success: boolean): { outcome: Dependency[]; then: Dependency[] } {
    const children = this.#after.get(id) ?? []
    const bound = (child: Dependency): boolean => child.trigger_only_on_success || child.trigger_only_on_failure
    return {
      outcome: children.filter((child) => (success ? child.trigger_only_on_success : child.trigger_only_on_failure)),
      then: children.filter((child) => !bound(child)),
    }
  }

  /** Listeners to a change of any of these, each once, with the first one that it listens to. */
  ofChanges(ids: number[]): Map<Dependency, number> {
    const found = new Map<Dependency, number>()
    for (const id of ids) {
      for (const dependency of this.of(id, 'change')) if (!found.has(dependency)) found.set(dependency, id)
    }
    return found
  }

  /** Whether a component is more than an output, so that a visitor can change it by default. */
  takesInput(id: number): boolean {
    return this.#inputs.has(id) || !this.#outputs.has(id)
  }

  isOutput(id: number): boolean {
    return this.#outputs.has(id)
  }

  /** Replaces the listeners from the previous result of a render. */
  renew(rendered: number, given: Partial<Dependency>[]): { now: Dependency[]; gone: number[] } {
    const now = given.map(dependencyOf)
    const kept = new Set(now.map(({ id }) => id))
    const gone = [...this.#all.values()].filter((one) => one.rendered_in === rendered && !kept.has(one.id))
    for (const { id } of gone) this.#all.delete(id)
    for (const dependency of now) this.#all.set(dependency.id, dependency)
    this.#index()
    return { now, gone: gone.map(({ id }) => id) }
  }

  #index(): void {
    this.#by = new Map()
    this.#after = new Map()
    this.#inputs = new Set()
    this.#outputs = new Set()
    const push = <K>(map: Map<K, Dependency[]>, at: K, dependency: Dependency): void => {
      const list = map.get(at)
      if (list) list.push(dependency)
      else map.set(at, [dependency])
    }
    for (const dependency of this.#all.values()) {
      for (const [id, event] of dependency.targets) push(this.#by, key(id, event), dependency)
      if (dependency.trigger_after !== null) push(this.#after, dependency.trigger_after, dependency)
      for (const id of dependency.inputs) this.#inputs.add(id)
      for (const id of dependency.outputs) this.#outputs.add(id)
    }
  }
}
