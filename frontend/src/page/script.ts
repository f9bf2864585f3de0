import type { Dependency } from './config'
import { equal } from './equal'

type Script = (...values: unknown[]) => unknown

const compiled = new Map<string, Script>()

/** The function in a listener's `js`: an expression like `(x) => x + 1` or `async function (x) { … }`. */
export function compile(source: string): Script {
  let script = compiled.get(source)
  if (!script) {
    const code = source.trim().replace(/;+$/, '')
    // The app's author wrote it; running it is the purpose of `js=`.
    script = new Function(`return (${code}\n)`)() as Script
    if (typeof script !== 'function') throw new TypeError(`js= takes a function, not ${JSON.stringify(source)}.`)
    compiled.set(source, script)
  }
  return script
}

/**
 * The result of a script as a list with one item per slot: a list for several slots, and a value or a list of one for
 * one slot. Returning nothing leaves the slots unchanged.
 */
export function slots(result: unknown, wanted: number, before: unknown[]): unknown[] {
  if (result === undefined || wanted === 0) return before
  if (wanted === 1) return Array.isArray(result) && result.length === 1 ? (result as unknown[]) : [result]
  return Array.isArray(result) ? (result as unknown[]) : [result]
}

/** Runs a listener's `js` on its inputs and the current values of its outputs. */
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
  return passedOn(slots(result, dependency.outputs.length, []), [...inputs, ...outputs])
}

/** A script's results for outputs: a value that the script received stays a value, never an update. */
export function passedOn(results: unknown[], given: unknown[]): unknown[] {
  if (!results.some(isUpdate)) return results
  const known = given.flatMap(updatesIn)
  return results.map((result) =>
    known.some((one) => equal(one, result)) ? { __type__: 'update', value: result } : result,
  )
}

/** Everything in a value that looks like an update, at any depth. */
function updatesIn(value: unknown): unknown[] {
  if (typeof value !== 'object' || value === null) return []
  return [...(isUpdate(value) ? [value] : []), ...Object.values(value).flatMap(updatesIn)]
}

/** Whether it looks like an update; only the server and scripts of the app's author create real ones. */
export function isUpdate(given: unknown): given is Record<string, unknown> & { __type__: 'update' } {
  return typeof given === 'object' && given !== null && (given as { __type__?: unknown }).__type__ === 'update'
}
