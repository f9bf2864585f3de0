import { describe, expect, test, vi } from 'vitest'
import type { Completed, Failure, Generating } from '../src/protocol/wire'
import { MOST_ROUNDS } from '../src/page/dispatch'
import { completed, output, starts } from './fake-server'
import { pageOf } from './page-of'

const click = (id: number): [number, string][] => [[id, 'click']]
const change = (...ids: number[]): [number, string][] => ids.map((id) => [id, 'change'])
const after = (id: number, kind: 'then' | 'success' | 'failure') => ({
  targets: [[null, kind]] as [null, string][],
  trigger_after: id,
  trigger_only_on_success: kind === 'success',
  trigger_only_on_failure: kind === 'failure',
})

function generating(
  event_id: string,
  data: unknown[],
  more: Partial<Generating> = {},
  states: number[] = [],
): Generating {
  return {
    msg: 'process_generating',
    event_id,
    success: true,
    time_limit: null,
    full: false,
    output: output(data, states),
    ...more,
  }
}

function failed(event_id: string, failure: Partial<Failure> = {}): Completed {
  const said: Failure = { error: 'boom', visible: true, duration: 10, title: 'Error', trace: null, ...failure }
  return { ...(completed(event_id) as Completed), success: false, output: said }
}

describe('a call', () => {
  test('takes the values of its inputs, with nothing for a State', () => {
    const { dispatcher, submits } = pageOf(
      [
        [1, 'textbox', { value: 'hi' }],
        [2, 'state'],
        [3, 'button'],
      ],
      [{ id: 0, targets: click(3), inputs: [1, 2], outputs: [2] }],
    )
    dispatcher.fire(3, 'click')
    expect(submits()).toEqual([
      {
        type: 'submit',
        event_id: 'e1',
        event: 'e0',
        data: ['hi', null],
        trigger: 3,
        event_data: null,
        round: 0,
        stream: false,
      },
    ])
  })

  test('sends all properties of an input whose function asks for them', () => {
    const { dispatcher, submits } = pageOf(
      [
        [1, 'number', { value: 3, minimum: 1 }],
        [2, 'button'],
      ],
      [{ id: 0, targets: click(2), inputs: [1], component_prop_inputs: [0] }],
    )
    dispatcher.fire(2, 'click')
    expect(submits()[0]!.data).toEqual([{ minimum: 1, value: 3 }])
  })

  test('carries what its event said', () => {
    const { dispatcher, submits } = pageOf(
      [[1, 'json']],
      [{ id: 0, targets: [[1, 'select']], collects_event_data: true }],
    )
    dispatcher.fire(1, 'select', { index: 2, value: 'x' })
    expect(submits()[0]!.event_data).toEqual({ index: 2, value: 'x' })
  })

  test('shows its values on its outputs and leaves the State alone', () => {
    const { dispatcher, block } = pageOf(
      [
        [1, 'button'],
        [2, 'textbox'],
        [3, 'state'],
      ],
      [{ id: 0, targets: click(1), outputs: [2, 3] }],
    )
    dispatcher.fire(1, 'click')
    dispatcher.hear(completed('e1', ['done', null]))
    expect(block(2).value).toBe('done')
  })

  test('changes properties where its output is an update', () => {
    const { dispatcher, block } = pageOf(
      [
        [1, 'button'],
        [2, 'textbox', { value: 'v', label: 'L' }],
      ],
      [{ id: 0, targets: click(1), outputs: [2] }],
    )
    dispatcher.fire(1, 'click')
    dispatcher.hear(completed('e1', [{ __type__: 'update', label: 'New' }]))
    expect(block(2).props.label).toBe('New')
    expect(block(2).value).toBe('v')
  })

  test('runs at load', () => {
    const { dispatcher, called } = pageOf([], [{ id: 4, targets: [[0, 'load']] }])
    dispatcher.load()
    expect(called()).toEqual([4])
  })
})

