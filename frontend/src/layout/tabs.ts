import type { Block } from '../page/block.svelte'
import { tabId } from './chunks'

/** The visible tabs of a tab list, with the ids that `selected` uses. */
export function seenTabs(node: Block): { tab: Block; id: string | number }[] {
  const all = node.children.map((tab, index) => ({ tab, id: tabId(tab, index) }))
  return all.filter(({ tab }) => tab.props.visible !== false && tab.props.visible !== 'hidden')
}

/** The id of the open tab. */
export function openTab(node: Block): string | number | null {
  const tabs = seenTabs(node)
  const { selected } = node.props
  if (tabs.some(({ id }) => id === selected)) return selected as string | number
  return (tabs.find(({ tab }) => tab.props.interactive !== false) ?? tabs[0])?.id ?? null
}

/** Opens a tab. */
export function choose(node: Block, id: string | number): void {
  if (openTab(node) !== id) node.set('selected', id)
}

/** Fires the events of a tab list whose open tab has changed, through the visitor or a function. */
export function announce(node: Block): void {
  const open = openTab(node)
  const index = seenTabs(node).findIndex(({ id }) => id === open)
  const tab = seenTabs(node)[index]?.tab
  node.dispatch('change')
  if (!tab) return
  const data = { index, value: tab.props.label as string }
  node.dispatch('select', data)
  tab.dispatch('select', data)
}

/** Index of the tab that a key leads to, among those that can be opened. */
export function next(key: string, at: number, count: number): number | null {
  switch (key) {
    case 'ArrowRight':
      return (at + 1) % count
    case 'ArrowLeft':
      return (at - 1 + count) % count
    case 'Home':
      return 0
    case 'End':
      return count - 1
    default:
      return null
  }
}

/** Distance that a tab list must scroll to show a button; zero if it is visible. */
export function outside(button: HTMLElement, list: HTMLElement): number {
  const [own, seen] = [button.getBoundingClientRect(), list.getBoundingClientRect()]
  if (own.left < seen.left - 1) return own.left - seen.left
  return own.right > seen.right + 1 ? own.right - seen.right : 0
}
