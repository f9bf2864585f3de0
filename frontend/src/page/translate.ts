import type { Submit } from '../protocol/wire'
import type { Cause } from './gate'
import type { Listeners } from './listeners'
import type { Kept } from './memory'
import type { Tree } from './tree'

/** A page that another version of the program had built, as a page of this one. */
export interface Translated {
  kept: Kept
  /** Events that wait to be run and that this version does not have, by the names that their listeners have. */
  refused: string[]
}

/**
 * Finds on this page what another version of the program had on its own: blocks by what they are, events by their
 * identity. Numbers of blocks and listeners mean something else there.
 */
export function translate(kept: Kept, tree: Tree, listeners: Listeners): Translated {
  const ids = new Map([...tree.names].map(([id, name]) => [name, id]))
  const mapped = (id: number | null): number | null => {
    const name = id === null ? undefined : kept.names[id]
    return name === undefined ? null : (ids.get(name) ?? null)
  }
  const cause = (given: Cause): Cause => ({ ...given, trigger: mapped(given.trigger), trail: [] })
  const blocks: Kept['blocks'] = {}
  for (const [id, block] of Object.entries(kept.blocks)) {
    const here = mapped(Number(id))
    if (here !== null) blocks[here] = block
  }
  const refused: string[] = []
  const said: [Submit, boolean][] = []
  for (const [frame, sent] of kept.conversation?.said ?? []) {
    if (!sent && !listeners.named(frame.event)) refused.push(labelOf(frame.event))
    else said.push([{ ...frame, trigger: mapped(frame.trigger ?? null) }, sent])
  }
  return {
    kept: {
      ...kept,
      conversation: kept.conversation && { ...kept.conversation, said },
      blocks,
      renders: [],
      runs: kept.runs
        .filter((run) => listeners.named(run.event))
        .map((run) => ({ ...run, last: null, cause: cause(run.cause) })),
      deferred: kept.deferred.map(([event, given]) => [event, cause(given)]),
    },
    refused,
  }
}

/** What an event's identity says to people: the name of its function or endpoint. */
export function labelOf(event: string): string {
  return event.slice(0, event.lastIndexOf('.'))
}