describe('a generator', () => {
  const page = () =>
    pageOf(
      [
        [1, 'button'],
        [2, 'textbox'],
        [3, 'json', { value: { a: 1 } }],
      ],
      [{ id: 0, targets: click(1), outputs: [2, 3] }],
    )

  test('starts with full values and goes on with edits', () => {
    const { dispatcher, block } = page()
    dispatcher.fire(1, 'click')
    dispatcher.hear(generating('e1', ['a', { n: 1 }]))
    dispatcher.hear(generating('e1', [[['append', [], 'b']], [['replace', ['n'], 2]]]))
    expect(block(2).value).toBe('ab')
    expect(block(3).value).toEqual({ n: 2 })
  })

  test('takes full values again when it is caught up', () => {
    const { dispatcher, block } = page()
    dispatcher.fire(1, 'click')
    dispatcher.hear(generating('e1', ['a', 1]))
    dispatcher.hear(generating('e1', ['abcdef', 9], { full: true }))
    dispatcher.hear(generating('e1', [[['append', [], 'g']], []]))
    expect(block(2).value).toBe('abcdefg')
  })

  test('leaves alone what the visitor changed in an output without edits', () => {
    const { dispatcher, block } = page()
    dispatcher.fire(1, 'click')
    dispatcher.hear(generating('e1', ['a', 1]))
    block(3).edit('mine')
    dispatcher.hear(generating('e1', [[['append', [], 'b']], []]))
    expect(block(3).value).toBe('mine')
  })

  test('an update in a step can be edited by the next', () => {
    const { dispatcher, block } = page()
    dispatcher.fire(1, 'click')
    dispatcher.hear(generating('e1', [{ __type__: 'update', value: 'a' }, 1]))
    dispatcher.hear(generating('e1', [[['append', ['value'], 'b']], []]))
    expect(block(2).value).toBe('ab')
  })
})

describe('trigger modes', () => {
  const page = (trigger_mode: 'once' | 'multiple' | 'always_last') =>
    pageOf(
      [
        [1, 'textbox', { value: 'a' }],
        [2, 'button'],
      ],
      [{ id: 0, targets: click(2), inputs: [1], trigger_mode }],
    )

  test('once: a click while it runs does nothing', () => {
    const { dispatcher, called } = page('once')
    dispatcher.fire(2, 'click')
    dispatcher.fire(2, 'click')
    expect(called()).toEqual([0])
    dispatcher.hear(completed('e1'))
    expect(called()).toEqual([0])
    dispatcher.fire(2, 'click')
    expect(called()).toEqual([0, 0])
  })

  test('multiple: each click runs', () => {
    const { dispatcher, called } = page('multiple')
    dispatcher.fire(2, 'click')
    dispatcher.fire(2, 'click')
    expect(called()).toEqual([0, 0])
  })

  test('always_last: any number of clicks while it runs is one more run, with the values of then', () => {
    const { dispatcher, submits, block } = page('always_last')
    dispatcher.fire(2, 'click')
    dispatcher.fire(2, 'click')
    dispatcher.fire(2, 'click')
    block(1).draft('b')
    dispatcher.hear(completed('e1'))
    dispatcher.hear(completed('e2'))
    expect(submits().map(({ data }) => data)).toEqual([['a'], ['b']])
  })
})

