const SHORTEST = 300
/** Number of characters that can be stored quickly. */
const SMALL = 200_000
/** Maximum share of the time spent on storing a page. */
const SHARE = 1 / 30

/** Decides when to store a page: soon after a change, and immediately when the page may be about to close. */
export class Keeper {
  readonly #keep: () => number
  readonly #now: () => number
  #timer: ReturnType<typeof setTimeout> | undefined
  #took = 0
  #size = 0

  /** `keep` stores the page and returns its size in characters; `now` is in milliseconds. */
  constructor(keep: () => number, now: () => number) {
    this.#keep = keep
    this.#now = now
  }

  /** Something has changed. */
  later(): void {
    this.#timer ??= setTimeout(() => this.now(), Math.max(SHORTEST, this.#took / SHARE))
  }

  /** Something has started that must not be lost, whatever happens to the page. */
  soon(): void {
    if (this.#size <= SMALL) this.now()
    else this.later()
  }

  now(): void {
    this.stop()
    const began = this.#now()
    this.#size = this.#keep()
    this.#took = this.#now() - began
  }

  stop(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
  }
}
