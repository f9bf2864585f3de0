/** Schedules `run` for the next frame, or soon when the page is hidden and has none. */
export type Schedule = (run: () => void) => void

export const nextFrame: Schedule = (run) => {
  if (document.visibilityState === 'hidden') setTimeout(run, 50)
  else {
    // A page that is hidden in between gets no frame.
    let done = false
    const once = (): void => {
      if (done) return
      done = true
      run()
    }
    requestAnimationFrame(once)
    setTimeout(once, 100)
  }
}

/**
 * Hands messages on in bunches, one bunch per frame, so that a fast stream costs one layout per frame and not one per
 * message. The first after a pause goes at once.
 */
export class Frames<T> {
  #queue: T[] = []
  #scheduled = false
  readonly #take: (items: T[]) => void
  readonly #schedule: Schedule

  constructor(take: (items: T[]) => void, schedule: Schedule = nextFrame) {
    this.#take = take
    this.#schedule = schedule
  }

  push(item: T): void {
    this.#queue.push(item)
    if (this.#scheduled) return
    this.#flush()
  }

  #flush(): void {
    const items = this.#queue
    this.#queue = []
    this.#scheduled = items.length > 0
    if (!this.#scheduled) return
    this.#schedule(() => this.#flush())
    this.#take(items)
  }
}
