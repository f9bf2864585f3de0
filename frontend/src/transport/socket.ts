import { parseJson, writeJson } from '../protocol/json'
import type { ToPage } from '../protocol/wire'
import type { Connect, Ending } from './connection'

/** The server's own close codes. */
const ENDINGS: Record<number, Ending> = { 4401: 'login', 4403: 'denied', 4409: 'replaced' }

/** Connections over a WebSocket at `url` (http or https). */
export function socketAt(url: string, Socket: typeof WebSocket = WebSocket): Connect {
  return (hello, listener) => {
    const socket = new Socket(url.replace(/^http/, 'ws'))
    let done = false
    const end = (why: Ending): void => {
      if (done) return
      done = true
      listener.closed(why)
    }
    socket.onopen = () => socket.send(writeJson(hello))
    socket.onmessage = (event: MessageEvent<string>) => {
      if (!done) listener.frame(parseJson(event.data) as ToPage)
    }
    // An error is always followed by a close.
    socket.onclose = ({ code }) => end(ENDINGS[code] ?? 'lost')
    return {
      send: (frame) => {
        if (socket.readyState === Socket.OPEN) socket.send(writeJson(frame))
      },
      close: () => {
        done = true
        socket.close()
      },
    }
  }
}
