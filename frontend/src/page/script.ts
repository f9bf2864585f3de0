import type { Dependency } from './config'

type Script = (...values: unknown[]) => unknown

const compiled = new Map<string, Script>()

/** The function that a listener's `js` is: an expression like `(x) => x + 1` or `async function (x) { … }`. */
export function compile(source: string): Script {
  let script = compiled.get(source)
  if (!script) {
    const code = source.trim().replace(/;+$/, '')
    // The author of the app wrote it; running it is what `js=` is for.
    script = new Function(`return (${code}\n)`)() as Script
    if (typeof script !== 'function') throw new TypeError(`js= takes a function, not ${JSON.stringify(source)}.`)
    compiled.set(source, script)
  }
  return script
}

/**
 * What a script returned as a list with one item per slot: a list for several slots, for one slot a value or a list
 * of one. Nothing returned leaves the slots as they are.
 */
export function slots(result: unknown, wanted: number, before: unknown[]): unknown[] {
  if (result === undefined || wanted === 0) return before
  if (wanted === 1) return Array.isArray(result) && result.length === 1 ? (result as unknown[]) : [result]
  return Array.isArray(result) ? (result as unknown[]) : [result]
}

/** Runs a listener's `js` on its inputs and the present values of its outputs. */
export async function runScript(
  dependency: Dependency,
  inputs: unknown[],
  outputs: unknown[],
): Promise<unknown[] | null> {
  const source = typeof dependency.js === 'string' ? dependency.js : dependency.js_implementation
  if (!source) return null
  const result = await compile(source)(...inputs, ...outputs)
  if (dependency.backend_fn) return slots(result, dependency.inputs.length, inputs)
  if (result === undefined) return []
  return slots(result, dependency.outputs.length, [])
}
