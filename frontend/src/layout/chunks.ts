import type { Component } from 'svelte'
import { registry as components } from '../components/registry'
import type { Block } from '../page/block.svelte'
import { present, registry as layouts } from './registry'

type View = Component<{ node: Block }>

const loaded = new Map<string, View>(Object.entries(present))

/** The component for a type, if its chunk is loaded. */
export function chunk(type: string): View | undefined {
  return loaded.get(type)
}

/** Loads the component for a type; undefined if the page does not know it. */
export async function fetchChunk(type: string): Promise<View | undefined> {
  const load = layouts[type] ?? components[type]?.load
  if (!loaded.has(type) && load) loaded.set(type, (await load()).default as unknown as View)
  return loaded.get(type)
}

/** The types that are visible first, without hidden ones and those in closed tabs. */
export function firstTypes(block: Block, found = new Set<string>()): Set<string> {
  found.add(block.type)
  if (block.props.visible === false) return found
  const tabs = block.type === 'tabs' || block.type === 'walkthrough'
  const open = tabs ? openTabs(block) : block.children
  for (const child of open) firstTypes(child, found)
  return found
}

function openTabs(tabs: Block): Block[] {
  const { selected } = tabs.props
  const shown = tabs.children.find((tab, index) => selected != null && tabId(tab, index) === selected)
  const open = shown ?? tabs.children.find((tab) => tab.props.visible !== false)
  return tabs.children.filter((tab) => tab === open || tab.props.render_children === true)
}

/** The name of a tab or step in `selected`. */
export function tabId(tab: Block, index: number): string | number {
  return tab.props.id ?? (tab.type === 'step' ? index : tab.id)
}