describe('chains', () => {
  const page = () =>
    pageOf(
      [[1, 'button']],
      [
        { id: 0, targets: click(1) },
        { id: 1, ...after(0, 'then') },
        { id: 2, ...after(0, 'success') },
        { id: 3, ...after(0, 'failure') },
      ],
    )

  test('go on with success and then', () => {
    const { dispatcher, called } = page()
    dispatcher.fire(1, 'click')
    dispatcher.hear(completed('e1'))
    expect(called()).toEqual([0, 2, 1])
  })

  test('go on with failure and then where it failed', () => {
    const { dispatcher, called, toasts } = page()
    dispatcher.fire(1, 'click')
    dispatcher.hear(failed('e1', { title: 'T', duration: 3 }))
    expect(called()).toEqual([0, 3, 1])
    expect(toasts).toEqual([{ level: 'error', message: 'boom', more: { title: 'T', duration: 3 } }])
  })

  test('do not take a cancelled event for a success', () => {
    const { dispatcher, called, toasts } = page()
    dispatcher.fire(1, 'click')
    dispatcher.hear({ ...(completed('e1') as Completed), cancelled: true, output: null })
    expect(called()).toEqual([0, 3, 1])
    expect(toasts).toEqual([])
  })

  test('the next step starts with the values of the one before', () => {
    const { dispatcher, submits } = pageOf(
      [
        [1, 'button'],
        [2, 'textbox'],
      ],
      [
        { id: 0, targets: click(1), outputs: [2] },
        { id: 1, ...after(0, 'then'), inputs: [2] },
      ],
    )
    dispatcher.fire(1, 'click')
    dispatcher.hear(completed('e1', ['mid']))
    expect(submits()[1]!.data).toEqual(['mid'])
  })
})

describe('changes of State', () => {
  test('R3.1: a listener to several changed States runs once', () => {
    const { dispatcher, submits } = pageOf(
      [
        [1, 'button'],
        [2, 'state'],
        [3, 'state'],
      ],
      [
        { id: 0, targets: click(1), outputs: [2, 3] },
        { id: 1, targets: change(2, 3), trigger_mode: 'multiple' },
      ],
    )
    dispatcher.fire(1, 'click')
    dispatcher.hear(completed('e1', [null, null], [2, 3]))
    expect(submits().slice(1)).toMatchObject([{ event: 'e1', trigger: 2, round: 1 }])
  })

  test('R3.3: each step of a generator counts', () => {
    const { dispatcher, called } = pageOf(
      [
        [1, 'button'],
        [2, 'state'],
      ],
      [
        { id: 0, targets: click(1), outputs: [2] },
        { id: 1, targets: change(2), trigger_mode: 'multiple' },
      ],
    )
    dispatcher.fire(1, 'click')
    dispatcher.hear(generating('e1', [null], {}, [2]))
    dispatcher.hear(generating('e1', [[]], {}, [2]))
    dispatcher.hear(completed('e1', [null]))
    expect(called()).toEqual([0, 1, 1])
  })

  test('R3.4: a triggered listener reads what the step wrote', () => {
    const { dispatcher, submits } = pageOf(
      [
        [1, 'button'],
        [2, 'state'],
        [3, 'textbox'],
      ],
      [
        { id: 0, targets: click(1), outputs: [2, 3] },
        { id: 1, targets: change(2), inputs: [3] },
      ],
    )
    dispatcher.fire(1, 'click')
    dispatcher.hear(completed('e1', [null, 'visible'], [2]))
    expect(submits()[1]!.data).toEqual(['visible'])
  })

  test('R3.3: a change from elsewhere runs the listener', () => {
    const { dispatcher, called } = pageOf([[2, 'state']], [{ id: 1, targets: change(2) }])
    dispatcher.hear({ msg: 'state_changed', ids: [2], event_id: null })
    expect(called()).toEqual([1])
  })

  test('R3.5: a chain that never settles stops and names its States', () => {
    const { dispatcher, submits, toasts } = pageOf(
      [
        [1, 'button'],
        [2, 'state', { key: 'cart' }],
      ],
      [
        { id: 0, targets: click(1), outputs: [2] },
        { id: 1, targets: change(2), outputs: [2], trigger_mode: 'always_last' },
      ],
    )
    dispatcher.fire(1, 'click')
    for (let n = 1; n <= MOST_ROUNDS + 20; n += 1) dispatcher.hear(completed(`e${n}`, [null], [2]))
    expect(submits()).toHaveLength(MOST_ROUNDS + 1)
    expect(submits().at(-1)!.round).toBe(MOST_ROUNDS)
    expect(toasts.map(({ message }) => message)).toEqual([expect.stringContaining('State “cart”')])
  })

  test('success, changes, then: in this order', () => {
    const { dispatcher, called } = pageOf(
      [
        [1, 'button'],
        [2, 'state'],
      ],
      [
        { id: 0, targets: click(1), outputs: [2] },
        { id: 1, ...after(0, 'then') },
        { id: 2, targets: change(2) },
        { id: 3, ...after(0, 'success') },
      ],
    )
    dispatcher.fire(1, 'click')
    dispatcher.hear(completed('e1', [null], [2]))
    expect(called()).toEqual([0, 3, 2, 1])
  })
})

