/** Logic of the JSON tree, apart from its markup. */

import { writeJson } from '../../protocol/json'

export type Json = null | boolean | number | bigint | string | Json[] | { [key: string]: Json }
export type Kind = 'null' | 'boolean' | 'number' | 'string' | 'array' | 'object'

export function kindOf(value: Json): Kind {
  if (value === null || value === undefined) return 'null'
  if (Array.isArray(value)) return 'array'
  return typeof value === 'bigint' ? 'number' : (typeof value as Kind)
}

/** Whether there is no value at all; an empty list or string is a value. */
export function isEmpty(value: Json | undefined): boolean {
  return value === null || value === undefined
}

/** Children with their names, which are indexes for a list. */
export function entriesOf(value: Json): [string, Json][] {
  if (value === null || typeof value !== 'object') return []
  return Array.isArray(value) ? value.map((item, index) => [String(index), item]) : Object.entries(value)
}

/** Text between the brackets of a collapsed branch. */
export function summary(value: Json): string {
  const count = entriesOf(value).length
  if (Array.isArray(value)) return `${count} ${count === 1 ? 'item' : 'items'}`
  return `${count} ${count === 1 ? 'key' : 'keys'}`
}

/** Initially two levels are open, or all of them with `open`. */
export function shownAtFirst(depth: number, open: boolean): boolean {
  return open || depth < 2
}

export function pretty(value: Json): string {
  return writeJson(value, 2)
}
