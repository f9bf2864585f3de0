import type { Block } from '../page/block.svelte'

const length = (value: unknown): string | null =>
  typeof value === 'number' ? `${value}px` : typeof value === 'string' && value !== '' ? value : null

interface Usual {
  width?: number
  scale?: number
  /** Without a share of the row, a block is as wide as its content. */
  fits?: boolean
  /** A component passes the heights to the part of it that scrolls. */
  heights?: false
}

/** Inline style of a block: its share of a row, and the author's sizes, or `usual` without them. */
export function placeStyle(block: Block, usual: Usual = {}): string {
  const { scale = usual.scale, min_width = usual.width } = block.props
  const { height, max_height, min_height } = usual.heights === false ? {} : block.props
  const rules: [string, string | null][] = [
    ['flex-grow', scale == null ? null : String(scale)],
    ['min-width', min_width == null ? null : `min(${String(min_width)}px, 100%)`],
    ['height', length(height)],
    ['max-height', length(max_height)],
    ['min-height', length(min_height)],
  ]
  const set = rules.filter(([, value]) => value !== null).map(([name, value]) => `${name}:${value!}`)
  if (usual.fits && scale === 0) set.push(`flex-basis:auto;width:fit-content${min_width == null ? ';min-width:0' : ''}`)
  if (height != null || max_height != null) set.push('overflow:auto')
  return set.join(';')
}

/** The author's classes, and whether the block is hidden. */
export function classes(block: Block, ...own: string[]): string {
  const { elem_classes, visible } = block.props
  return [...own, ...(elem_classes ?? []), visible === 'hidden' ? 'hidden' : ''].filter(Boolean).join(' ')
}
