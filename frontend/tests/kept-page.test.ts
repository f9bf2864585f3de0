import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { Keeper } from '../src/page/keeper'
import type { Kept } from '../src/page/memory'
import { completed, output, starts } from './fake-server'
import { pageOf } from './page-of'

const BLOCKS: Parameters<typeof pageOf>[0] = [
  [1, 'textbox', { label: 'In' }],
  [2, 'textbox', { label: 'Out', value: 'first' }],
  [3, 'button'],
  [4, 'textbox', { type: 'password', value: '' }],
  [5, 'column'],
]
const LISTENERS: Parameters<typeof pageOf>[1] = [
  { id: 0, targets: [[3, 'click']], inputs: [1], outputs: [2] },
  { id: 1, targets: [[2, 'change']], inputs: [2], outputs: [], trigger_mode: 'always_last' },
  { id: 2, targets: [[null, 'then']], trigger_after: 0, inputs: [], outputs: [] },
  { id: 3, targets: [[null, 'load']], inputs: [], outputs: [5], render_id: 0, trigger_mode: 'always_last' },
]

const page = () => pageOf(BLOCKS, LISTENERS)
type TestPage = ReturnType<typeof page>

/** What is kept of a page, through the text that the browser keeps. */
function keep({ tree, dispatcher }: TestPage): Pick<Kept, 'blocks' | 'renders' | 'runs' | 'deferred'> {
  return JSON.parse(JSON.stringify({ ...tree.keep(), ...dispatcher.keep() })) as ReturnType<typeof keep>
}

function restored(from: TestPage): TestPage {
  const kept = keep(from)
  const to = page()
  for (const render of kept.renders) to.dispatcher.restoreRender(render)
  to.tree.restore(kept.blocks)
  to.dispatcher.restore({ ...kept, at: 1000, conversation: null }, 1000)
  return to
}

const row = (id: number, key: number, value: string | null = null) => ({
  id,
  type: 'textbox',
  key,
  rendered_in: 0,
  props: { label: `Row ${key}`, value },
})

function render(to: TestPage, event: string, rows: ReturnType<typeof row>[]): void {
  const column = { id: 5, type: 'column', props: {}, renderable: 0 }
  const layout = { id: 5, children: rows.map(({ id }) => ({ id })) }
  const config = { components: [column, ...rows], dependencies: [], layout, render_id: 0 }
  to.dispatcher.hear({
    ...completed(event),
    output: { ...output([{ __type__: 'update' }]), render_config: config },
  } as never)
}

test('values and properties come back, without any event; what is as the server said is not kept', () => {
  const before = page()
  before.block(1).draft('half a sen')
  before.block(2).set('label', 'Answer')
  before.block(1).invalid = 'Too short.'
  expect(keep(before).blocks).toEqual({
    1: { value: 'half a sen', typed: true, invalid: 'Too short.' },
    2: { props: { label: 'Answer' } },
  })
  const after = restored(before)
  expect([after.block(1).value, after.block(1).invalid, after.block(2).props.label]).toEqual([
    'half a sen',
    'Too short.',
    'Answer',
  ])
  expect([after.block(2).value, after.sent]).toEqual(['first', []])
})

test('a password is not kept', () => {
  const before = page()
  before.block(4).draft('secret')
  expect(JSON.stringify(keep(before))).not.toContain('secret')
})

test('a running event goes on: its edits apply to what it had written, and what follows it runs', () => {
  const before = page()
  before.dispatcher.fire(3, 'click')
  before.dispatcher.hear(starts('e1'))
  before.dispatcher.hear({
    msg: 'process_generating',
    event_id: 'e1',
    output: output(['a']),
    success: true,
    time_limit: null,
    full: false,
  })
  const after = restored(before)
  expect(after.block(2).status.kind).toBe('running')
  after.dispatcher.hear({
    msg: 'process_generating',
    event_id: 'e1',
    output: output([[['append', [], 'b']]]),
    success: true,
    time_limit: null,
    full: false,
  })
  expect(after.block(2).value).toBe('ab')
  after.dispatcher.fire(3, 'click')
  expect(after.called()).not.toContain(0)
  after.dispatcher.hear(completed('e1', ['ab']))
  expect(after.called()).toContain(2)
  after.dispatcher.fire(3, 'click')
  expect(after.called()).toContain(0)
})

