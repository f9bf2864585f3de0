import type { Connect, Connection } from './connection'

/** A transport whose code is loaded on first use. */
export function later(fetched: () => Promise<Connect>): Connect {
  return (hello, listener) => {
    let closed = false
    const opened: Promise<Connection | null> = fetched().then(
      (connect) => (closed ? null : connect(hello, listener)),
      () => {
        if (!closed) listener.closed('lost')
        return null
      },
    )
    return {
      send: (frame) => void opened.then((connection) => connection?.send(frame)),
      close: () => {
        closed = true
        void opened.then((connection) => connection?.close())
      },
    }
  }
}
