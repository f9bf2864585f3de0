import type { Dependency } from './config'
import { equal } from './equal'

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
  return passedOn(slots(result, dependency.outputs.length, []), [...inputs, ...outputs])
}

/** The results of a script as outputs take them: a value that the script was given is passed on as a value, never as an update. */
export function passedOn(results: unknown[], given: unknown[]): unknown[] {
  if (!results.some(isUpdate)) return results
  const known = given.flatMap(updatesIn)
  return results.map((result) =>
    known.some((one) => equal(one, result)) ? { __type__: 'update', value: result } : result,
  )
}

/** What in a value looks like an update, at any depth. */
function updatesIn(value: unknown): unknown[] {
  if (typeof value !== 'object' || value === null) return []
  return [...(isUpdate(value) ? [value] : []), ...Object.values(value).flatMap(updatesIn)]
}

/** Does it look like an update? Only what the server or a script of the app's author made is one. */
export function isUpdate(given: unknown): given is Record<string, unknown> & { __type__: 'update' } {
  return typeof given === 'object' && given !== null && (given as { __type__?: unknown }).__type__ === 'update'
}
