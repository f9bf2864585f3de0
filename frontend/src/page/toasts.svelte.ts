export type Level = 'info' | 'warning' | 'success' | 'error'

export interface Toast {
  id: number
  level: Level
  title: string | null
  /** May hold HTML; shown sanitised. */
  message: string
}

const DURATION = 10

/** Messages over the page. */
export class Toasts {
  all: Toast[] = $state.raw([])
  #next = 1
  readonly #timers = new Map<number, ReturnType<typeof setTimeout>>()

  /** Shows a message for `duration` seconds (null: until it is closed); gives its id. */
  show(level: Level, message: string, title: string | null = null, duration: number | null = DURATION): number {
    const id = this.#next++
    this.all = [...this.all, { id, level, title, message }]
    if (duration !== null) this.#timers.set(id, setTimeout(() => this.close(id), duration * 1000))
    return id
  }

  close(id: number): void {
    clearTimeout(this.#timers.get(id))
    this.#timers.delete(id)
    this.all = this.all.filter((toast) => toast.id !== id)
  }

  closeLevel(level: Level): void {
    for (const toast of this.all) if (toast.level === level) this.close(toast.id)
  }
}
