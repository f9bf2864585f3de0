import type { Block } from '../page/block.svelte'

const length = (value: unknown): string | null =>
  typeof value === 'number' ? `${value}px` : typeof value === 'string' && value !== '' ? value : null

/** Inline style of a block's place: its share of a row, and the sizes that its author gave; `usual` where it gave none.
 * What `fits` is as wide as its content where its author gave it no share. */
export function placeStyle(block: Block, usual: { width?: number; scale?: number; fits?: boolean } = {}): string {
  const { scale = usual.scale, min_width = usual.width, height, max_height, min_height } = block.props
  const rules: [string, string | null][] = [
    ['flex-grow', scale == null ? null : String(scale)],
    ['min-width', min_width == null ? null : `min(${String(min_width)}px, 100%)`],
    ['height', length(height)],
    ['max-height', length(max_height)],
    ['min-height', length(min_height)],
  ]
  const set = rules.filter(([, value]) => value !== null).map(([name, value]) => `${name}:${value!}`)
  // No share of a row: as wide as what it says.
  if (usual.fits && scale === 0) set.push(`flex-basis:auto;width:fit-content${min_width == null ? ';min-width:0' : ''}`)
  if (height != null || max_height != null) set.push('overflow:auto')
  return set.join(';')
}

/** The author's classes and whether it is hidden. */
export function classes(block: Block, ...own: string[]): string {
  const { elem_classes, visible } = block.props
  return [...own, ...(elem_classes ?? []), visible === 'hidden' ? 'hidden' : ''].filter(Boolean).join(' ')
}
