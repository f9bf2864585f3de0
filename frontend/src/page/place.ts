import type { Block } from './block.svelte'

/** Where an event shows its status: the first of these blocks that is visible and has room. */
export function placeOf(blocks: (Block | undefined)[]): Block | null {
  return blocks.find((block) => block !== undefined && hasRoom(block.element)) ?? null
}

function hasRoom(element: HTMLElement | null): boolean {
  return (
    element !== null && !element.classList.contains('bare') && element.checkVisibility({ visibilityProperty: true })
  )
}

/** Whether the visitor can see it without scrolling. */
export function inSight(block: Block): boolean {
  if (!hasRoom(block.element)) return false
  const { top, bottom } = block.element!.getBoundingClientRect()
  return bottom > 0 && top < innerHeight
}
