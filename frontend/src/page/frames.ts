/** Schedules `run` for the next frame, or soon when the page is hidden and has none. */
export type Schedule = (run: () => void) => void

export const nextFrame: Schedule = (run) => {
  if (document.visibilityState === 'hidden') setTimeout(run, 50)
  else {
    // A page that is hidden in the meantime gets no frame.
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

/** How long a message can wait: not at all, until the frame in progress, or until the next frame. */
export type Urgency = 'now' | 'soon' | 'frame'

/**
 * Delivers messages in batches, one per frame, so that a fast stream costs one layout per frame instead of one per
 * message. A batch keeps the order of the messages, whatever their urgency.
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

  push(item: T, urgency: Urgency = 'soon'): void {
    this.#queue.push(item)
    const idle = !this.#scheduled
    if (idle) this.#wait()
    if (urgency === 'now' || (urgency === 'soon' && idle)) this.#hand()
  }

  /** Delivers waiting messages now. */
  flush(): void {
    if (this.#queue.length > 0) this.#hand()
  }

  #wait(): void {
    this.#scheduled = true
    this.#schedule(() => {
      this.#scheduled = false
      if (this.#queue.length === 0) return
      this.#wait()
      this.#hand()
    })
  }

  #hand(): void {
    const items = this.#queue
    this.#queue = []
    this.#take(items)
  }
}
