export interface PerFrame {
  /** Run this with the next frame, unless a later request comes before it. */
  run: (task: () => void) => void
  /** Run this at once, in place of what waits: an older request never runs after it. */
  now: (task: () => void) => void
  /** Forget what waits. */
  stop: () => void
}

/** Runs the latest of many requests once per frame; also where no frames come (a hidden tab). */
export function perFrame(): PerFrame {
  let pending: (() => void) | undefined
  let frame = 0
  let timer: ReturnType<typeof setTimeout> | undefined

  const flush = (): void => {
    cancelAnimationFrame(frame)
    clearTimeout(timer)
    const task = pending
    pending = undefined
    task?.()
  }
  const stop = (): void => {
    pending = undefined
    cancelAnimationFrame(frame)
    clearTimeout(timer)
  }
  return {
    run(task) {
      const scheduled = pending !== undefined
      pending = task
      if (scheduled) return
      frame = requestAnimationFrame(flush)
      timer = setTimeout(flush, 250)
    },
    now(task) {
      stop()
      task()
    },
    stop,
  }
}
