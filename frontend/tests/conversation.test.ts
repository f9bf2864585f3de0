import { expect, test } from 'vitest'
import { Conversation } from '../src/transport/conversation'
import type { Submit, Welcome } from '../src/protocol/wire'
import { completed, starts } from './fake-server'

const submit = (event_id: string): Submit => ({ type: 'submit', event_id, event: 'e0', data: [] })

function welcome(more: Partial<Welcome> = {}): Welcome {
  return {
    type: 'welcome',
    session: 's1',
    token: 'secret',
    resumed: false,
    forked: false,
    epoch: 'one',
    seen: 0,
    pending: [],
    program: 'a',
    ...more,
  }
}

/** A conversation in which `running` runs, `sent` was sent, and `waits` could not be sent yet. */
function busy(): Conversation {
  const conversation = new Conversation('first')
  conversation.welcomed(welcome())
  conversation.say(submit('running'), true)
  conversation.heard({ type: 'message', n: 1, message: starts('running') })
  conversation.say(submit('sent'), true)
  conversation.say(submit('waits'), false)
  return conversation
}

/** The same after the page was loaded again. */
function again(conversation: Conversation): Conversation {
  const next = new Conversation('second')
  const { session, token } = conversation
  next.resume(session!, token!, JSON.parse(JSON.stringify(conversation.keep())) as ReturnType<Conversation['keep']>)
  return next
}

test('nothing is kept before the server has answered', () => {
  expect(new Conversation('first').keep()).toBeNull()
})

test('a page that is loaded again asks for what came since it was kept', () => {
  const next = again(busy())
  expect(next.hello('', '')).toMatchObject({ session: 's1', token: 'secret', epoch: 'one', seen: 1, load: 'second' })
  const { send, gone, lost, restarted } = next.welcomed(
    welcome({ resumed: true, seen: 1, pending: ['running', 'sent'] }),
  )
  expect([lost, restarted, gone]).toEqual([false, false, []])
  expect(send).toEqual([submit('waits')])
  expect(next.heard({ type: 'message', n: 1, message: starts('running') })).toBeNull()
  expect(next.heard({ type: 'message', n: 2, message: completed('running') })).not.toBeNull()
  expect(next.unfinished.sort()).toEqual(['sent', 'waits'])
})

test('what may have run before a restart is not said again; what was never sent is', () => {
  const { send, gone, restarted } = again(busy()).welcomed(welcome({ resumed: true, epoch: 'two' }))
  expect(restarted).toBe(true)
  expect(gone.sort()).toEqual(['running', 'sent'])
  expect(send).toEqual([submit('waits')])
})

test('a copy of a session begins its own count', () => {
  const next = again(busy())
  const resumption = next.welcomed(
    welcome({ session: 's2', token: 'other', resumed: true, forked: true, epoch: 'two' }),
  )
  expect(resumption).toMatchObject({ forked: true, lost: false, send: [submit('waits')] })
  expect(next.keep()).toMatchObject({ session: 's2', epoch: 'two', seen: 0 })
})

test('a session that is over is said to be lost by a page that shows something of it', () => {
  const { lost, send, gone } = again(busy()).welcomed(welcome({ session: 's2', epoch: 'two' }))
  expect([lost, send]).toEqual([true, []])
  expect(gone.sort()).toEqual(['running', 'sent', 'waits'])
})

test('a new page of a session hears what comes from now on, and is not lost when the session is over', () => {
  const next = new Conversation('second')
  next.resume('s1', 'secret', null)
  next.say(submit('load'), false)
  expect(next.hello('', '')).toMatchObject({ session: 's1', seen: null })
  const { lost, send } = next.welcomed(welcome({ session: 's2' }))
  expect([lost, send]).toEqual([false, [submit('load')]])
  const other = new Conversation('third')
  other.resume('s1', 'secret', null)
  other.welcomed(welcome({ resumed: true, seen: 9 }))
  expect(other.seen).toBe(9)
  expect(other.ack()).toBeNull()
})

test('only what is kept is acknowledged', () => {
  const conversation = busy()
  conversation.heard({ type: 'message', n: 5, message: completed('running') })
  expect(conversation.ack(3)).toEqual({ type: 'ack', seen: 3 })
  expect(conversation.ack(3)).toBeNull()
  expect(conversation.ack(2)).toBeNull()
  expect(conversation.ack(5)).toEqual({ type: 'ack', seen: 5 })
})

const onRow = (event_id: string): Submit => ({ ...submit(event_id), event: 'row' })

/** The server has started again while two calls waited, one of them on what a render has built. */
function restarting(more: Partial<Welcome> = {}) {
  const conversation = new Conversation('first', '', (event) => event === 'row')
  conversation.welcomed(welcome())
  conversation.say(onRow('row'), false)
  conversation.say(submit('other'), false)
  const resumption = conversation.welcomed(welcome({ resumed: true, epoch: 'two', ...more }))
  return { conversation, ...resumption }
}

test('R6.8: after a restart, a call on what a render has built waits until that is built again', () => {
  const { conversation, send } = restarting()
  expect(send).toEqual([submit('other')])
  expect(conversation.say(onRow('later'), true)).toBeNull()
  expect(conversation.say(submit('now'), true)).toEqual(submit('now'))
  const update = (frame: Submit): Submit => ({ ...frame, trigger: 7 })
  expect(conversation.rebuilt(true, update)).toEqual([update(onRow('row')), update(onRow('later'))])
  expect(conversation.rebuilt(true, update)).toEqual([])
  expect(conversation.say(onRow('free'), true)).toEqual(onRow('free'))
})

test('R6.8: it still waits after another restart, and after a load of the page', () => {
  const { conversation } = restarting()
  const { send, gone } = conversation.welcomed(welcome({ resumed: true, epoch: 'three' }))
  expect([send, gone]).toEqual([[], ['other']])
  const next = new Conversation('second', '', (event) => event === 'row')
  next.resume('s1', 'secret', JSON.parse(JSON.stringify(conversation.keep())) as ReturnType<Conversation['keep']>)
  expect(next.welcomed(welcome({ resumed: true, epoch: 'three' })).send).toEqual([])
  expect(next.rebuilt(true, (frame) => frame)).toEqual([onRow('row')])
})

test('R6.8: what is built again while there is no connection is sent with the next one', () => {
  const { conversation } = restarting()
  expect(conversation.rebuilt(false, (frame) => frame)).toEqual([])
  expect(conversation.welcomed(welcome({ resumed: true, epoch: 'two' })).send).toContainEqual(onRow('row'))
})

test('R6.8: a copy of a session has what renders had built', () => {
  expect(restarting({ forked: true }).send).toEqual([onRow('row'), submit('other')])
})
