import type { Choice, ChoiceValue } from '../parts/choices'

/** The chosen values after a click on `value`, in the order of clicks, as Gradio sends them. */
export function toggle(choices: Choice[], chosen: ChoiceValue[], value: ChoiceValue): ChoiceValue[] {
  if (chosen.includes(value)) return chosen.filter((other) => other !== value)
  return choices.some(([, own]) => own === value) ? [...chosen, value] : chosen
}

export function allState(choices: Choice[], chosen: ChoiceValue[]): 'none' | 'some' | 'all' {
  const count = choices.filter(([, value]) => chosen.includes(value)).length
  if (count === 0) return 'none'
  return count === choices.length ? 'all' : 'some'
}

/** All values, or none if all are chosen. */
export function selectAll(choices: Choice[], chosen: ChoiceValue[]): ChoiceValue[] {
  return allState(choices, chosen) === 'all' ? [] : choices.map(([, value]) => value)
}
