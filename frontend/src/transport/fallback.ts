import { parseJson, writeJson } from '../protocol/json'
import type { FromPage, ToPage } from '../protocol/wire'
import type { Connect, Ending } from './connection'

const ENDINGS: Record<number, Ending> = { 401: 'login', 403: 'denied' }

class Refusal extends Error {
  constructor(readonly why: Ending) {
    super(why)
  }
}

function accepted(answer: Response): Response {
  if (answer.ok) return answer
  throw new Refusal(ENDINGS[answer.status] ?? 'lost')
}

/** Complete frames of an event stream, and the start of the next one. */
export function framesOf(text: string): { frames: ToPage[]; rest: string } {
  const blocks = text.split('\n\n')
  const rest = blocks.pop()!
  const data = blocks.map((block) =>
    block
      .split('\n')
      .filter((line) => line.startsWith('data:'))
      .map((line) => line.slice(5).trimStart())
      .join('\n'),
  )
  return { frames: data.filter(Boolean).map((json) => parseJson(json) as ToPage), rest }
}

/**
 * Connections without a WebSocket: frames to the server are POSTed to `<base>/send`, one batch at a time and in order;
 * frames from it arrive as an event stream from `<base>/feed`.
 */
export function fallbackAt(base: string, ask: typeof fetch = (...given) => fetch(...given)): Connect {
  return (hello, listener) => {
    const abort = new AbortController()
    let done = false
    let waiting: FromPage[] = []
    let sending = false
    let who: { session: string; token: string } | null = null
    const end = (error?: unknown): void => {
      if (done) return
      done = true
      abort.abort()
      listener.closed(error instanceof Refusal ? error.why : 'lost')
    }
    const post = (frames: FromPage[]): Promise<Response> =>
      ask(`${base}/send`, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json' },
        body: writeJson({ session: who?.session ?? hello.session, token: who?.token ?? hello.token, frames }),
        signal: abort.signal,
      })
    const flush = async (): Promise<void> => {
      if (sending || who === null) return
      sending = true
      while (waiting.length > 0 && !done) {
        const frames = waiting
        waiting = []
        const answer = accepted(await post(frames))
        const said = (await answer.json()) as { frames: ToPage[] }
        for (const frame of said.frames) if (!done) listener.frame(frame)
      }
      sending = false
    }
    const listen = async (): Promise<void> => {
      const answer = await ask(`${base}/feed`, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json', Accept: 'text/event-stream' },
        body: writeJson(hello),
        signal: abort.signal,
      })
      const reader = accepted(answer).body!.pipeThrough(new TextDecoderStream()).getReader()
      let text = ''
      for (;;) {
        const { value, done: over } = await reader.read()
        if (over || done) break
        const found = framesOf(text + value)
        text = found.rest
        for (const frame of found.frames) {
          if (frame.type === 'welcome') who = { session: frame.session, token: frame.token }
          listener.frame(frame)
          void flush().catch(end)
        }
      }
    }
    listen().then(() => end(), end)
    return {
      send: (frame) => {
        waiting.push(frame)
        void flush().catch(end)
      },
      close: () => {
        done = true
        abort.abort()
      },
    }
  }
}
