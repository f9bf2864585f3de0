/** Milliseconds between two renewals. */
export const EVERY = 15 * 60_000

/**
 * Keeps the cookie of a login fresh while its visitor works: the socket cannot renew it, and after a restart the server
 * knows of the login only what its cookie holds. Call the result whenever the visitor does something.
 */
export function keptLogin(address: string, fetch: typeof globalThis.fetch, now: () => number): () => void {
  let last = now()
  return () => {
    if (now() - last < EVERY) return
    last = now()
    // If it fails, the next renewal is soon enough; if the login has ended, the socket is told.
    fetch(address, { credentials: 'same-origin' }).catch(() => undefined)
  }
}
