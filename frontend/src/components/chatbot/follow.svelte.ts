/** Keeps the end of a growing list in view for readers who are there, and leaves those alone who scrolled up. */

const NEAR = 40

export interface Follower {
  scroller: (element: HTMLElement) => () => void
  content: (element: HTMLElement) => () => void
  /** Whether the end is out of view. */
  readonly away: boolean
  /** Scrolls to the end and stays there. */
  down: () => void
}

export function follower(enabled: () => boolean): Follower {
  let box: HTMLElement | undefined
  let following = true
  let last = 0
  let away = $state(false)

  const distance = (): number => (box ? box.scrollHeight - box.clientHeight - box.scrollTop : 0)
  // Only scrolling up leaves the end: our own scroll event can arrive after the list has grown again.
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
      // The box itself can change too, with the window's size or an opened keyboard.
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
