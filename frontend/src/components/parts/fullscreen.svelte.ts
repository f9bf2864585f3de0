/** Lets one element fill the screen, and tracks whether it does. */

export interface Fullscreen {
  readonly on: boolean
  target: (element: HTMLElement) => () => void
  toggle: () => void
}

export function fullscreen(): Fullscreen {
  let on = $state(false)
  let element: HTMLElement | undefined
  return {
    get on() {
      return on
    },
    target(node) {
      element = node
      const changed = (): void => {
        on = document.fullscreenElement === node
      }
      document.addEventListener('fullscreenchange', changed)
      return () => document.removeEventListener('fullscreenchange', changed)
    },
    toggle() {
      if (on) void document.exitFullscreen()
      else void element?.requestFullscreen()
    },
  }
}
