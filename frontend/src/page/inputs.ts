import type { Dependency } from './config'
import { runScript } from './script'
import type { Tree } from './tree'

/** Values of fields of these types while they are on the page and not filled in. */
const EMPTY: Record<string, unknown> = { textbox: '' }

/** Collects the inputs of a listener's function: values, as changed by its script. */
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

  /** Runs a listener's script; returns the inputs of its function, or the values of its outputs if it has none. */
  async scripted(dependency: Dependency): Promise<unknown[]> {
    const outputs = dependency.outputs.map((id) => this.#tree.get(id)?.value ?? null)
    const result = (await runScript(dependency, this.of(dependency), outputs)) ?? []
    return dependency.backend_fn ? this.#withoutStates(dependency, result) : result
  }

  #withoutStates({ inputs }: Dependency, data: unknown[]): unknown[] {
    return data.map((value, index) => (this.#tree.get(inputs[index] ?? -1)?.type === 'state' ? null : value))
  }

  /** Shows a validator's messages for a listener's inputs. */
  refuse({ inputs }: Dependency, messages: (string | null)[]): void {
    messages.forEach((message, index) => {
      const block = this.#tree.get(inputs[index] ?? -1)
      if (block) block.invalid = message
    })
  }

  /** Removes a validator's messages for a listener's inputs. */
  accept({ inputs }: Dependency): void {
    for (const id of inputs) {
      const block = this.#tree.get(id)
      if (block?.invalid != null) block.invalid = null
    }
  }
}
