/** Behavior of a sheet over the page: focus trap, swipe, and detection of choices in it. */

const FOCUSABLE = 'a[href], button, input, select, textarea, summary, [tabindex]'
/** Minimum distance of a swipe that closes a sheet, in pixels. */
const SWIPE = 60

/** Moves focus from the last element of a sheet to the first, and back. */
export function keepFocus(sheet: HTMLElement, event: KeyboardEvent): void {
  const all = [...sheet.querySelectorAll<HTMLElement>(FOCUSABLE)].filter(
    (one) =>
      one.tabIndex >= 0 &&
      !one.matches(':disabled') &&
      !one.closest('[inert]') &&
      one.checkVisibility({ visibilityProperty: true }),
  )
  const at = all.indexOf(document.activeElement as HTMLElement)
  const next = all[event.shiftKey ? (at <= 0 ? all.length - 1 : at - 1) : (at + 1) % all.length]
  event.preventDefault()
  next?.focus()
}

/** Whether a click made a choice that shows behind the sheet: a link, a button, or a row of examples; no field or menu. */
export function chooses(target: EventTarget | null): boolean {
  return (
    target instanceof Element &&
    !target.closest('[aria-haspopup]') &&
    target.closest('a[href], .bare > button, .gallery-item, .tr-body') !== null
  )
}

/** Calls `close` when a finger swipes towards the side that the sheet came from. */
export function swipes(
  active: () => boolean,
  right: () => boolean,
  close: () => void,
): (sheet: HTMLElement) => () => void {
  return (sheet) => {
    let from: Touch | null = null
    const start = ({ touches }: TouchEvent): void => void (from = touches.length === 1 ? touches[0]! : null)
    const end = ({ changedTouches }: TouchEvent): void => {
      const to = changedTouches[0]
      if (!active() || from === null || !to) return
      const [across, down] = [(to.clientX - from.clientX) * (right() ? 1 : -1), Math.abs(to.clientY - from.clientY)]
      from = null
      if (across > SWIPE && across > 2 * down) close()
    }
    sheet.addEventListener('touchstart', start, { passive: true })
    sheet.addEventListener('touchend', end, { passive: true })
    return () => {
      sheet.removeEventListener('touchstart', start)
      sheet.removeEventListener('touchend', end)
    }
  }
}
