import { applyEdits } from '../protocol/edits'
import type { Completed, Edit, FeedMessage, FromPage, Output, Refused } from '../protocol/wire'
import type { Block } from './block.svelte'
import type { Dependency, RenderConfig } from './config'
import { Gate, type Cause } from './gate'
import type { Listeners } from './listeners'
import type { Kept, KeptRender } from './memory'
import type { Failed, Status } from './node'
import { inSight, placeOf } from './place'
import { failureText, statusAfter } from './progress'
import { runScript } from './script'
import type { Tree } from './tree'

/** Changes in a row after which a chain counts as one that never settles. */
export const MOST_ROUNDS = 100

/** A call that was sent and has not ended, as it is kept. */
export interface KeptRun {
  id: string
  event: string
  cause: Cause
  last: unknown[] | null
  status: Status
  /** Milliseconds since it is in this status. */
  ago: number
}

/** A call of a listener that has not ended. */
interface Run {
  readonly id: string
  readonly dependency: Dependency
  readonly cause: Cause
  /** Values of its outputs after its last step, as the server sent them; edits apply to these. */
  last: unknown[] | null
  status: Status
  /** It has been sent to the server. */
  sent: boolean
  /** The block that says how it goes. */
  place?: Block | null
}

/** What the dispatcher needs of the page around it. */
export interface Surroundings {
  send(frame: FromPage): void
  toast(level: 'info' | 'warning' | 'success' | 'error', message: string, more?: ToastOptions): void
  /** The blocks are on the page as their values say. */
  settled(): Promise<void>
  scrollTo(block: Block): void
  now(): number
  newId(): string
}

export interface ToastOptions {
  title?: string | null
  duration?: number | null
}

const act = (trigger: number | null, data: unknown): Cause => ({ trigger, data, round: 0, trail: [] })

/** Turns events into calls, and what the server says of them into values, statuses and further events. */
export class Dispatcher {
  readonly #tree: Tree
  readonly #listeners: Listeners
  readonly #around: Surroundings
  readonly #gate = new Gate()
  readonly #runs = new Map<string, Run>()
  #stopped = false
  #outdated = false

  constructor(tree: Tree, listeners: Listeners, around: Surroundings) {
    this.#tree = tree
    this.#listeners = listeners
    this.#around = around
  }

