import type { Submit } from '../protocol/wire'
import type { Client } from '../transport/client'
import type { Dispatcher } from './dispatch'
import type { Listeners } from './listeners'
import type { Kept } from './memory'
import type { Tree } from './tree'

/** The parts of a page that are stored and restored. */
export interface Parts {
  tree: Tree
  listeners: Listeners
  dispatcher: Dispatcher
  client: Client
  /** Applies received messages that wait for a frame. */
  settle(): void
}

/** The current page without passwords. */
export function keptOf(parts: Parts, program: string): Kept {
  const { tree, dispatcher, client, settle } = parts
  settle()
  const { runs, deferred, loads } = dispatcher.keep()
  const { conversation, dropped } = withoutPasswords(client.conversation.keep(), parts)
  const triggers = [
    ...runs.map(({ cause }) => cause.trigger),
    ...deferred.map(([, cause]) => cause.trigger),
    ...(conversation?.said ?? []).map(([frame]) => frame.trigger ?? null),
  ]
  return {
    app: program,
    at: Date.now(),
    conversation,
    ...tree.keep(new Set(triggers)),
    runs: runs.filter(({ id }) => !dropped.has(id)),
    deferred,
    loads,
    scroll: [scrollX, scrollY],
  }
}

/** Frames with a password are not stored: the server has them, or the visitor must repeat the action. */
function withoutPasswords(
  conversation: Kept['conversation'],
  { tree, listeners }: Parts,
): { conversation: Kept['conversation']; dropped: Set<string> } {
  const dropped = new Set<string>()
  if (conversation === null) return { conversation, dropped }
  const secret = ({ event }: Submit): boolean =>
    listeners.named(event)?.inputs.some((id) => tree.get(id)?.props.type === 'password') ?? false
  const open = [...conversation.open]
  const said = conversation.said.filter(([frame, sent]) => {
    if (!secret(frame)) return true
    if (sent) open.push(frame.event_id)
    else dropped.add(frame.event_id)
    return false
  })
  return { conversation: { ...conversation, said, open }, dropped }
}
