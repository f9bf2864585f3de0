import type { Choice } from '../parts/choices'

/** A few short choices share one bar; more or longer ones are radio buttons. */
export function segmented(choices: Choice[]): boolean {
  const length = choices.reduce((sum, [text]) => sum + String(text).length, 0)
  return choices.length >= 2 && choices.length <= 4 && length <= 36
}
