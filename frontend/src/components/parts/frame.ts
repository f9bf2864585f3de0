export interface PerFrame {
  /** Runs this in the next frame, unless a later request comes first. */
  run: (task: () => void) => void
  /** Runs this immediately in place of the waiting request, so that an older request never runs after it. */
  now: (task: () => void) => void
  /** Drops the waiting request. */
  stop: () => void
}

/** Runs the latest of many requests once per frame, even without frames (in a hidden tab). */
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