describe('changes of components', () => {
  const page = () =>
    pageOf(
      [
        [1, 'button'],
        [2, 'json', { value: [1] }],
      ],
      [
        { id: 0, targets: click(1), outputs: [2] },
        { id: 1, targets: change(2) },
        { id: 2, targets: [[2, 'input']] },
      ],
    )

  test('an output with another value fires change, and no input', () => {
    const { dispatcher, called } = page()
    dispatcher.fire(1, 'click')
    dispatcher.hear(completed('e1', [[2]]))
    expect(called()).toEqual([0, 1])
  })

  test('an output with an equal value fires nothing', () => {
    const { dispatcher, called } = page()
    dispatcher.fire(1, 'click')
    dispatcher.hear(completed('e1', [[1]]))
    expect(called()).toEqual([0])
  })

  test('what the visitor enters fires change and input', () => {
    const { block, called } = page()
    block(2).edit([5])
    expect(called()).toEqual([1, 2])
  })
})

describe('scripts', () => {
  test('run before the function and give it its inputs', async () => {
    const { dispatcher, submits, sent } = pageOf(
      [
        [1, 'button'],
        [2, 'textbox', { value: 'a' }],
        [3, 'state'],
      ],
      [{ id: 0, targets: click(1), inputs: [2, 3], js: '(text) => [text + "!", 7]' }],
    )
    dispatcher.fire(1, 'click')
    await expect.poll(() => sent.length).toBe(1)
    expect(submits()[0]!.data).toEqual(['a!', null])
  })

  test('alone, write the outputs and go on with the chain', async () => {
    const { dispatcher, called, block } = pageOf(
      [
        [1, 'button'],
        [2, 'textbox', { value: 'a' }],
      ],
      [
        { id: 0, targets: click(1), inputs: [2], outputs: [2], backend_fn: false, js: 'async (text) => text + "b"' },
        { id: 1, ...after(0, 'then') },
      ],
    )
    dispatcher.fire(1, 'click')
    await expect.poll(() => block(2).value as string).toBe('ab')
    expect(called()).toEqual([1])
  })

  test('one that throws says so and fails the call', async () => {
    const logged = vi.spyOn(console, 'error').mockImplementation(() => undefined)
    const { dispatcher, called, toasts } = pageOf(
      [[1, 'button']],
      [
        { id: 0, targets: click(1), js: '() => { throw new Error("no") }' },
        { id: 1, ...after(0, 'failure') },
      ],
    )
    dispatcher.fire(1, 'click')
    await expect.poll(() => toasts.length).toBe(1)
    expect(toasts[0]!.message).toContain('no')
    expect(called()).toEqual([1])
    expect(logged).toHaveBeenCalledOnce()
    logged.mockRestore()
  })
})