  /** An act of the visitor, or of the page itself. */
  fire(id: number | null, event: string, data?: unknown): void {
    this.#stopped = false
    for (const dependency of this.#listeners.of(id, event)) this.trigger(dependency, act(id, data ?? null))
    if (event === 'stop_recording' || event === 'clear') this.#endStreams(id)
  }

  /** The page is loaded; `known`: listeners of the load that have run for the page that this one goes on with. */
  load(known = new Set<string>()): void {
    for (const dependency of this.#listeners.loads()) {
      if (dependency.render_id !== null || !known.has(dependency.event))
        this.trigger(dependency, act(loadTarget(dependency), null))
    }
  }

  /** Another version of the program runs at the server: numbers of blocks in its messages mean something else there. */
  set outdated(outdated: boolean) {
    this.#outdated = outdated
  }

  trigger(dependency: Dependency, cause: Cause): void {
    if (cause.round > MOST_ROUNDS) {
      this.#stop(cause)
      return
    }
    if (dependency.connection === 'stream' && this.#feedStream(dependency, cause)) return
    if (!this.#gate.enter(dependency, cause)) return
    this.#cancelListeners(dependency.cancels)
    const run: Run = { id: this.#around.newId(), dependency, cause, last: null, status: { kind: 'idle' }, sent: false }
    this.#runs.set(run.id, run)
    const scripted = typeof dependency.js === 'string' || dependency.js_implementation !== null
    if (scripted) void this.#scripted(run)
    else if (dependency.backend_fn) this.#submit(run, this.#inputs(dependency))
    else this.#end(run, true, [])
  }

  #stop(cause: Cause): void {
    if (this.#stopped) return
    this.#stopped = true
    const names = [...new Set(cause.trail)].map((id) => this.#nameOf(id)).join(', ')
    const message = `Stopped after ${MOST_ROUNDS} changes in a row: ${names} kept changing and never settled.`
    this.#around.toast('error', message)
  }

  #nameOf(id: number): string {
    const block = this.#tree.get(id)
    if (block?.type !== 'state') return block?.name ?? `block ${id}`
    return typeof block.props.key === 'string' ? `State “${block.props.key}”` : `State ${id}`
  }

  #inputs(dependency: Dependency): unknown[] {
    return dependency.inputs.map((id, index) => {
      const block = this.#tree.get(id)
      if (!block || block.type === 'state') return null
      // A text field that nobody has filled in holds the empty text; one that is not on the page holds nothing.
      const value = block.type === 'textbox' && block.element ? (block.value ?? '') : block.value
      return dependency.component_prop_inputs.includes(index) ? { ...block.props, value } : value
    })
  }

  async #scripted(run: Run): Promise<void> {
    const { dependency } = run
    await this.#around.settled()
    try {
      const outputs = dependency.outputs.map((id) => this.#tree.get(id)?.value ?? null)
      const result = await runScript(dependency, this.#inputs(dependency), outputs)
      if (!this.#runs.has(run.id)) return
      if (dependency.backend_fn) this.#submit(run, this.#withoutStates(dependency, result ?? []))
      else this.#end(run, true, this.#apply(dependency, result ?? []))
    } catch (error) {
      console.error(error)
      this.#around.toast(
        'error',
        `A script of this app failed: ${error instanceof Error ? error.message : String(error)}`,
      )
      this.#end(run, false, [])
    }
  }

  #withoutStates(dependency: Dependency, data: unknown[]): unknown[] {
    return data.map((value, index) => (this.#tree.get(dependency.inputs[index] ?? -1)?.type === 'state' ? null : value))
  }

  #submit(run: Run, data: unknown[]): void {
    const { dependency, cause } = run
    for (const id of dependency.inputs) this.#clearInvalid(id)
    run.sent = true
    this.#show(run, { kind: 'waiting', rank: null, size: 0, eta: null, for: 'queue', since: this.#around.now() })
    this.#around.send({
      type: 'submit',
      event_id: run.id,
      event: dependency.event,
      data,
      trigger: cause.trigger,
      event_data: cause.data ?? null,
      round: cause.round,
      stream: dependency.connection === 'stream',
    })
  }

  #clearInvalid(id: number): void {
    const block = this.#tree.get(id)
    if (block?.invalid != null) block.invalid = null
  }

  #feedStream(dependency: Dependency, cause: Cause): boolean {
    const run = [...this.#runs.values()].find((one) => one.dependency === dependency)
    if (!run) return false
    const data = this.#inputs(dependency)
    this.#around.send({ type: 'chunk', event_id: run.id, data, event_data: cause.data ?? null })
    return true
  }

  /** A `stream` source stopped: its running events get no more. */
  #endStreams(id: number | null): void {
    for (const run of this.#runs.values()) {
      const streams = run.dependency.connection === 'stream' && run.dependency.targets.some(([one]) => one === id)
      if (streams) this.#around.send({ type: 'chunk', event_id: run.id, data: null })
    }
  }

  // What the server says ---------------------------------------------------------------------------------------

  hear(message: FeedMessage): void {
    if (message.msg === 'state_changed') {
      this.#changed(this.#outdated ? [] : message.ids, act(null, null))
      return
    }
    const run = message.event_id === null ? undefined : this.#runs.get(message.event_id)
    if (message.msg === 'log' && message.visible) {
      this.#around.toast(message.level, message.log, { title: message.title || null, duration: message.duration })
    }
    if (!run) return
    if (message.msg === 'process_completed') {
      this.#completed(run, message)
      return
    }
    this.#show(run, statusAfter(run.status, message, this.#around.now()))
    if (message.msg === 'process_generating' || message.msg === 'process_streaming') {
      const changed = this.#step(run, message.output, message.msg === 'process_generating' && !message.full)
      this.#changed([...this.#changedStates(message.output), ...changed], run.cause)
    }
  }

