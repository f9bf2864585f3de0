import type { Choice } from '../parts/choices'

/** A few short choices stand side by side in one bar; more or longer ones have a dot each. */
export function segmented(choices: Choice[]): boolean {
  const length = choices.reduce((sum, [text]) => sum + String(text).length, 0)
  return choices.length >= 2 && choices.length <= 4 && length <= 36
}