describe('status', () => {
  test('goes from waiting with a place to running to idle', () => {
    const { dispatcher, block, wait } = pageOf(
      [
        [1, 'button'],
        [2, 'textbox'],
      ],
      [{ id: 0, targets: click(1), outputs: [2], show_progress: 'minimal' }],
    )
    dispatcher.fire(1, 'click')
    expect(block(2).status.kind).toBe('waiting')
    expect(block(2).tracker).toBe('minimal')
    dispatcher.hear({ msg: 'estimation', event_id: 'e1', rank: 2, queue_size: 3, rank_eta: 4, waiting_for: 'queue' })
    expect(block(2).status).toMatchObject({ kind: 'waiting', rank: 2, size: 3 })
    wait(100)
    dispatcher.hear(starts('e1'))
    expect(block(2).status).toMatchObject({ kind: 'running', since: 100 })
    dispatcher.hear(completed('e1', ['x']))
    expect(block(2).status.kind).toBe('idle')
  })

  test('stays on an output that another event still writes', () => {
    const { dispatcher, block } = pageOf(
      [
        [1, 'button'],
        [2, 'textbox'],
      ],
      [{ id: 0, targets: click(1), outputs: [2], trigger_mode: 'multiple' }],
    )
    dispatcher.fire(1, 'click')
    dispatcher.fire(1, 'click')
    dispatcher.hear(completed('e2', ['x']))
    expect(block(2).status.kind).toBe('waiting')
    dispatcher.hear(completed('e1', ['y']))
    expect(block(2).status.kind).toBe('idle')
  })

  test('a failure stays until the next event', () => {
    const { dispatcher, block, seen } = pageOf(
      [
        [1, 'button'],
        [2, 'textbox'],
      ],
      [{ id: 0, targets: click(1), outputs: [2] }],
    )
    seen(2)
    dispatcher.fire(1, 'click')
    dispatcher.hear(failed('e1'))
    expect(block(2).status).toMatchObject({ kind: 'failed', message: 'boom' })
    dispatcher.fire(1, 'click')
    expect(block(2).status.kind).toBe('waiting')
  })

  describe('is said in one place', () => {
    const page = () =>
      pageOf(
        [
          [1, 'button'],
          [2, 'textbox'],
          [3, 'json'],
          [4, 'label'],
        ],
        [{ id: 0, targets: click(1), outputs: [2, 3, 4] }],
      )

    test('the first output that is seen', () => {
      const { dispatcher, block, seen, toasts } = page()
      seen(3)
      seen(4)
      dispatcher.fire(1, 'click')
      expect([2, 3, 4].map((id) => block(id).tracker)).toEqual(['hidden', 'full', 'hidden'])
      dispatcher.hear(failed('e1'))
      expect([2, 3, 4].map((id) => block(id).status.kind)).toEqual(['idle', 'failed', 'idle'])
      expect(toasts).toEqual([])
    })

    test('a toast where no output is in sight', () => {
      const { dispatcher, block, seen, toasts } = page()
      seen(3, false)
      dispatcher.fire(1, 'click')
      dispatcher.hear(failed('e1'))
      expect([2, 3, 4].map((id) => block(id).status.kind)).toEqual(['idle', 'idle', 'idle'])
      expect(toasts.map(({ message }) => message)).toEqual(['boom'])
    })

    test('and can be tried again from there', () => {
      const { dispatcher, block, seen, called } = page()
      seen(2)
      dispatcher.fire(1, 'click')
      dispatcher.hear(failed('e1'))
      const { status } = block(2)
      if (status.kind === 'failed') status.again?.()
      expect(called()).toEqual([0, 0])
      expect(block(2).status.kind).toBe('waiting')
    })
  })

  test('the button that was pressed shows that it runs, and whether it can be pressed again', () => {
    const { dispatcher, block } = pageOf(
      [
        [1, 'button'],
        [2, 'textbox'],
      ],
      [
        { id: 0, targets: click(1), outputs: [2] },
        { id: 1, targets: click(1), outputs: [], trigger_mode: 'multiple' },
      ],
    )
    dispatcher.fire(1, 'click')
    expect([block(1).working, block(1).blocked]).toEqual([true, false])
    dispatcher.hear(completed('e2', []))
    dispatcher.hear(completed('e1', ['x']))
    expect([block(1).working, block(1).blocked]).toEqual([false, false])
  })

  test('a button whose events start one at a time says so', () => {
    const { dispatcher, block } = pageOf(
      [
        [1, 'button'],
        [2, 'textbox'],
      ],
      [{ id: 0, targets: click(1), outputs: [2] }],
    )
    dispatcher.fire(1, 'click')
    expect([block(1).working, block(1).blocked]).toEqual([true, true])
    dispatcher.hear(completed('e1', ['x']))
    expect([block(1).working, block(1).blocked]).toEqual([false, false])
  })

  test('is shown elsewhere where its author says so', () => {
    const { dispatcher, block } = pageOf(
      [
        [1, 'button'],
        [2, 'textbox'],
        [3, 'json'],
      ],
      [{ id: 0, targets: click(1), outputs: [2], show_progress_on: [3] }],
    )
    dispatcher.fire(1, 'click')
    expect([block(2).tracker, block(3).tracker]).toEqual(['hidden', 'full'])
  })
})

