import type { Completed, FeedMessage, Output, Refused } from '../protocol/wire'
import type { Dependency, RenderConfig } from './config'
import type { Cause } from './gate'
import { Inputs } from './inputs'
import type { Listeners } from './listeners'
import type { Kept, KeptRender } from './memory'
import { applyStep, applyValues, refusalText, validations } from './outcome'
import { statusAfter } from './progress'
import { Runs, type Run } from './runs'
import type { Surroundings } from './surroundings'
import type { Tree } from './tree'

/** Number of consecutive changes after which a chain is considered endless. */
export const MOST_ROUNDS = 100
/** Maximum number of blocks of such a chain that its error names. */
const TRAIL = 8

const act = (trigger: number | null, data: unknown): Cause => ({ trigger, data, round: 0, trail: [] })

/** Turns events into calls, and the server's messages into values and further events. */
export class Dispatcher {
  readonly #tree: Tree
  readonly #listeners: Listeners
  readonly #around: Surroundings
  readonly #inputs: Inputs
  readonly #runs: Runs
  #stopped = false
  #outdated = false
  /** The server was restarted, and renders rebuild what it had of them. */
  #rebuilding = false

  constructor(tree: Tree, listeners: Listeners, around: Surroundings) {
    this.#tree = tree
    this.#listeners = listeners
    this.#around = around
    this.#inputs = new Inputs(tree)
    this.#runs = new Runs(tree, listeners, around)
  }

  // Events -----------------------------------------------------------------------------------------------------

  /** Fires an event of the visitor, or of the page itself. */
  fire(id: number | null, event: string, data?: unknown): void {
    this.#stopped = false
    for (const dependency of this.#listeners.of(id, event)) this.#trigger(dependency, act(id, data ?? null))
    if (event === 'stop_recording' || event === 'clear') this.#endStreams(id)
  }

  /** Fires `load`; `known` are load listeners that have already run for the page that this one continues. */
  load(known = new Set<string>()): void {
    for (const dependency of this.#listeners.loads()) {
      if (dependency.render_id !== null || !known.has(dependency.event)) this.#load(dependency)
    }
  }

  #load(dependency: Dependency): void {
    const target = dependency.targets.find(([, event]) => event === 'load')
    this.#trigger(dependency, act(target?.[0] ?? null, null))
  }

  #trigger(dependency: Dependency, cause: Cause): void {
    if (cause.round > MOST_ROUNDS) {
      this.#stop(cause)
      return
    }
    if (dependency.connection === 'stream' && this.#feedStream(dependency, cause)) return
    const run = this.#runs.begin(dependency, cause)
    if (run === null) return
    this.#cancelListeners(dependency.cancels)
    const scripted = typeof dependency.js === 'string' || dependency.js_implementation !== null
    if (scripted) void this.#script(run)
    else if (dependency.backend_fn) this.#submit(run, this.#inputs.of(dependency))
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

  async #script(run: Run): Promise<void> {
    await this.#around.settled()
    try {
      const result = await this.#inputs.scripted(run.dependency)
      if (this.#runs.get(run.id) === undefined) return
      if (run.dependency.backend_fn) this.#submit(run, result)
      else this.#end(run, true, applyValues(this.#tree, run.dependency, result))
    } catch (error) {
      console.error(error)
      this.#around.toast(
        'error',
        `A script of this app failed: ${error instanceof Error ? error.message : String(error)}`,
      )
      this.#end(run, false, [])
    }
  }

  #submit(run: Run, data: unknown[]): void {
    const { dependency, cause } = run
    this.#inputs.accept(dependency)
    run.sent = true
    this.#runs.show(run, { kind: 'waiting', rank: null, size: 0, eta: null, for: 'queue', since: this.#around.now() })
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

