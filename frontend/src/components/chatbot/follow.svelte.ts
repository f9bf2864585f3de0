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
  let away = $state(false)

  const distance = (): number => (box ? box.scrollHeight - box.clientHeight - box.scrollTop : 0)
  const scrolled = (): void => {
    following = distance() < NEAR
    away = !following
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
