import type { Dependency } from './config'

/** Reason for a call of a listener. */
export interface Cause {
  /** Component that fired the event. */
  trigger: number | null
  data: unknown
  /** Number of consecutive changes that led here; 0 for an action of the visitor. */
  round: number
  /** Components whose changes led here, the latest last. */
  trail: number[]
}

/** Decides what a trigger does while calls of the same listener are pending, according to its `trigger_mode`. */
export class Gate {
  readonly #pending = new Map<number, number>()
  readonly #deferred = new Map<number, Cause>()

  /** Whether it can start now; if so, it is pending until `left`. */
  enter({ id, trigger_mode }: Dependency, cause: Cause): boolean {
    const pending = this.#pending.get(id) ?? 0
    if (pending > 0 && trigger_mode !== 'multiple') {
      if (trigger_mode === 'always_last') this.#deferred.set(id, cause)
      return false
    }
    this.#pending.set(id, pending + 1)
    return true
  }

  /** Whether another trigger of a listener would have no effect now. */
  refuses({ id, trigger_mode }: Dependency): boolean {
    return trigger_mode === 'once' && (this.#pending.get(id) ?? 0) > 0
  }

  /** Triggers that wait until a call has ended. */
  get waiting(): [listener: number, cause: Cause][] {
    return [...this.#deferred]
  }

  /** Counts a call that started before the page was loaded. */
  reenter(id: number): void {
    this.#pending.set(id, (this.#pending.get(id) ?? 0) + 1)
  }

  /** Lets a trigger wait until the calls of its listener have ended. */
  defer(id: number, cause: Cause): void {
    if (this.#pending.has(id)) this.#deferred.set(id, cause)
  }

  /** Records the end of a call; returns the trigger that waited for it, if any. */
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

  /** Drops waiting triggers, because the listener was canceled or is gone. */
  forget(id: number): void {
    this.#deferred.delete(id)
  }
}
