import type { FeedMessage, FromPage, Hello, ToPage, Welcome } from '../src/protocol/wire'
import type { Connect, Connection, Ending, Listener } from '../src/transport/connection'

/** One connection as the server sees it. */
export interface Line {
  hello: Hello
  frames: FromPage[]
  open: boolean
  send(frame: ToPage): void
  cut(why?: Ending): void
}

/** A server that takes connections and says nothing by itself. */
export class FakeServer {
  readonly lines: Line[] = []

  readonly connect: Connect = (hello: Hello, listener: Listener): Connection => {
    const line: Line = {
      hello,
      frames: [],
      open: true,
      send: (frame) => listener.frame(frame),
      cut: (why = 'lost') => {
        line.open = false
        listener.closed(why)
      },
    }
    this.lines.push(line)
    return { send: (frame) => void line.frames.push(frame), close: () => void (line.open = false) }
  }

  get line(): Line {
    return this.lines.at(-1)!
  }

  welcome(more: Partial<Welcome> = {}): void {
    this.line.send({
      type: 'welcome',
      session: 's1',
      token: 'secret',
      resumed: false,
      forked: false,
      epoch: 'one',
      seen: 0,
      pending: [],
      program: 'a',
      ...more,
    })
  }

  message(n: number, message: FeedMessage): void {
    this.line.send({ type: 'message', n, message })
  }
}

export const starts = (event_id: string): FeedMessage => ({ msg: 'process_starts', event_id, eta: null })

export const completed = (event_id: string, data: unknown[] = [], states: number[] = []): FeedMessage => ({
  msg: 'process_completed',
  event_id,
  success: true,
  cancelled: false,
  title: null,
  used_cache: null,
  cache_duration: null,
  avg_time: null,
  output: output(data, states),
})

export const output = (data: unknown[], states: number[] = []) => ({
  data,
  is_generating: false,
  duration: null,
  average_duration: null,
  render_config: null,
  changed_state_ids: states,
  used_cache: null,
  unsaved: null,
})
