/**
 * JSON with integers of any size: those that a JavaScript number cannot represent exactly are bigints. Databases and
 * chat services use such numbers as ids.
 */

const MARK = '\u0000big:'
const STRING_OR_NUMBER = /"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g
const WHOLE = /^-?\d{16,}$/
const MARKED = /"\\u0000big:(-?\d+)"/g

declare global {
  interface BigInt {
    toJSON(): string
  }
}

// JSON encoders ask the value itself for its form.
BigInt.prototype.toJSON = function (this: bigint): string {
  return MARK + String(this)
}

function marked(found: string): string {
  return WHOLE.test(found) && !Number.isSafeInteger(Number(found)) ? `"\\u0000big:${found}"` : found
}

function revived(_: string, value: unknown): unknown {
  return typeof value === 'string' && value.startsWith(MARK) ? BigInt(value.slice(MARK.length)) : value
}

/** Like `JSON.parse`, with exact integers. */
export function parseJson(text: string): unknown {
  return /\d{16}/.test(text) ? JSON.parse(text.replace(STRING_OR_NUMBER, marked), revived) : JSON.parse(text)
}

/** Like `JSON.stringify`, with exact integers. */
export function writeJson(value: unknown, space?: number): string {
  const text = JSON.stringify(value, null, space)
  return text?.includes('\\u0000big:') ? text.replace(MARKED, '$1') : text
}