describe('refusals', () => {
  const page = () =>
    pageOf(
      [
        [1, 'button'],
        [2, 'textbox'],
        [3, 'number'],
      ],
      [
        { id: 0, targets: click(1), inputs: [2, 3] },
        { id: 1, ...after(0, 'failure') },
      ],
    )

  test('of a validator stand at the inputs and go with the next call', () => {
    const { dispatcher, block, toasts } = page()
    dispatcher.fire(1, 'click')
    const detail = [
      { __type__: 'validate', is_valid: false, message: 'too short', parameter_name: 'x' },
      { __type__: 'validate', is_valid: true, message: '', parameter_name: 'y' },
    ]
    dispatcher.refuse({ type: 'refused', event_id: 'e1', status: 422, detail })
    expect([block(2).invalid, block(3).invalid]).toEqual(['too short', null])
    expect(toasts).toEqual([])
    dispatcher.fire(1, 'click')
    expect(block(2).invalid).toBeNull()
  })

  test('of a full queue say that the app is busy', () => {
    const { dispatcher, toasts, called } = page()
    dispatcher.fire(1, 'click')
    dispatcher.refuse({
      type: 'refused',
      event_id: 'e1',
      status: 503,
      detail: 'Queue is full. Max size is 3 and size is 3.',
    })
    expect(toasts[0]!.message).toBe('This application is currently busy. Please try again. ')
    expect(called()).toEqual([0, 1])
  })
})

describe('cancelling', () => {
  test('stops the running events of the listeners named, and the timers that start them', () => {
    const { dispatcher, sent, block } = pageOf(
      [
        [1, 'button'],
        [2, 'button'],
        [3, 'timer', { active: true }],
      ],
      [
        {
          id: 0,
          targets: [
            [1, 'click'],
            [3, 'tick'],
          ],
        },
        { id: 1, targets: click(2), backend_fn: false, queue: false, cancels: [0] },
      ],
    )
    dispatcher.fire(1, 'click')
    dispatcher.fire(2, 'click')
    expect(sent.at(-1)).toEqual({ type: 'cancel', event_ids: ['e1'] })
    expect(block(3).props.active).toBe(false)
  })

  test('a block can stop what writes it', () => {
    const { dispatcher, sent, block } = pageOf(
      [
        [1, 'button'],
        [2, 'chatbot'],
      ],
      [{ id: 0, targets: click(1), outputs: [2] }],
    )
    dispatcher.fire(1, 'click')
    block(2).cancel()
    expect(sent.at(-1)).toEqual({ type: 'cancel', event_ids: ['e1'] })
  })
})

