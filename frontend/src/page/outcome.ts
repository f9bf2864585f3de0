import { applyEdits } from '../protocol/edits'
import type { Edit, Output } from '../protocol/wire'
import type { Dependency } from './config'
import { failureText } from './progress'
import type { Run } from './runs'
import type { Tree } from './tree'

/** Applies the values of a step to the outputs of its call; returns the ids of components whose value changed. */
export function applyStep(tree: Tree, run: Run, output: Output, mayBeEdits: boolean): number[] {
  const before = mayBeEdits ? run.last : null
  const data = output.data ?? []
  if (before === null) {
    run.last = data
    return applyValues(tree, run.dependency, data)
  }
  run.last = data.map((edit, index) => applyEdits(before[index], (edit ?? []) as Edit[]))
  return applyValues(
    tree,
    run.dependency,
    run.last,
    data.map((edit) => Array.isArray(edit) && edit.length > 0),
  )
}

/** Applies values to a listener's outputs, limited to those that are `touched`. */
export function applyValues(tree: Tree, dependency: Dependency, values: unknown[], touched?: boolean[]): number[] {
  if (dependency.render_id !== null) return []
  const loads = dependency.targets.some(([, event]) => event === 'load')
  return dependency.outputs.filter((id, index) => {
    const block = tree.get(id)
    if (!block || block.type === 'state' || index >= values.length || touched?.[index] === false) return false
    return !(block.held && loads) && block.receive(values[index])
  })
}

/** The visitor's message for a call that the server rejected. */
export function refusalText(status: number, detail: unknown): string {
  if (status === 503) return 'This application is currently busy. Please try again. '
  if (typeof detail === 'string') return detail
  if (detail !== null && typeof detail === 'object' && 'error' in detail) return failureText(detail)
  return 'The server did not accept this.'
}

/** Messages of a failed validation, one per input, null for valid inputs; empty for other errors. */
export function validations(status: number, detail: unknown): (string | null)[] {
  if (status !== 422 || !Array.isArray(detail)) return []
  const items = detail as { __type__?: string; is_valid?: boolean; message?: string }[]
  if (!items.some((item) => item?.__type__ === 'validate')) return []
  return items.map((item) => (item?.is_valid === false ? (item.message ?? 'This value is not valid.') : null))
}
