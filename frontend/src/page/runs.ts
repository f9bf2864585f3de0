import type { Completed } from '../protocol/wire'
import type { Block } from './block.svelte'
import type { Dependency } from './config'
import { Gate, type Cause } from './gate'
import type { Listeners } from './listeners'
import type { Kept } from './memory'
import type { Failed, Status } from './node'
import { inSight, placeOf } from './place'
import { failureText } from './progress'
import type { Surroundings, ToastOptions } from './surroundings'
import type { Tree } from './tree'

/** A call that was sent and has not ended, in stored form. */
export interface KeptRun {
  id: string
  event: string
  cause: Cause
  last: unknown[] | null
  status: Status
  /** Milliseconds in this status. */
  ago: number
}

/** A call of a listener that has not ended. */
export interface Run {
  readonly id: string
  dependency: Dependency
  cause: Cause
  /** Values of the outputs after the last step, as the server sent them, to which edits are applied. */
  last: unknown[] | null
  status: Status
  /** Whether it has been sent to the server. */
  sent: boolean
  /** The block that shows its status. */
  place?: Block | null
}

/** The calls that have not ended, and their status on blocks. */
export class Runs {
  readonly gate = new Gate()
  readonly #all = new Map<string, Run>()
  readonly #tree: Tree
  readonly #listeners: Listeners
  readonly #around: Surroundings

  constructor(tree: Tree, listeners: Listeners, around: Surroundings) {
    this.#tree = tree
    this.#listeners = listeners
    this.#around = around
  }

  get(id: string | null): Run | undefined {
    return id === null ? undefined : this.#all.get(id)
  }

  having(wanted: (dependency: Dependency) => boolean): Run[] {
    return [...this.#all.values()].filter(({ dependency }) => wanted(dependency))
  }

  /** Starts a call, unless the `trigger_mode` of its listener holds it back. */
  begin(dependency: Dependency, cause: Cause): Run | null {
    if (!this.gate.enter(dependency, cause)) return null
    const run: Run = { id: this.#around.newId(), dependency, cause, last: null, status: { kind: 'idle' }, sent: false }
    this.#all.set(run.id, run)
    return run
  }

  /** Drops a call. It holds back other calls of its listener until the gate knows that it has left. */
  remove({ id }: Run): void {
    this.#all.delete(id)
  }

  /** Assigns calls to the rebuilt listeners of a render. */
  rebind(made: Dependency[]): void {
    for (const run of this.#all.values()) {
      const before = run.dependency
      const now = made.find(({ event }) => event === before.event)
      if (now === undefined) continue
      const at = before.targets.findIndex(([id]) => id === run.cause.trigger)
      const deferred = this.gate.left(before.id)
      this.gate.reenter(now.id)
      if (deferred !== null) this.gate.defer(now.id, deferred)
      run.dependency = now
      run.cause = { ...run.cause, trigger: now.targets[at]?.[0] ?? run.cause.trigger }
      delete run.place
      this.show(run, run.status)
    }
  }

  // What blocks show -------------------------------------------------------------------------------------------

  show(run: Run, status: Status): void {
    run.status = status
    const { outputs, show_progress, show_progress_on } = run.dependency
    const shown = new Set(show_progress_on ?? outputs)
    run.place ??= placeOf(this.#shownOn(run.dependency))
    for (const id of new Set([...outputs, ...shown])) {
      const here = run.place === null ? shown.has(id) : run.place.id === id
      // A failure is shown even where progress is hidden, but not on outputs that the author excluded.
      this.#tree
        .get(id)
        ?.progress(
          run.id,
          here || status.kind !== 'failed' ? status : { kind: 'idle' },
          here ? show_progress : 'hidden',
        )
    }
    if (show_progress !== 'hidden') this.#press(run)
  }

  /** The button that started an event shows that it is running. */
  #press({ id, status, cause }: Run): void {
    const button = cause.trigger === null ? undefined : this.#tree.get(cause.trigger)
    if (!button || !/button$/.test(button.type)) return
    const runs = status.kind === 'waiting' || status.kind === 'running'
    const all = runs ? this.#listeners.of(button.id, 'click') : []
    button.begun(id, runs, all.length > 0 && all.every((one) => this.gate.refuses(one)))
  }

  #shownOn({ outputs, show_progress_on }: Dependency): (Block | undefined)[] {
    return (show_progress_on ?? outputs).map((id) => this.#tree.get(id))
  }

  /** Shows an error of the server; `again` runs the call again. */
  failed(run: Run, { output, title }: Completed, again: () => void): void {
    const failure = output && 'error' in output ? output : null
    if (failure?.visible === false) {
      this.show(run, { kind: 'idle' })
      return
    }
    const { status } = run
    const after = status.kind === 'running' ? (this.#around.now() - status.since) / 1000 : null
    const named = failure?.title === 'Error' ? null : (failure?.title ?? null)
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

  /** Shows that a call has no result, with an optional message. */
  giveUp(run: Run, message: string | null): void {
    if (message === null) this.show(run, { kind: 'idle' })
    else this.#say(run, { kind: 'failed', message })
  }

  /** Shows a failure once: where the event writes, or in a toast if that is not in view. */
  #say(run: Run, failed: Failed, more?: ToastOptions): void {
    const place = placeOf(this.#shownOn(run.dependency))
    const seen = place !== null && inSight(place)
    if (!seen) this.#around.toast('error', failed.message, more)
    run.place = place
    this.show(run, seen ? failed : { kind: 'idle' })
  }

  // Kept while the page is loaded again ------------------------------------------------------------------------

  keep(): Pick<Kept, 'runs' | 'deferred' | 'loads'> {
    const now = this.#around.now()
    const runs = [...this.#all.values()].filter(({ sent }) => sent)
    return {
      runs: runs.map(({ id, dependency, cause, last, status }) => {
        return { id, event: dependency.event, cause, last, status, ago: 'since' in status ? now - status.since : 0 }
      }),
      deferred: this.gate.waiting.flatMap(([id, cause]): [string, Cause][] => {
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
      this.#all.set(id, run)
      this.gate.reenter(dependency.id)
      this.show(run, 'since' in status ? { ...status, since: this.#around.now() - ago - (today - at) } : status)
    }
    for (const [event, cause] of deferred) {
      const dependency = this.#listeners.named(event)
      if (dependency) this.gate.defer(dependency.id, cause)
    }
  }
}