  #feedStream(dependency: Dependency, cause: Cause): boolean {
    const [run] = this.#runs.having((one) => one === dependency)
    if (!run) return false
    const data = this.#inputs.of(dependency)
    this.#around.send({ type: 'chunk', event_id: run.id, data, event_data: cause.data ?? null })
    return true
  }

  /** A `stream` source stopped: its running events get no more values. */
  #endStreams(id: number | null): void {
    const fed = this.#runs.having(
      ({ connection, targets }) => connection === 'stream' && targets.some(([one]) => one === id),
    )
    for (const run of fed) this.#around.send({ type: 'chunk', event_id: run.id, data: null })
  }

  #cancelListeners(ids: number[]): void {
    if (ids.length === 0) return
    for (const id of ids) {
      this.#runs.gate.forget(id)
      for (const [target, event] of this.#listeners.get(id)?.targets ?? []) {
        if (event === 'tick' && target !== null) this.#tree.get(target)?.set('active', false)
      }
    }
    this.#cancel(this.#runs.having(({ id }) => ids.includes(id)))
  }

  /** Cancels the events that write a block. */
  cancelWriters(id: number): void {
    this.#cancel(this.#runs.having(({ outputs }) => outputs.includes(id)))
  }

  #cancel(runs: Run[]): void {
    if (runs.length > 0) this.#around.send({ type: 'cancel', event_ids: runs.map(({ id }) => id) })
  }

  // What the server says ---------------------------------------------------------------------------------------

  /** Another version of the program is running, in whose messages block ids have other meanings. */
  set outdated(outdated: boolean) {
    this.#outdated = outdated
  }

  hear(message: FeedMessage): void {
    if (message.msg === 'state_changed') {
      this.#change(this.#outdated ? [] : message.ids, act(null, null))
      return
    }
    if (message.msg === 'log' && message.visible) {
      this.#around.toast(message.level, message.log, { title: message.title || null, duration: message.duration })
    }
    const run = this.#runs.get(message.event_id)
    if (!run) return
    if (message.msg === 'process_completed') {
      this.#complete(run, message)
      return
    }
    this.#runs.show(run, statusAfter(run.status, message, this.#around.now()))
    if (message.msg === 'process_generating' || message.msg === 'process_streaming') {
      this.#change(this.#step(run, message.output, message.msg === 'process_generating' && !message.full), run.cause)
    }
  }

  /** Applies the output of a step; returns the ids of what it has changed, States first. */
  #step(run: Run, output: Output, mayBeEdits: boolean): number[] {
    if (output.render_config && !this.#outdated)
      this.#rerender(output.render_config as unknown as RenderConfig, run.dependency)
    const states = this.#outdated ? [] : (output.changed_state_ids ?? [])
    return [...states, ...applyStep(this.#tree, run, output, mayBeEdits)]
  }

  #complete(run: Run, message: Completed): void {
    const { output } = message
    const { dependency, cause } = run
    const success = message.success && !message.cancelled
    const changed = message.success && output && 'data' in output ? this.#last(run, output) : []
    if (message.success) this.#runs.show(run, statusAfter(run.status, message, this.#around.now()))
    else this.#runs.failed(run, message, () => this.#trigger(dependency, { ...cause, round: 0, trail: [] }))
    this.#end(run, success, changed)
    const first = dependency.outputs.map((id) => this.#tree.get(id)).find((block) => block?.element)
    if (success && dependency.scroll_to_output && first) this.#around.scrollTo(first)
  }

  /** Applies the output of an event's end, which has no values if the last step had them. */
  #last(run: Run, output: Output): number[] {
    if ((output.data ?? []).length > 0 || output.render_config) return this.#step(run, output, false)
    return this.#outdated ? [] : (output.changed_state_ids ?? [])
  }

  /** Ends a call that the server rejected; returns its identity if an update of the app changed or removed it. */
  refuse({ event_id, status, detail }: Refused): string | null {
    const run = this.#runs.get(event_id)
    if (!run) return null
    const invalid = validations(status, detail)
    if (invalid.length > 0) {
      this.#inputs.refuse(run.dependency, invalid)
      this.#runs.giveUp(run, null)
      this.#end(run, null, [])
      return null
    }
    this.fail(run.id, status === 410 ? null : refusalText(status, detail))
    return status === 410 ? run.dependency.event : null
  }

  /** Ends a call that cannot complete, with an optional message for the visitor. */
  fail(event: string, message: string | null): void {
    const run = this.#runs.get(event)
    if (!run) return
    this.#runs.giveUp(run, message)
    this.#end(run, false, [])
  }

  /** Ends a call with an unknown outcome, without consequences. */
  abandon(event: string, message: string | null): void {
    const run = this.#runs.get(event)
    if (!run) return
    this.#runs.giveUp(run, message)
    this.#runs.remove(run)
    this.#runs.gate.left(run.dependency.id)
  }

  // What follows -----------------------------------------------------------------------------------------------

  /** `success` is null for an event that never started because of its validator, and has no consequences. */
  #end(run: Run, success: boolean | null, changed: number[]): void {
    const { dependency, cause } = run
    this.#runs.remove(run)
    const { outcome, then } =
      success === null ? { outcome: [], then: [] } : this.#listeners.after(dependency.id, success)
    const next = { ...cause, data: null }
    for (const child of outcome) this.#trigger(child, next)
    this.#change(changed, cause)
    for (const child of then) this.#trigger(child, next)
    const deferred = this.#runs.gate.left(dependency.id)
    const still = this.#listeners.get(dependency.id)
    if (deferred && still) this.#trigger(still, deferred)
    this.#checkRebuilt()
  }

  #change(ids: number[], cause: Cause): void {
    for (const [dependency, id] of this.#listeners.ofChanges(ids)) {
      const trail = [...cause.trail, id].slice(-TRAIL)
      this.#trigger(dependency, { trigger: id, data: null, round: cause.round + 1, trail })
    }
  }

  // Renders, and pages that are loaded again -------------------------------------------------------------------

  #rerender(config: RenderConfig, by: Dependency): void {
    const known = new Set([...this.#listeners.all].map(({ id }) => id))
    for (const dependency of this.#place(config, by.outputs[0] ?? config.layout.id)) {
      const loads = !known.has(dependency.id) && dependency.targets.some(([, event]) => event === 'load')
      if (loads) this.#load(dependency)
    }
  }

  /** Replaces the previous result of a render; returns its listeners. */
  #place(config: RenderConfig, container: number): Dependency[] {
    this.#tree.rerender(config, container)
    const { now, gone } = this.#listeners.renew(
      config.render_id,
      config.dependencies.map((given) => ({ rendered_in: config.render_id, ...given })),
    )
    if (this.#rebuilding) this.#runs.rebind(now)
    for (const id of gone) this.#runs.gate.forget(id)
    return now
  }

  /** Rebuilds the results of renders, because the server no longer has them. */
  renderAgain(): void {
    const renders = new Set(this.#tree.renders)
    this.#tree.renumbered()
    this.#rebuilding = true
    for (const dependency of [...this.#listeners.all]) {
      const outermost = dependency.render_id !== null && dependency.rendered_in === null
      if (outermost && renders.has(dependency.render_id!)) this.#load(dependency)
    }
    this.#checkRebuilt()
  }

  /** Sends the calls that waited for renders, once none is running. */
  #checkRebuilt(): void {
    if (!this.#rebuilding || this.#runs.having(({ render_id }) => render_id !== null).length > 0) return
    this.#rebuilding = false
    this.#around.rebuilt((frame) => ({ ...frame, trigger: this.#runs.get(frame.event_id)?.cause.trigger ?? null }))
  }

  /** Removes the result of a render. */
  restoreRender({ config, container }: KeptRender): void {
    this.#place(config, container)
  }

  keep(): Pick<Kept, 'runs' | 'deferred' | 'loads'> {
    return this.#runs.keep()
  }

  restore(kept: Pick<Kept, 'runs' | 'deferred' | 'at' | 'conversation'>, today: number): void {
    this.#rebuilding = kept.conversation?.rebuilding ?? false
    this.#runs.restore(kept, today)
    this.#checkRebuilt()
  }
}
