const SHORTEST = 300
/** Keeping a page takes at most this part of the time. */
const SHARE = 1 / 30

/** Decides when a page is kept: soon after something has happened, and at once when it may be about to go. */
export class Keeper {
  readonly #keep: () => void
  readonly #now: () => number
  #timer: ReturnType<typeof setTimeout> | undefined
  #took = 0

  /** `keep` writes the page down; `now` is in milliseconds. */
  constructor(keep: () => void, now: () => number) {
    this.#keep = keep
    this.#now = now
  }

  /** Something has changed. */
  later(): void {
    this.#timer ??= setTimeout(() => this.now(), Math.max(SHORTEST, this.#took / SHARE))
  }

  now(): void {
    this.stop()
    const began = this.#now()
    this.#keep()
    this.#took = this.#now() - began
  }

  stop(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
  }
}
