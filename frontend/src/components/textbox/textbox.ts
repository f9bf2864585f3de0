/** What a Textbox decides, apart from its markup. */

export interface TextboxProps {
  type?: 'text' | 'password' | 'email'
  lines?: number
  max_lines?: number | null
  placeholder?: string | null
  autofocus?: boolean
  autoscroll?: boolean
  text_align?: 'left' | 'right' | null
  rtl?: boolean
  max_length?: number | null
  submit_btn?: string | boolean | null
  stop_btn?: string | boolean | null
  html_attributes?: Record<string, string | number | boolean | null> | null
}

/** A real one-line input: passwords, e-mail addresses, and text that may not grow. */
export function isSingleLine(props: TextboxProps): boolean {
  const type = props.type ?? 'text'
  return type !== 'text' || ((props.lines ?? 1) === 1 && props.max_lines === 1)
}

/** Enter sends a one-line box, Shift+Enter a larger one; never while an input method is composing. */
export function enterSubmits(event: Pick<KeyboardEvent, 'key' | 'shiftKey' | 'isComposing'>, lines: number): boolean {
  return event.key === 'Enter' && !event.isComposing && event.shiftKey === lines > 1
}

/** Event data of `select`: the range and the text in it. */
export function selectionOf(control: Pick<HTMLInputElement, 'value' | 'selectionStart' | 'selectionEnd'>): {
  index: [number, number]
  value: string
} {
  const start = control.selectionStart ?? 0
  const end = control.selectionEnd ?? 0
  return { index: [start, end], value: control.value.substring(start, end) }
}

const LINE = 22

/** Whether nothing of the text is below what the box shows. */
export function endInSight(area: HTMLTextAreaElement): boolean {
  return area.scrollTop + area.clientHeight >= area.scrollHeight - 8
}

/** Fits the box to its text where CSS cannot (`field-sizing`); leaves a height alone that the visitor dragged. Returns the height set. */
export function grow(area: HTMLTextAreaElement, lines: number, maxLines: number, last: number): number {
  if (CSS.supports('field-sizing', 'content') || (last >= 0 && area.offsetHeight !== last)) return last
  area.style.blockSize = 'auto'
  const padding = area.offsetHeight - area.clientHeight + parseFloat(getComputedStyle(area).paddingBlock) * 2
  const height = Math.min(Math.max(area.scrollHeight + 2, lines * LINE + padding), maxLines * LINE + padding)
  area.style.blockSize = `${height}px`
  return area.offsetHeight
}
