import type { Edit } from './wire'

type Container = unknown[] | Record<string, unknown>

const copy = (value: unknown): Container =>
  Array.isArray(value) ? [...(value as unknown[])] : { ...(value as Record<string, unknown>) }

function change(value: unknown, op: Edit[0], path: (string | number)[], depth: number, given: unknown): unknown {
  if (depth === path.length) return op === 'append' ? (value as string) + (given as string) : given
  const key = path[depth]!
  const container = copy(value)
  if (depth === path.length - 1 && op !== 'append' && op !== 'replace') {
    if (op === 'delete') {
      if (Array.isArray(container)) container.splice(Number(key), 1)
      else delete container[key]
    } else if (Array.isArray(container)) container.splice(Number(key), 0, given)
    else container[key] = given
    return container
  }
  const inside = container as Record<string | number, unknown>
  inside[key] = change(inside[key], op, path, depth + 1, given)
  return container
}

/** `value` after the edits of one step of a generator. Shares unchanged parts; never changes `value` itself. */
export function applyEdits(value: unknown, edits: Edit[]): unknown {
  return edits.reduce<unknown>((now, [op, path, given]) => change(now, op, path, 0, given), value)
}
