const FIRST = 250
const LONGEST = 10_000

/** Milliseconds before attempt number `failures` (0 is the first after a loss), randomized per page. */
export function backoff(failures: number, random: () => number, longest = LONGEST): number {
  const ceiling = Math.min(longest, FIRST * 2 ** failures)
  return ceiling / 2 + (random() * ceiling) / 2
}

export type Way = 'socket' | 'fallback'

/**
 * Which transport to try. The last working one is kept; one that fails repeatedly, or never worked, alternates with the
 * other, because a proxy can reject WebSockets at any time.
 */
export function nextWay(worked: Way | null, failures: number): Way {
  const patience = worked === null ? 1 : 3
  const first = worked ?? 'socket'
  if (failures < patience) return first
  const other = first === 'socket' ? 'fallback' : 'socket'
  return (failures - patience) % 2 === 0 ? other : first
}
