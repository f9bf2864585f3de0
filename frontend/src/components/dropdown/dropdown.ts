/** Logic of a Dropdown, apart from its markup. */
import type { Choice, ChoiceValue } from '../parts/choices'

export interface DropdownProps {
  choices?: Choice[]
  multiselect?: boolean | null
  allow_custom_value?: boolean
  max_choices?: number | null
  num_choices_shown?: number | null
  filterable?: boolean
}

export interface Match {
  text: string
  value: ChoiceValue
  /** Index among all choices. */
  index: number
}

/** Choices whose text contains the typed text. */
export function matches(choices: Choice[], typed: string): Match[] {
  const needle = typed.trim().toLowerCase()
  return choices
    .map(([text, value], index) => ({ text: String(text), value, index }))
    .filter(({ text }) => needle === '' || text.toLowerCase().includes(needle))
}

/** The first `limit` results, and the choices that are already selected. */
export function limited(found: Match[], limit: number, chosen: ChoiceValue[]): Match[] {
  return found.length <= limit ? found : found.filter(({ value }, place) => place < limit || chosen.includes(value))
}

/** Text for a value: that of its choice, else the value itself. */
export function textOf(choices: Choice[], value: ChoiceValue | undefined): string {
  if (value === null || value === undefined) return ''
  const choice = choices.find(([, own]) => own === value)
  return String(choice ? choice[0] : value)
}

/** The choice that the typed text matches, ignoring case; with custom values, the text itself. */
export function meant(choices: Choice[], typed: string, custom: boolean): ChoiceValue | undefined {
  const text = typed.trim()
  if (text === '') return undefined
  const exact = choices.find(([own]) => String(own) === text)
  if (exact) return exact[1]
  if (custom) return text
  return choices.find(([own]) => String(own).toLowerCase() === text.toLowerCase())?.[1]
}

/** The next option for the arrow keys; wraps around, -1 is none. */
export function step(active: number, by: 1 | -1, count: number): number {
  if (count === 0) return -1
  if (active < 0) return by === 1 ? 0 : count - 1
  return (active + by + count) % count
}

/** The values after toggling one, never more than `max`. */
export function toggled(values: ChoiceValue[], value: ChoiceValue, max: number | null | undefined): ChoiceValue[] {
  if (values.includes(value)) return values.filter((other) => other !== value)
  return max != null && values.length >= max ? values : [...values, value]
}

/** Position of the list: below the box, or above it if there is more space. */
export function place(
  box: { top: number; bottom: number; left: number; width: number },
  viewport: number,
): { top: string; bottom: string; left: string; width: string; height: string } {
  const below = viewport - box.bottom - 12
  const above = box.top - 12
  const up = below < 200 && above > below
  return {
    top: up ? 'auto' : `${box.bottom + 4}px`,
    bottom: up ? `${viewport - box.top + 4}px` : 'auto',
    left: `${box.left}px`,
    width: `${box.width}px`,
    height: `${Math.max(Math.min(up ? above : below, 320), 80)}px`,
  }
}