test('how long an event has been running goes on too', () => {
  const before = page()
  before.dispatcher.fire(3, 'click')
  before.dispatcher.hear(starts('e1'))
  before.wait(5000)
  expect(restored(before).block(2).status).toMatchObject({ kind: 'running', since: -5000 })
})

test('a change that waited for its listener is not forgotten', () => {
  const before = page()
  before.block(2).edit('x')
  before.block(2).edit('y')
  const after = restored(before)
  expect(after.called()).toEqual([])
  after.dispatcher.hear(completed('e1'))
  expect(after.submits().map(({ event, data }) => [event, data])).toEqual([['e1', ['y']]])
})

test('what a render has made comes back and goes on under the same numbers', () => {
  const before = page()
  before.dispatcher.load()
  render(before, 'e1', [row(10, 1), row(11, 2)])
  before.block(11).edit('two')
  const after = restored(before)
  expect([after.block(10).value, after.block(11).value]).toEqual([null, 'two'])
  expect(after.block(5).children.map(({ id }) => id)).toEqual([10, 11])
  after.dispatcher.load()
  render(after, 'e1', [row(11, 2), row(12, 3)])
  expect([after.block(11).value, after.block(12).value]).toEqual(['two', null])
})

test('a server that numbers anew finds what has the same key', () => {
  const after = page()
  after.dispatcher.load()
  render(after, 'e1', [row(10, 1), row(11, 2)])
  after.block(10).edit('one')
  after.block(11).edit('two')
  after.dispatcher.renderAgain()
  expect(after.called()).toEqual([3, 3])
  render(after, 'e2', [row(11, 1), row(12, 2), row(13, 3)])
  expect([11, 12, 13].map((id) => after.block(id).value as unknown)).toEqual(['one', 'two', null])
  expect(after.tree.get(10)).toBeUndefined()
})

test('an event that nobody knows any more is over, and nothing follows from it', () => {
  const one = page()
  one.seen(2)
  one.dispatcher.fire(3, 'click')
  one.dispatcher.abandon('e1', 'The server restarted.')
  expect(one.block(2).status).toEqual({ kind: 'failed', message: 'The server restarted.' })
  expect([one.called(), one.toasts]).toEqual([[0], []])
  one.dispatcher.fire(3, 'click')
  expect(one.called()).toEqual([0, 0])
})

// When a page is kept ------------------------------------------------------------------------------------------------

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

function keeper(cost = 0, size = 10) {
  const kept: number[] = []
  const one = new Keeper(
    () => {
      kept.push(Date.now())
      vi.setSystemTime(Date.now() + cost)
      return size
    },
    () => Date.now(),
  )
  return { one, kept }
}

test('changes in a row are kept once, shortly after', () => {
  const { one, kept } = keeper()
  for (let n = 0; n < 5; n += 1) one.later()
  expect(kept).toHaveLength(0)
  vi.advanceTimersByTime(300)
  expect(kept).toHaveLength(1)
})

test('a page that takes long to keep is kept less often', () => {
  const { one, kept } = keeper(100)
  one.now()
  one.later()
  vi.advanceTimersByTime(2900)
  expect(kept).toHaveLength(1)
  vi.advanceTimersByTime(100)
  expect(kept).toHaveLength(2)
})

test('what is sent is kept at once, unless the page is large', () => {
  const small = keeper()
  small.one.now()
  small.one.soon()
  expect(small.kept).toHaveLength(2)
  const large = keeper(0, 1_000_000)
  large.one.now()
  large.one.soon()
  expect(large.kept).toHaveLength(1)
})
