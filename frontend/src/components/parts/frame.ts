/** Runs the latest of many requests once per frame; also where no frames come (a hidden tab). */
export function perFrame(): { run: (task: () => void) => void; stop: () => void } {
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
  return {
    run(task) {
      const scheduled = pending !== undefined
      pending = task
      if (scheduled) return
      frame = requestAnimationFrame(flush)
      timer = setTimeout(flush, 250)
    },
    stop() {
      pending = undefined
      cancelAnimationFrame(frame)
      clearTimeout(timer)
    },
  }
}
