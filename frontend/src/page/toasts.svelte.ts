export type Level = 'info' | 'warning' | 'success' | 'error'

export interface Toast {
  id: number
  level: Level
  title: string | null
  /** May contain HTML; shown sanitized. */
  message: string
}

const DURATION = 10
/** Minimum time in milliseconds that a toast stays after it is no longer being read. */
const RELEASED = 1000

/** Messages over the page. */
export class Toasts {
  all: Toast[] = $state.raw([])
  #next = 1
  readonly #timers = new Map<number, ReturnType<typeof setTimeout>>()
  /** When each toast that is not held open closes, in milliseconds of this clock. */
  readonly #ends = new Map<number, number>()
  #held = false

  /** Shows a message for `duration` seconds (null: until it is closed); returns its id. */
  show(level: Level, message: string, title: string | null = null, duration: number | null = DURATION): number {
    const id = this.#next++
    this.all = [...this.all, { id, level, title, message }]
    if (duration !== null) {
      this.#ends.set(id, performance.now() + duration * 1000)
      if (!this.#held) this.#wait(id, 0)
    }
    return id
  }

  #wait(id: number, least: number): void {
    const left = this.#ends.get(id)! - performance.now()
    this.#timers.set(
      id,
      setTimeout(() => this.close(id), Math.max(left, least)),
    )
  }

  /** Keeps all toasts while one of them is being read. */
  hold(held: boolean): void {
    if (held === this.#held) return
    this.#held = held
    for (const timer of this.#timers.values()) clearTimeout(timer)
    this.#timers.clear()
    if (!held) for (const id of this.#ends.keys()) this.#wait(id, RELEASED)
  }

  close(id: number): void {
    clearTimeout(this.#timers.get(id))
    this.#timers.delete(id)
    this.#ends.delete(id)
    this.all = this.all.filter((toast) => toast.id !== id)
  }

  closeLevel(level: Level): void {
    for (const toast of this.all) if (toast.level === level) this.close(toast.id)
    // The toast under the pointer is gone without a pointerleave event.
    this.hold(false)
  }
}
