/** Layouts by their type in the config. Those on nearly every page are part of the shell. */
import type { Component } from 'svelte'
import type { Block } from '../page/block.svelte'
import Column from './Column.svelte'
import Form from './Form.svelte'
import Group from './Group.svelte'
import Row from './Row.svelte'

export type Layout = Component<{ node: Block }>

const entry = (load: () => Promise<{ default: Layout }>): (() => Promise<{ default: Layout }>) => load

export const present: Record<string, Layout> = { column: Column, form: Form, group: Group, row: Row }

export const registry: Record<string, () => Promise<{ default: Layout }>> = {
  accordion: entry(() => import('./Accordion.svelte')),
  sidebar: entry(() => import('./Sidebar.svelte')),
  tabs: entry(() => import('./Tabs.svelte')),
  walkthrough: entry(() => import('./Walkthrough.svelte')),
}
