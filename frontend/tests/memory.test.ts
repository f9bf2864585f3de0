import { expect, test } from 'vitest'
import { TabMemory, type Kept } from '../src/page/memory'
import type { KeptConversation } from '../src/transport/conversation'
import { FakeStorage } from './fake-storage'

const ROOT = 'http://here'
const me = { session: 's1', token: 'secret' }

function kept(more: Partial<Kept> = {}, conversation: Partial<KeptConversation> = {}): Kept {
  return {
    app: 'a',
    at: 0,
    conversation: { session: 's1', epoch: 'one', seen: 4, said: [], open: [], ...conversation },
    blocks: {},
    names: {},
    loads: [],
    renders: [],
    runs: [],
    deferred: [],
    scroll: [0, 0],
    ...more,
  }
}

test('what a page keeps is there when it is loaded again', () => {
  const storage = new FakeStorage()
  const page = kept({ blocks: { 3: { value: 'typed' } } })
  expect(new TabMemory(storage, ROOT, '').write(me, page)).toBeGreaterThan(0)
  const again = new TabMemory(storage, ROOT, '')
  expect(again.identity()).toEqual(me)
  expect(again.page()).toEqual(page)
})

test('pages, apps and programs do not get what another one keeps', () => {
  const storage = new FakeStorage()
  new TabMemory(storage, ROOT, '').write(me, kept())
  expect(new TabMemory(storage, ROOT, 'second').page()).toBeNull()
  expect(new TabMemory(storage, ROOT, 'second').identity()).toEqual(me)
  expect(new TabMemory(storage, `${ROOT}/sub`, '').identity()).toBeNull()
})

test('a page that does not fit leaves the session and nothing old', () => {
  const storage = new FakeStorage()
  const memory = new TabMemory(storage, ROOT, '')
  memory.write(me, kept())
  storage.room = 400
  expect(memory.write(me, kept({ blocks: { 3: { value: 'x'.repeat(1000) } } }))).toBeNull()
  expect(memory.page()).toBeNull()
  expect(memory.identity()).toEqual(me)
})

test('a browser without storage keeps nothing and nothing fails', () => {
  const memory = new TabMemory(null, ROOT, '')
  expect(memory.write(me, kept())).toBeNull()
  expect([memory.identity(), memory.page(), memory.waitingFrom('one')]).toEqual([null, null, null])
  memory.forget()
})

test('what is damaged counts as not kept', () => {
  const storage = new FakeStorage()
  new TabMemory(storage, ROOT, '').write(me, kept())
  for (let index = 0; index < storage.length; index += 1) storage.setItem(storage.key(index)!, '{"session":')
  const memory = new TabMemory(storage, ROOT, '')
  expect([memory.identity(), memory.page()]).toEqual([null, null])
})

test('forgetting takes all pages of this app and of no other', () => {
  const storage = new FakeStorage()
  const other = new TabMemory(storage, 'http://there', '')
  other.write(me, kept())
  for (const page of ['', 'second']) new TabMemory(storage, ROOT, page).write(me, kept())
  new TabMemory(storage, ROOT, '').forget()
  expect(storage.length).toBe(2)
  expect(other.page()).not.toBeNull()
})

test('messages that another page of the tab waits for are not to be forgotten', () => {
  const storage = new FakeStorage()
  new TabMemory(storage, ROOT, 'idle').write(me, kept({}, { seen: 1 }))
  new TabMemory(storage, ROOT, 'busy').write(me, kept({}, { seen: 7, open: ['e1'] }))
  new TabMemory(storage, ROOT, 'old').write(me, kept({}, { seen: 2, open: ['e0'], epoch: 'before' }))
  const memory = new TabMemory(storage, ROOT, '')
  expect(memory.waitingFrom('one')).toBe(7)
  expect(memory.waitingFrom('two')).toBeNull()
  expect(new TabMemory(storage, ROOT, 'busy').waitingFrom('one')).toBeNull()
})

test('all pages of a duplicated tab go on with the copy of its session', () => {
  const storage = new FakeStorage()
  for (const page of ['', 'second']) new TabMemory(storage, ROOT, page).write(me, kept())
  const copy = storage.copy()
  new TabMemory(copy, ROOT, '').write({ session: 's2', token: 'other' }, kept({}, { session: 's2' }))
  expect(new TabMemory(copy, ROOT, 'second').page()?.conversation?.session).toBe('s2')
  expect(new TabMemory(storage, ROOT, 'second').page()?.conversation?.session).toBe('s1')
})
