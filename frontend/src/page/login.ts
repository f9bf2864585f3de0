/** Milliseconds between two renewals. */
export const EVERY = 15 * 60_000

/**
 * Renews the login cookie while the visitor is active: the socket cannot renew it, and after a restart the server only
 * knows the login from its cookie. Call the result whenever the visitor does something.
 */
export function keptLogin(address: string, fetch: typeof globalThis.fetch, now: () => number): () => void {
  let last = now()
  return () => {
    if (now() - last < EVERY) return
    last = now()
    // After a failure, the next renewal is soon enough; if the login has ended, the socket reports it.
    fetch(address, { credentials: 'same-origin' }).catch(() => undefined)
  }
}
