import { flushSync, mount, unmount } from 'svelte'
import { vi } from 'vitest'
import Timer from '../src/components/timer/Timer.svelte'
import type { Block, Services } from '../src/page/block.svelte'
import { dependencyOf, type ComponentEntry, type Dependency, type RenderConfig } from '../src/page/config'
import { Dispatcher } from '../src/page/dispatch'
import { Listeners } from '../src/page/listeners'
import { Tree } from '../src/page/tree'
import type { FeedMessage, FromPage } from '../src/protocol/wire'
import { completed, output, starts } from './fake-server'

interface BlockCase {
  type: string
  props?: Record<string, unknown>
  key?: string
}

interface ListenerCase {
  on: string[]
  inputs?: string[]
  outputs?: string[]
  function?: boolean
  js?: string
  queue?: boolean
  trigger_mode?: Dependency['trigger_mode']
  cancels?: string[]
  properties_of?: number[]
  renders?: boolean
}

interface Parts {
  blocks: Record<string, BlockCase>
  listeners?: Record<string, ListenerCase>
}

interface Frame {
  submit?: string
  event?: string
  data?: unknown[] | null
  trigger?: string | null
  event_data?: unknown
  round?: number
  stream?: boolean
  cancel?: string[]
  chunk?: string
}

export interface Step {
  load?: true
  fire?: [block: string, event: string, data?: unknown]
  edit?: [block: string, value: unknown]
  wait?: number
  starts?: string
  generates?: string
  streams?: string
  completes?: string
  loops?: string
  times?: number
  fails?: string
  stops?: string
  refuses?: string
  logs?: string
  changes?: string[]
  data?: unknown[]
  full?: boolean
  changed?: string[]
  render?: Parts
  error?: string | null
  visible?: boolean
  title?: string
  status?: number
  detail?: unknown
  level?: 'info' | 'warning' | 'success' | 'error'
  message?: string
  frames?: Frame[]
  toasts?: [level: string, message: string, title: string | null][]
  values?: Record<string, unknown>
  props?: Record<string, Record<string, unknown>>
  invalid?: Record<string, string | null>
  missing?: string[]
}

export interface PageCase extends Parts {
  name: string
  scripts?: Record<string, string>
  script: Step[]
}

/** Everything that a step says of the page afterwards. */
export interface Seen {
  frames: unknown[]
  toasts: unknown[]
  values: Record<string, unknown>
  props: Record<string, Record<string, unknown>>
  invalid: Record<string, unknown>
  missing: string[]
}

/** A page without a server, for the cases of `tests/page_cases`. */
export class CasePage {
  readonly #ids = new Map<string, number>([['page', 0]])
  readonly #dispatcher: Dispatcher
  readonly #tree: Tree
  readonly #timers: ReturnType<typeof mount>[] = []
  /** Where renders put what they build, by the names of their listeners. */
  readonly #containers = new Map<string, number>()
  /** Names of the listeners of calls. */
  readonly #called = new Map<string, string>()
  #frames: FromPage[] = []
  #toasts: unknown[] = []
  #calls = 0

