/** Time after reloading during which a page does not reload itself again; four times as long each time. */
const FIRST = 10_000
const GROWTH = 4
const LONGEST = 3_600_000

interface Record {
  at: number
  times: number
}

/**
 * Decides when a page built by another version of its program can reload itself. Two versions behind one address, as in
 * a rolling deployment, must not make it alternate.
 */
export class Updates {
  readonly #storage: Storage | null
  readonly #key: string

  constructor(storage: Storage | null, root: string) {
    this.#storage = storage
    this.#key = `holdfast updated ${root}`
  }

  /** Milliseconds until the page can reload itself; 0 means immediately. Infinity if the browser cannot store it. */
  wait(now: number): number {
    if (this.#storage === null) return Infinity
    const { at, times } = this.#last
    if (times === 0) return 0
    return Math.max(0, at + Math.min(LONGEST, FIRST * GROWTH ** (times - 1)) - now)
  }

  /** Records a reload; returns whether the browser has stored it. */
  note(now: number): boolean {
    const { at, times } = this.#last
    try {
      this.#storage?.setItem(this.#key, JSON.stringify({ at: now, times: now - at > LONGEST ? 1 : times + 1 }))
    } catch {
      return false
    }
    return this.#storage !== null
  }

  get #last(): Record {
    try {
      const found = JSON.parse(this.#storage?.getItem(this.#key) ?? 'null') as Record | null
      if (typeof found?.at === 'number' && typeof found.times === 'number') return found
    } catch {
      // Treat damaged storage as empty.
    }
    return { at: -Infinity, times: 0 }
  }
}
