import type { Dependency } from './config'

/** What led to a call of a listener. */
export interface Cause {
  /** Component whose event it was. */
  trigger: number | null
  data: unknown
  /** Changes in a row that led here; 0 for an act of the visitor. */
  round: number
  /** Components whose changes these were, the latest last. */
  trail: number[]
}

/** Decides what a trigger does while calls of the same listener are pending, as its `trigger_mode` says. */
export class Gate {
  readonly #pending = new Map<number, number>()
  readonly #deferred = new Map<number, Cause>()

  /** May it start now? If so it counts as pending until `left`. */
  enter({ id, trigger_mode }: Dependency, cause: Cause): boolean {
    const pending = this.#pending.get(id) ?? 0
    if (pending > 0 && trigger_mode !== 'multiple') {
      if (trigger_mode === 'always_last') this.#deferred.set(id, cause)
      return false
    }
    this.#pending.set(id, pending + 1)
    return true
  }

  /** Whether a further trigger of a listener would do nothing now. */
  refuses({ id, trigger_mode }: Dependency): boolean {
    return trigger_mode === 'once' && (this.#pending.get(id) ?? 0) > 0
  }

  /** The triggers that wait until a call has ended. */
  get waiting(): [listener: number, cause: Cause][] {
    return [...this.#deferred]
  }

  /** Counts in a call that began before the page was loaded. */
  reenter(id: number): void {
    this.#pending.set(id, (this.#pending.get(id) ?? 0) + 1)
  }

  /** Has a trigger wait until the calls of its listener have ended. */
  defer(id: number, cause: Cause): void {
    if (this.#pending.has(id)) this.#deferred.set(id, cause)
  }

  /** A call ended; gives back the one that waited for this, if any. */
  left(id: number): Cause | null {
    const pending = (this.#pending.get(id) ?? 1) - 1
    if (pending > 0) {
      this.#pending.set(id, pending)
      return null
    }
    this.#pending.delete(id)
    const deferred = this.#deferred.get(id) ?? null
    this.#deferred.delete(id)
    return deferred
  }

  /** Nobody waits any more: its listener was cancelled or is gone. */
  forget(id: number): void {
    this.#deferred.delete(id)
  }
}
