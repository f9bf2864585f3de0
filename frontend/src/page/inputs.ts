import type { Dependency } from './config'
import { runScript } from './script'
import type { Tree } from './tree'

/** What fields of these types hold while they are on the page and nobody has filled them in. */
const EMPTY: Record<string, unknown> = { textbox: '' }

/** Reads what a listener's function gets: the values of its inputs, as its script changes them. */
export class Inputs {
  readonly #tree: Tree

  constructor(tree: Tree) {
    this.#tree = tree
  }

  /** The values of a listener's inputs; nothing for a State. */
  of({ inputs, component_prop_inputs }: Dependency): unknown[] {
    return inputs.map((id, index) => {
      const block = this.#tree.get(id)
      if (!block || block.type === 'state') return null
      const value = block.element ? (block.value ?? EMPTY[block.type] ?? null) : block.value
      return component_prop_inputs.includes(index) ? { ...block.props, value } : value
    })
  }

  /** Runs a listener's script: gives the inputs of its function, or without a function the values of its outputs. */
  async scripted(dependency: Dependency): Promise<unknown[]> {
    const outputs = dependency.outputs.map((id) => this.#tree.get(id)?.value ?? null)
    const result = (await runScript(dependency, this.of(dependency), outputs)) ?? []
    return dependency.backend_fn ? this.#withoutStates(dependency, result) : result
  }

  #withoutStates({ inputs }: Dependency, data: unknown[]): unknown[] {
    return data.map((value, index) => (this.#tree.get(inputs[index] ?? -1)?.type === 'state' ? null : value))
  }

  /** Shows what a validator said of a listener's inputs. */
  refuse({ inputs }: Dependency, messages: (string | null)[]): void {
    messages.forEach((message, index) => {
      const block = this.#tree.get(inputs[index] ?? -1)
      if (block) block.invalid = message
    })
  }

  /** Forgets what a validator said of a listener's inputs. */
  accept({ inputs }: Dependency): void {
    for (const id of inputs) {
      const block = this.#tree.get(id)
      if (block?.invalid != null) block.invalid = null
    }
  }
}
