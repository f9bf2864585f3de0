import type { FileData } from '../../page/node'
import type { FileCount } from '../parts/files'

export function listOf(value: FileData | FileData[] | null): FileData[] {
  return value === null || value === undefined ? [] : Array.isArray(value) ? value : [value]
}

/** The value after an upload: a single file is replaced, several are added to. */
export function added(
  value: FileData | FileData[] | null,
  sent: FileData[],
  count: FileCount,
): FileData | FileData[] | null {
  return count === 'single' ? (sent[0] ?? null) : [...listOf(value), ...sent]
}

/** The value without one file; null after the last. */
export function without(value: FileData | FileData[] | null, index: number): FileData[] | null {
  const rest = listOf(value).filter((_, at) => at !== index)
  return rest.length > 0 ? rest : null
}

export function moved<T>(list: T[], from: number, to: number): T[] {
  const copy = [...list]
  const [item] = copy.splice(from, 1)
  if (item !== undefined) copy.splice(to, 0, item)
  return copy
}

/** A name in two parts, so that a long one can be truncated in the middle and still show its extension. */
export function splitName(name: string): [stem: string, ending: string] {
  const dot = name.lastIndexOf('.')
  return dot > 0 ? [name.slice(0, dot), name.slice(dot)] : [name, '']
}
