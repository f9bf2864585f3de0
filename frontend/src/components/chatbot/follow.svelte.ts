/** Keeps the end of a growing list in view, for a reader who is there; whoever scrolled up is left alone. */

const NEAR = 40

export interface Follower {
  scroller: (element: HTMLElement) => () => void
  content: (element: HTMLElement) => () => void
  /** The end is out of view. */
  readonly away: boolean
  /** To the end, and stay there. */
  down: () => void
}

export function follower(enabled: () => boolean): Follower {
  let box: HTMLElement | undefined
  let following = true
  let last = 0
  let away = $state(false)

  const distance = (): number => (box ? box.scrollHeight - box.clientHeight - box.scrollTop : 0)
  // Only going up leaves the end: a scroll event of our own may arrive when the list has grown again.
  const scrolled = (): void => {
    const top = box?.scrollTop ?? 0
    const near = distance() < NEAR
    if (near) following = true
    else if (top < last) following = false
    last = top
    away = !near && !following
  }
  const settle = (): void => {
    if (following && enabled() && box) box.scrollTop = box.scrollHeight
    else away = distance() >= NEAR
  }

  return {
    scroller(element) {
      box = element
      element.addEventListener('scroll', scrolled, { passive: true })
      // The box itself can change too: a resized window, an opened keyboard.
      const observer = new ResizeObserver(settle)
      observer.observe(element)
      return () => {
        element.removeEventListener('scroll', scrolled)
        observer.disconnect()
      }
    },
    content(element) {
      const observer = new ResizeObserver(settle)
      observer.observe(element)
      return () => observer.disconnect()
    },
    get away() {
      return away
    },
    down() {
      following = true
      settle()
    },
  }
}
