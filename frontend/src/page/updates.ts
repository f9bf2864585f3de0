/** How long after it was loaded again a page is not loaded again by itself; four times as long each time. */
const FIRST = 10_000
const GROWTH = 4
const LONGEST = 3_600_000

interface Record {
  at: number
  times: number
}

/**
 * Says when a page that another version of its program has built may be loaded again by itself. Two versions behind one
 * address, as in a deploy replica by replica, must not make it go back and forth.
 */
export class Updates {
  readonly #storage: Storage | null
  readonly #key: string

  constructor(storage: Storage | null, root: string) {
    this.#storage = storage
    this.#key = `holdfast updated ${root}`
  }

  /** Milliseconds until the page may be loaded again by itself; 0: now. Infinity where the browser keeps no note of it. */
  wait(now: number): number {
    if (this.#storage === null) return Infinity
    const { at, times } = this.#last
    if (times === 0) return 0
    return Math.max(0, at + Math.min(LONGEST, FIRST * GROWTH ** (times - 1)) - now)
  }

  /** The page is being loaded again; whether the browser has taken a note of it. */
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
      // Damaged: as if there were none.
    }
    return { at: -Infinity, times: 0 }
  }
}
