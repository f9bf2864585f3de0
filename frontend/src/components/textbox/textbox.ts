/** Logic of a Textbox, apart from its markup. */

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

/** Whether to use a one-line input: for passwords, e-mail addresses, and text that cannot grow. */
export function isSingleLine(props: TextboxProps): boolean {
  const type = props.type ?? 'text'
  return type !== 'text' || ((props.lines ?? 1) === 1 && props.max_lines === 1)
}

/** Enter sends a one-line box, Shift+Enter a larger one, but never during input method composition. */
export function enterSubmits(event: Pick<KeyboardEvent, 'key' | 'shiftKey' | 'isComposing'>, lines: number): boolean {
  return event.key === 'Enter' && !event.isComposing && event.shiftKey === lines > 1
}

/** Event data of `select`: the range and the selected text. */
export function selectionOf(control: Pick<HTMLInputElement, 'value' | 'selectionStart' | 'selectionEnd'>): {
  index: [number, number]
  value: string
} {
  const start = control.selectionStart ?? 0
  const end = control.selectionEnd ?? 0
  return { index: [start, end], value: control.value.substring(start, end) }
}

const LINE = 22

/** Whether no text is below the visible part of the box. */
export function endInSight(area: HTMLTextAreaElement): boolean {
  return area.scrollTop + area.clientHeight >= area.scrollHeight - 8
}

/** Fits the box to its text where CSS cannot (`field-sizing`), unless the visitor resized it; returns the height. */
export function grow(area: HTMLTextAreaElement, lines: number, maxLines: number, last: number): number {
  if (CSS.supports('field-sizing', 'content') || (last >= 0 && area.offsetHeight !== last)) return last
  area.style.blockSize = 'auto'
  const padding = area.offsetHeight - area.clientHeight + parseFloat(getComputedStyle(area).paddingBlock) * 2
  const height = Math.min(Math.max(area.scrollHeight + 2, lines * LINE + padding), maxLines * LINE + padding)
  area.style.blockSize = `${height}px`
  return area.offsetHeight
}