  constructor(given: PageCase) {
    const entries = this.#components(given.blocks)
    const dependencies = this.#dependencies(given.listeners ?? {})
    for (const [name, id] of this.#containers) entries.push({ id, type: 'column', props: { name } })
    const listeners = new Listeners(dependencies.map(dependencyOf))
    const services: Services = {
      fire: (block, event, data) => this.#dispatcher.fire(block.id, event, data),
      listens: (block, event) => listeners.of(block.id, event).length > 0,
      takesInput: (block) => listeners.takesInput(block.id),
      upload: () => Promise.resolve([]),
      server: () => Promise.resolve(null),
      url: ({ path }) => path,
      toast: (level, message) => void this.#toasts.push([level, message, null]),
      cancel: (block) => this.#dispatcher.cancelWriters(block.id),
    }
    this.#tree = new Tree(entries, { id: 0, children: entries.map(({ id }) => ({ id })) }, services)
    this.#dispatcher = new Dispatcher(this.#tree, listeners, {
      send: (frame) => void this.#frames.push(frame),
      rebuilt: () => undefined,
      toast: (level, message, more) => void this.#toasts.push([level, message, more?.title ?? null]),
      settled: () => Promise.resolve(),
      scrollTo: () => undefined,
      now: () => performance.now(),
      newId: () => `e${(this.#calls += 1)}`,
    })
    for (const { id, type } of entries) {
      if (type === 'timer')
        this.#timers.push(mount(Timer, { target: document.body, props: { node: this.#tree.get(id)! } }))
    }
    this.#show()
  }

  async close(): Promise<void> {
    for (const timer of this.#timers) await unmount(timer)
  }

  /** Does what a step says, and gives what has become of it, as far as the step asks. */
  async run(step: Step): Promise<Seen> {
    for (let n = 1; n < (step.times ?? 1); n += 1) this.#act(step, n - 1)
    this.#frames = []
    this.#toasts = []
    if (step.wait !== undefined) await vi.advanceTimersByTimeAsync(step.wait * 1000)
    else this.#act(step, (step.times ?? 1) - 1)
    this.#show()
    await vi.advanceTimersByTimeAsync(0)
    const block = (name: string): Block | undefined => this.#tree.get(this.#id(name))
    const names = (given: object | undefined): string[] => Object.keys(given ?? {})
    return {
      frames: this.#frames.map((frame) => this.#written(frame)),
      toasts: this.#toasts,
      values: Object.fromEntries(names(step.values).map((name) => [name, this.#shown(block(name))])),
      props: Object.fromEntries(
        names(step.props).map((name) => {
          const props = block(name)?.props ?? {}
          return [name, Object.fromEntries(names(step.props![name]).map((one) => [one, props[one]]))]
        }),
      ),
      invalid: Object.fromEntries(names(step.invalid).map((name) => [name, block(name)?.invalid])),
      missing: (step.missing ?? []).filter((name) => block(name) === undefined),
    }
  }

  #act(step: Step, round: number): void {
    const dispatcher = this.#dispatcher
    if (step.load) dispatcher.load()
    else if (step.fire) this.#tree.get(this.#id(step.fire[0]))!.dispatch(step.fire[1], step.fire[2])
    else if (step.edit) this.#tree.get(this.#id(step.edit[0]))!.edit(step.edit[1])
    else if (step.refuses !== undefined) {
      dispatcher.refuse({ type: 'refused', event_id: step.refuses, status: step.status!, detail: step.detail })
    } else dispatcher.hear(this.#message(step, round))
  }

  #message(step: Step, round: number): FeedMessage {
    const { data = [], changed = [], full = false } = step
    const said = {
      ...output(
        data,
        changed.map((name) => this.#id(name)),
      ),
    }
    const generated = { success: true, time_limit: null, output: said }
    if (step.starts) return starts(step.starts)
    if (step.changes) return { msg: 'state_changed', ids: step.changes.map((name) => this.#id(name)), event_id: null }
    if (step.generates) return { msg: 'process_generating', event_id: step.generates, full, ...generated }
    if (step.streams) return { msg: 'process_streaming', event_id: step.streams, ...generated }
    if (step.logs) {
      const { level = 'info', message = '', title = '', visible = true } = step
      return { msg: 'log', event_id: step.logs, level, log: message, title, visible, duration: 10 }
    }
    const call = step.loops ? `e${Number(step.loops.slice(1)) + round}` : (step.completes ?? step.fails ?? step.stops)
    if (call === undefined) throw new Error(`This step has no action: ${JSON.stringify(step)}`)
    const end = completed(call) as Extract<FeedMessage, { msg: 'process_completed' }>
    if (step.stops) return { ...end, cancelled: true, output: null }
    if (step.fails) {
      const { error = null, visible = true, title = 'Error' } = step
      return { ...end, success: false, title, output: { error, visible, title, duration: 10, trace: null } }
    }
    const rendered = step.render ? this.#rendered(call, step.render) : null
    return { ...end, output: { ...said, render_config: rendered as unknown as Record<string, unknown> | null } }
  }

  #rendered(call: string, parts: Parts): RenderConfig {
    const id = this.#containers.get(this.#called.get(call)!)!
    const components = this.#components(parts.blocks).map((entry) => ({ ...entry, renderable: id }))
    return {
      render_id: id,
      components: [{ id, type: 'column', props: {}, renderable: id }, ...components],
      dependencies: this.#dependencies(parts.listeners ?? {}, id),
      layout: { id, children: components.map((entry) => ({ id: entry.id })) },
    }
  }

  #id(name: string): number {
    if (!this.#ids.has(name)) this.#ids.set(name, this.#ids.size)
    return this.#ids.get(name)!
  }

  #name(id: number | null | undefined): string | null {
    return [...this.#ids].find(([, one]) => one === id)?.[0] ?? null
  }

  #components(given: Record<string, BlockCase>): ComponentEntry[] {
    return Object.entries(given).map(([name, { type, props = {}, key = null }]) => ({
      id: this.#id(name),
      type,
      props,
      key,
    }))
  }

  #dependencies(
    given: Record<string, ListenerCase>,
    renderedIn: number | null = null,
  ): (Partial<Dependency> & { id: number })[] {
    return Object.entries(given).map(([name, one]) => {
      const triggers = one.on.map((trigger) => trigger.split('.') as [string, string])
      const after = triggers.find(([, event]) => event === 'then' || event === 'success' || event === 'failure')
      if (one.renders) this.#containers.set(name, this.#id(`what ${name} renders`))
      const container = this.#containers.get(name)
      return {
        id: this.#id(`listener ${name}`),
        event: name,
        targets: triggers.map(([of, event]): [number | null, string] => [after ? null : this.#id(of), event]),
        inputs: (one.inputs ?? []).map((input) => this.#id(input)),
        outputs: container === undefined ? (one.outputs ?? []).map((block) => this.#id(block)) : [container],
        backend_fn: one.function ?? true,
        js: one.js ?? null,
        queue: one.queue ?? true,
        trigger_mode: one.trigger_mode ?? 'once',
        cancels: (one.cancels ?? []).map((other) => this.#id(`listener ${other}`)),
        component_prop_inputs: one.properties_of ?? [],
        trigger_after: after ? this.#id(`listener ${after[0]}`) : null,
        trigger_only_on_success: after?.[1] === 'success',
        trigger_only_on_failure: after?.[1] === 'failure',
        connection: triggers.some(([, event]) => event === 'stream') ? 'stream' : 'sse',
        render_id: container ?? null,
        rendered_in: renderedIn,
      }
    })
  }

  /** Puts blocks on the page, below what the visitor sees of it. */
  #show(): void {
    flushSync()
    for (const block of this.#tree.blocks.values()) {
      const place = { top: innerHeight + 100, bottom: innerHeight + 140 }
      const element = {
        classList: { contains: () => false },
        checkVisibility: () => true,
        getBoundingClientRect: () => place,
      }
      block.element = block.props.visible === false ? null : (element as unknown as HTMLElement)
    }
  }

  #shown(block: Block | undefined): unknown {
    return block?.type === 'textbox' && block.element ? (block.value ?? '') : block?.value
  }

  #written(frame: FromPage): Frame {
    if (frame.type === 'submit') {
      this.#called.set(frame.event_id, frame.event)
      const { event_id, event, data, trigger, event_data, round = 0, stream = false } = frame
      return filled({ submit: event_id, event, data, trigger: this.#name(trigger), event_data, round, stream })
    }
    if (frame.type === 'cancel') return { cancel: frame.event_ids }
    if (frame.type === 'chunk')
      return filled({ chunk: frame.event_id, data: frame.data ?? null, event_data: frame.event_data ?? null })
    throw new Error(`A page sends no ${frame.type} because of an event.`)
  }
}

/** A frame with what a case leaves out. */
export function filled(frame: Frame): Frame {
  if (frame.submit !== undefined)
    return { data: [], trigger: null, event_data: null, round: 0, stream: false, ...frame }
  return frame.chunk === undefined ? frame : { data: [], event_data: null, ...frame }
}