describe('renders', () => {
  const config = (ids: number[], more: Record<string, unknown> = {}) => ({
    render_id: 7,
    components: [
      { id: 10, type: 'column', props: {}, renderable: 7 },
      ...ids.map((id) => ({ id, type: 'textbox', props: { value: `v${id}` }, renderable: 7, ...more })),
    ],
    dependencies: [{ id: 50 + ids[0]!, targets: [[ids[0]!, 'change']] as [number, string][], rendered_in: 7 }],
    layout: { id: 10, children: ids.map((id) => ({ id })) },
  })
  const page = () =>
    pageOf(
      [
        [1, 'button'],
        [10, 'column'],
      ],
      [{ id: 0, targets: click(1), outputs: [10], render_id: 7 }],
    )
  const rendered = (n: number, ids: number[], more = {}) => {
    const message = completed(`e${n}`, [null]) as Completed
    return { ...message, output: { ...output([null]), render_config: config(ids, more) } }
  }

  test('put what they built in place of what was there', () => {
    const { dispatcher, tree, listeners } = page()
    dispatcher.fire(1, 'click')
    dispatcher.hear(rendered(1, [20, 21]))
    expect(tree.get(10)!.children.map(({ id }) => id)).toEqual([20, 21])
    expect(listeners.of(20, 'change')).toHaveLength(1)
    dispatcher.fire(1, 'click')
    dispatcher.hear(rendered(2, [30]))
    expect(tree.get(10)!.children.map(({ id }) => id)).toEqual([30])
    expect(tree.get(20)).toBeUndefined()
    expect(listeners.get(70)).toBeUndefined()
  })

  test('R5.4: keep the value of a component with a key, and nothing of one without', () => {
    const { dispatcher, tree } = page()
    dispatcher.fire(1, 'click')
    dispatcher.hear(rendered(1, [20], { key: 'k' }))
    tree.get(20)!.edit('mine')
    dispatcher.fire(1, 'click')
    dispatcher.hear(rendered(3, [20], { key: 'k' }))
    expect(tree.get(20)!.value).toBe('mine')
    dispatcher.fire(1, 'click')
    dispatcher.hear(rendered(4, [20]))
    expect(tree.get(20)!.value).toBe('v20')
  })

  test('R6.8: a call that waits for them after a restart goes on with what they build then', () => {
    const { dispatcher, block, rebuilt, submits } = page()
    const built = (n: number, ids: number[]) => {
      const message = rendered(n, ids)
      const [button, out] = ids as [number, number]
      const dependency = { id: 50 + button, event: 'row', targets: click(button), outputs: [out], rendered_in: 7 }
      return {
        ...message,
        output: { ...message.output, render_config: { ...config(ids), dependencies: [dependency] } },
      }
    }
    dispatcher.fire(1, 'click')
    dispatcher.hear(built(1, [20, 21]))
    dispatcher.fire(20, 'click')
    dispatcher.renderAgain()
    expect(rebuilt).toEqual([])
    dispatcher.hear(built(3, [30, 31]))
    expect(rebuilt.map((update) => update(submits()[1]!).trigger)).toEqual([30])
    expect(block(31).status.kind).toBe('waiting')
    dispatcher.hear(completed('e2', ['done']))
    expect(block(31).value).toBe('done')
    expect(block(31).status.kind).toBe('idle')
    dispatcher.fire(30, 'click')
    expect(submits().at(-1)).toMatchObject({ event: 'row', trigger: 30 })
  })

  test('R6.8: a render that fails after a restart holds nothing back', () => {
    const { dispatcher, rebuilt } = page()
    dispatcher.fire(1, 'click')
    dispatcher.hear(rendered(1, [20]))
    dispatcher.renderAgain()
    dispatcher.hear(failed('e2'))
    expect(rebuilt).toHaveLength(1)
  })

  test('R6.8: a page without renders waits for nothing after a restart', () => {
    const { dispatcher, rebuilt } = page()
    dispatcher.renderAgain()
    expect(rebuilt).toHaveLength(1)
  })
})