  #changedStates({ changed_state_ids }: Output): number[] {
    return this.#outdated ? [] : (changed_state_ids ?? [])
  }

  /** Applies one step's output; gives the ids of components whose value is another one. */
  #step(run: Run, output: Output, mayBeEdits: boolean): number[] {
    const edits = mayBeEdits && run.last !== null
    const before = run.last
    const data = output.data ?? []
    const values = edits ? data.map((edit, index) => applyEdits(before![index], (edit ?? []) as Edit[])) : data
    const touched = edits ? data.map((edit) => Array.isArray(edit) && edit.length > 0) : null
    run.last = values
    if (output.render_config && !this.#outdated)
      this.#rerender(output.render_config as unknown as RenderConfig, run.dependency)
    return this.#apply(run.dependency, values, touched)
  }

  #apply(dependency: Dependency, values: unknown[], touched: boolean[] | null = null): number[] {
    const changed: number[] = []
    dependency.outputs.forEach((id, index) => {
      const block = this.#tree.get(id)
      if (!block || block.type === 'state' || index >= values.length || touched?.[index] === false) return
      if (dependency.render_id !== null) return
      if (block.held && dependency.targets.some(([, event]) => event === 'load')) return
      if (block.receive(values[index])) changed.push(id)
    })
    return changed
  }

  #completed(run: Run, message: Completed): void {
    const { output } = message
    const success = message.success && !message.cancelled
    let changed: number[] = []
    if (message.success && output && 'data' in output) {
      changed = [...this.#changedStates(output), ...this.#final(run, output)]
    }
    if (message.success) this.#show(run, statusAfter(run.status, message, this.#around.now()))
    else this.#failed(run, message)
    this.#end(run, success, changed)
    const first = run.dependency.outputs.map((id) => this.#tree.get(id)).find((block) => block?.element)
    if (success && run.dependency.scroll_to_output && first) this.#around.scrollTo(first)
  }

  #final(run: Run, output: Output): number[] {
    const data = output.data ?? []
    return data.length > 0 || output.render_config ? this.#step(run, output, false) : []
  }

  #failed(run: Run, { output, title }: Completed): void {
    const failure = output && 'error' in output ? output : null
    if (failure?.visible === false) {
      this.#show(run, { kind: 'idle' })
      return
    }
    const { status, dependency, cause } = run
    const after = status.kind === 'running' ? (this.#around.now() - status.since) / 1000 : null
    const named = failure?.title === 'Error' ? null : (failure?.title ?? null)
    const again = (): void => this.trigger(dependency, { ...cause, round: 0, trail: [] })
    const more = {
      title: failure?.title ?? title ?? null,
      duration: failure?.duration === undefined ? 10 : failure.duration,
    }
    this.#say(
      run,
      { kind: 'failed', message: failureText(output), title: named, after, trace: failure?.trace ?? null, again },
      more,
    )
  }

  /** A failure is said once: where the event writes, or in a toast where that is not in sight. */
  #say(run: Run, failed: Failed, more?: ToastOptions): void {
    const place = placeOf(this.#shownOn(run.dependency))
    const seen = place !== null && inSight(place)
    if (!seen) this.#around.toast('error', failed.message, more)
    run.place = place
    this.#show(run, seen ? failed : { kind: 'idle' })
  }

  #shownOn({ outputs, show_progress_on }: Dependency): (Block | undefined)[] {
    return (show_progress_on ?? outputs).map((id) => this.#tree.get(id))
  }

  /** The server did not take a call; gives the identity of one that is gone or different since an update of the app. */
  refuse({ event_id, status, detail }: Refused): string | null {
    const run = event_id === null ? undefined : this.#runs.get(event_id)
    if (!run) return null
    if (status === 410) {
      this.fail(run.id, null)
      return run.dependency.event
    }
    const invalid = status === 422 ? validations(detail) : []
    if (invalid.length > 0) {
      invalid.forEach((message, index) => {
        const block = this.#tree.get(run.dependency.inputs[index] ?? -1)
        if (block) block.invalid = message
      })
      this.#show(run, { kind: 'idle' })
      this.#end(run, null, [])
    } else
      this.fail(run.id, status === 503 ? 'This application is currently busy. Please try again. ' : sentence(detail))
    return null
  }

  /** A call cannot end any more as it should; `message` for the visitor, if any. */
  fail(event: string, message: string | null): void {
    const run = this.#runs.get(event)
    if (!run) return
    if (message === null) this.#show(run, { kind: 'idle' })
    else this.#say(run, { kind: 'failed', message })
    this.#end(run, false, [])
  }

  /** A call is over, and nobody knows how it ended: nothing follows from it. */
  abandon(event: string, message: string | null): void {
    const run = this.#runs.get(event)
    if (!run) return
    if (message === null) this.#show(run, { kind: 'idle' })
    else this.#say(run, { kind: 'failed', message })
    this.#runs.delete(event)
    this.#gate.left(run.dependency.id)
  }

  // Kept while the page is loaded again --------------------------------------------------------------------------

  keep(): Pick<Kept, 'runs' | 'deferred' | 'loads'> {
    const now = this.#around.now()
    const runs = [...this.#runs.values()].filter(({ sent }) => sent)
    return {
      runs: runs.map(({ id, dependency, cause, last, status }) => {
        return { id, event: dependency.event, cause, last, status, ago: 'since' in status ? now - status.since : 0 }
      }),
      deferred: this.#gate.waiting.flatMap(([id, cause]): [string, Cause][] => {
        const dependency = this.#listeners.get(id)
        return dependency ? [[dependency.event, cause]] : []
      }),
      loads: this.#listeners.loads().map(({ event }) => event),
    }
  }

  restore({ runs, deferred, at }: Pick<Kept, 'runs' | 'deferred' | 'at'>, today: number): void {
    for (const { id, event, cause, last, status, ago } of runs) {
      const dependency = this.#listeners.named(event)
      if (!dependency) continue
      const run: Run = { id, dependency, cause, last, status, sent: true }
      this.#runs.set(id, run)
      this.#gate.reenter(dependency.id)
      this.#show(run, 'since' in status ? { ...status, since: this.#around.now() - ago - (today - at) } : status)
    }
    for (const [event, cause] of deferred) {
      const dependency = this.#listeners.named(event)
      if (dependency) this.#gate.defer(dependency.id, cause)
    }
  }

  /** Has what stands in renders made again: the server does not have it any more. */
  renderAgain(): void {
    const renders = new Set(this.#tree.renders)
    this.#tree.renumbered()
    for (const dependency of [...this.#listeners.all]) {
      const outermost = dependency.render_id !== null && dependency.rendered_in === null
      if (outermost && renders.has(dependency.render_id!)) this.trigger(dependency, act(loadTarget(dependency), null))
    }
  }

  /** What a render had put on the page. */
  restoreRender({ config, container }: KeptRender): void {
    this.#tree.rerender(config, container)
    this.#listeners.renew(
      config.render_id,
      config.dependencies.map((given) => ({ rendered_in: config.render_id, ...given })),
    )
  }

  // What follows -----------------------------------------------------------------------------------------------

  /** `success` is null for an event that never began: its validator refused the input, so nothing follows from it. */
  #end(run: Run, success: boolean | null, changed: number[]): void {
    const { dependency, cause } = run
    this.#runs.delete(run.id)
    const { outcome, then } =
      success === null ? { outcome: [], then: [] } : this.#listeners.after(dependency.id, success)
    const next = { ...cause, trigger: cause.trigger, data: null }
    for (const child of outcome) this.trigger(child, next)
    this.#changed(changed, cause)
    for (const child of then) this.trigger(child, next)
    const deferred = this.#gate.left(dependency.id)
    const still = this.#listeners.get(dependency.id)
    if (deferred && still) this.trigger(still, deferred)
  }

  #changed(ids: number[], cause: Cause): void {
    for (const [dependency, id] of this.#listeners.ofChanges(ids)) {
      const trail = [...cause.trail, id].slice(-8)
      this.trigger(dependency, { trigger: id, data: null, round: cause.round + 1, trail })
    }
  }

  #rerender(config: RenderConfig, by: Dependency): void {
    const rendered = config.dependencies.map((given) => ({ rendered_in: config.render_id, ...given }))
    const known = new Set([...this.#listeners.all].map(({ id }) => id))
    this.#tree.rerender(config, by.outputs[0] ?? config.layout.id)
    const made = this.#listeners.renew(config.render_id, rendered)
    for (const id of made.gone) this.#gate.forget(id)
    for (const dependency of made.now) {
      const loads = !known.has(dependency.id) && dependency.targets.some(([, event]) => event === 'load')
      if (loads) this.trigger(dependency, act(loadTarget(dependency), null))
    }
  }

  #show(run: Run, status: Status): void {
    run.status = status
    const { outputs, show_progress, show_progress_on } = run.dependency
    const shown = new Set(show_progress_on ?? outputs)
    run.place ??= placeOf(this.#shownOn(run.dependency))
    for (const id of new Set([...outputs, ...shown])) {
      const here = run.place === null ? shown.has(id) : run.place.id === id
      // A failure is shown even where progress is hidden, but not on what the author left out by name.
      this.#tree
        .get(id)
        ?.progress(
          run.id,
          here || status.kind !== 'failed' ? status : { kind: 'idle' },
          here ? show_progress : 'hidden',
        )
    }
    if (show_progress !== 'hidden') this.#pressed(run)
  }

  /** The button that began an event shows that it runs. */
  #pressed({ id, status, cause }: Run): void {
    const button = cause.trigger === null ? undefined : this.#tree.get(cause.trigger)
    if (!button || !/button$/.test(button.type)) return
    const runs = status.kind === 'waiting' || status.kind === 'running'
    const all = runs ? this.#listeners.of(button.id, 'click') : []
    button.begun(id, runs, all.length > 0 && all.every((one) => this.#gate.refuses(one)))
  }

  // Cancelling -------------------------------------------------------------------------------------------------

  #cancelListeners(ids: number[]): void {
    if (ids.length === 0) return
    for (const id of ids) {
      this.#gate.forget(id)
      for (const [target, event] of this.#listeners.get(id)?.targets ?? []) {
        if (event === 'tick' && target !== null) this.#tree.get(target)?.set('active', false)
      }
    }
    this.#cancel([...this.#runs.values()].filter(({ dependency }) => ids.includes(dependency.id)))
  }

  /** Stops the events that write a block. */
  cancelWriters(id: number): void {
    this.#cancel([...this.#runs.values()].filter(({ dependency }) => dependency.outputs.includes(id)))
  }

  #cancel(runs: Run[]): void {
    if (runs.length > 0) this.#around.send({ type: 'cancel', event_ids: runs.map(({ id }) => id) })
  }
}

function loadTarget({ targets }: Dependency): number | null {
  return targets.find(([, event]) => event === 'load')?.[0] ?? null
}

/** Messages of a refused validation, one per input, null where the input is right; empty when it is none. */
function validations(detail: unknown): (string | null)[] {
  if (!Array.isArray(detail)) return []
  const items = detail as { __type__?: string; is_valid?: boolean; message?: string }[]
  if (!items.some((item) => item?.__type__ === 'validate')) return []
  return items.map((item) => (item?.is_valid === false ? (item.message ?? 'This value is not valid.') : null))
}

function sentence(detail: unknown): string {
  if (typeof detail === 'string') return detail
  if (detail !== null && typeof detail === 'object' && 'error' in detail) return failureText(detail)
  return 'The server did not accept this.'
}
