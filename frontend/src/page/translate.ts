import type { Submit } from '../protocol/wire'
import type { Cause } from './gate'
import type { Listeners } from './listeners'
import type { Kept } from './memory'
import type { Tree } from './tree'

/** Converts a page built by another version of the program to this version. */
export interface Translated {
  kept: Kept
  /** Names of waiting events that this version does not have. */
  refused: string[]
}

/**
 * Finds the counterparts of another version's page on this page: blocks by their description, events by their
 * identity. Ids of blocks and listeners differ there.
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

/** Readable part of an event's identity: the name of its function or endpoint. */
export function labelOf(event: string): string {
  return event.slice(0, event.lastIndexOf('.'))
}
