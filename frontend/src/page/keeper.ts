const SHORTEST = 300
/** Characters that are kept in a moment. */
const SMALL = 200_000
/** Keeping a page takes at most this part of the time. */
const SHARE = 1 / 30

/** Decides when a page is kept: soon after something has happened, and at once when it may be about to go. */
export class Keeper {
  readonly #keep: () => number
  readonly #now: () => number
  #timer: ReturnType<typeof setTimeout> | undefined
  #took = 0
  #size = 0

  /** `keep` writes the page down and says how many characters that took; `now` is in milliseconds. */
  constructor(keep: () => number, now: () => number) {
    this.#keep = keep
    this.#now = now
  }

  /** Something has changed. */
  later(): void {
    this.#timer ??= setTimeout(() => this.now(), Math.max(SHORTEST, this.#took / SHARE))
  }

  /** Something has begun that should not be forgotten, whatever happens to the page. */
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
