/** Texts of an event's status. */
import type { ProgressUnit, Status } from '../page/node'

const ORDINALS = ['Next', 'Second', 'Third', 'Fourth', 'Fifth', 'Sixth', 'Seventh', 'Eighth', 'Ninth', 'Tenth']

/** A duration: "0.4 s", "12 s", "2 min 5 s". */
export function seconds(given: number): string {
  if (given < 10) return `${given.toFixed(1)} s`
  const whole = Math.round(given)
  return whole < 60 ? `${whole} s` : `${Math.floor(whole / 60)} min ${whole % 60} s`
}

/** An expected duration: "about 12 s". */
export function about(given: number): string {
  return `about ${given < 1 || given >= 10 ? seconds(given) : `${Math.round(given)} s`}`
}

/** Completed share, 0 to 1, or null if unknown. */
export function shareOf(unit: ProgressUnit | null): number | null {
  if (unit === null) return null
  if (unit.progress !== null) return unit.progress
  return unit.index !== null && unit.length ? unit.index / unit.length : null
}

/** Progress as a count, "2 of 8", or as a percentage. */
export function counted(unit: ProgressUnit): string {
  const { index, length } = unit
  if (index === null) {
    const share = shareOf(unit)
    return share === null ? '' : `${Math.round(100 * share)}%`
  }
  const named = unit.unit && unit.unit !== 'steps' ? ` ${unit.unit}` : ''
  return length === null ? `${index}${named}` : `${index} of ${length}${named}`
}

export function described(unit: ProgressUnit): string {
  return unit.desc ?? ''
}

/** Status text of an event without progress. */
export function line(status: Status): string {
  if (status.kind !== 'waiting') return 'Running'
  if (status.for === 'state') return 'Waiting for an earlier step'
  if (status.rank === null) return 'Waiting'
  return `${ORDINALS[status.rank] ?? `Number ${status.rank + 1}`} in line`
}
