import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { FeedMessage, Submit } from '../src/protocol/wire'
import { Client, type ConnectionState } from '../src/transport/client'
import type { Resumption } from '../src/transport/conversation'
import { completed, FakeServer, starts } from './fake-server'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

function page() {
  const socket = new FakeServer()
  const fallback = new FakeServer()
  const heard: FeedMessage[] = []
  const states: ConnectionState[] = []
  const resumed: Resumption[] = []
  const turned: string[] = []
  const client = new Client({
    connect: { socket: socket.connect, fallback: fallback.connect },
    load: 'load',
    page: '',
    query: 'a=1',
    program: 'a',
    random: () => 1,
    events: {
      message: (message) => heard.push(message),
      refused: () => undefined,
      state: (state) => states.push(state),
      resumed: (resumption) => resumed.push(resumption),
      outdated: () => false,
      reload: () => undefined,
      turnedAway: (why) => turned.push(why),
    },
  })
  return { client, socket, fallback, heard, states, resumed, turned }
}

const submit = (event_id: string): Submit => ({ type: 'submit', event_id, event: 'e0', data: [] })

test('says hello, and what it was asked to send once it is welcome', () => {
  const { client, socket, states } = page()
  client.start()
  client.send(submit('e1'))
  expect(socket.line.hello).toMatchObject({ session: null, token: null, seen: 0, query: 'a=1' })
  expect(socket.line.frames).toEqual([])
  socket.welcome()
  expect(socket.line.frames).toEqual([submit('e1')])
  expect(states).toEqual(['connecting', 'connected'])
})

test('a connection that is cut comes back with the last number and the secret', () => {
  const { client, socket, heard } = page()
  client.start()
  socket.welcome()
  client.send(submit('e1'))
  socket.message(1, starts('e1'))
  socket.line.cut()
  vi.advanceTimersByTime(300)
  expect(socket.lines).toHaveLength(2)
  expect(socket.line.hello).toMatchObject({ session: 's1', token: 'secret', seen: 1 })
  socket.welcome({ resumed: true, pending: ['e1'] })
  expect(socket.line.frames).toEqual([])
  socket.message(1, starts('e1'))
  socket.message(2, completed('e1'))
  expect(heard.map(({ msg }) => msg)).toEqual(['process_starts', 'process_completed'])
})

test('an event that the server never heard of is sent again, one that it has is not', () => {
  const { client, socket } = page()
  client.start()
  socket.welcome()
  client.send(submit('known'))
  client.send(submit('lost'))
  socket.line.cut()
  vi.advanceTimersByTime(300)
  socket.welcome({ resumed: true, pending: ['known'] })
  expect(socket.line.frames).toEqual([submit('lost')])
})

test('what is cancelled while nobody listens is said later', () => {
  const { client, socket } = page()
  client.start()
  socket.welcome()
  client.send(submit('e1'))
  socket.message(1, starts('e1'))
  socket.line.cut()
  client.send({ type: 'cancel', event_ids: ['e1'] })
  vi.advanceTimersByTime(300)
  socket.welcome({ resumed: true, pending: ['e1'] })
  expect(socket.line.frames).toEqual([{ type: 'cancel', event_ids: ['e1'] }])
})

test('a lost session says which events went with it and sends nothing of the old one', () => {
  const { client, socket, resumed } = page()
  client.start()
  socket.welcome()
  client.send(submit('e1'))
  socket.message(1, starts('e1'))
  client.send(submit('e2'))
  socket.line.cut()
  vi.advanceTimersByTime(300)
  socket.welcome({ resumed: false, session: 's2', program: 'b' })
  expect(resumed.at(-1)).toMatchObject({ lost: true, changed: true })
  expect(resumed.at(-1)!.gone.sort()).toEqual(['e1', 'e2'])
  expect(socket.line.frames).toEqual([])
})

test('an accepted event that the server no longer knows is reported', () => {
  const { client, socket, resumed } = page()
  client.start()
  socket.welcome()
  client.send(submit('e1'))
  socket.message(1, starts('e1'))
  socket.line.cut()
  vi.advanceTimersByTime(300)
  socket.welcome({ resumed: true, pending: [] })
  expect(resumed.at(-1)!.gone).toEqual(['e1'])
})

test('messages are acknowledged in bunches', () => {
  const { client, socket } = page()
  client.start()
  socket.welcome()
  client.send(submit('e1'))
  socket.line.frames.length = 0
  for (let n = 1; n <= 3; n += 1) socket.message(n, starts('e1'))
  expect(socket.line.frames).toEqual([])
  vi.advanceTimersByTime(250)
  expect(socket.line.frames).toEqual([{ type: 'ack', seen: 3 }])
})

test('a quiet connection is asked whether it lives, and given up when it does not answer', () => {
  const { client, socket, states } = page()
  client.start()
  socket.welcome()
  vi.advanceTimersByTime(25_000)
  expect(socket.line.frames).toEqual([{ type: 'ping' }])
  socket.line.send({ type: 'pong' })
  vi.advanceTimersByTime(25_000)
  expect(socket.lines).toHaveLength(1)
  vi.advanceTimersByTime(10_000)
  expect(states.at(-1)).toBe('reconnecting')
  expect(socket.lines[0]!.open).toBe(false)
})

test('waking up tries at once and does not wait for the next attempt', () => {
  const { client, socket } = page()
  client.start()
  socket.welcome()
  socket.line.cut()
  client.wake()
  expect(socket.lines).toHaveLength(2)
})

test('where WebSockets are refused the fallback takes over and is kept', () => {
  const { client, socket, fallback } = page()
  client.start()
  socket.line.cut()
  vi.advanceTimersByTime(300)
  expect(fallback.lines).toHaveLength(1)
  fallback.welcome()
  fallback.line.cut()
  vi.advanceTimersByTime(300)
  expect(fallback.lines).toHaveLength(2)
  expect(socket.lines).toHaveLength(1)
})

test('a page that is turned away does not come again', () => {
  const { client, socket, turned } = page()
  client.start()
  socket.welcome()
  socket.line.cut('replaced')
  vi.advanceTimersByTime(60_000)
  expect(turned).toEqual(['replaced'])
  expect(socket.lines).toHaveLength(1)
})

test('a page put aside by the browser goes on with its session when it is back', () => {
  const { client, socket } = page()
  client.start()
  socket.welcome()
  client.pause()
  vi.advanceTimersByTime(60_000)
  expect(socket.lines).toHaveLength(1)
  client.start()
  expect(socket.line.hello).toMatchObject({ session: 's1', token: 'secret' })
})

test('a page that is asked whether it is there says so', () => {
  const { client, socket } = page()
  client.start()
  socket.welcome()
  socket.line.send({ type: 'probe' })
  expect(socket.line.frames).toEqual([{ type: 'alive' }])
})

test('a server that started again and knows the session begins its count anew', () => {
  const { client, socket, heard, resumed } = page()
  client.start()
  socket.welcome()
  client.send(submit('running'))
  socket.message(7, starts('running'))
  client.send(submit('perhaps had'))
  socket.line.cut()
  client.send(submit('said'))
  vi.advanceTimersByTime(300)
  expect(socket.line.hello).toMatchObject({ epoch: 'one', seen: 7, load: 'load' })
  socket.welcome({ resumed: true, epoch: 'two', seen: 0 })
  expect(resumed.at(-1)).toMatchObject({ lost: false, restarted: true, gone: ['running', 'perhaps had'] })
  expect(socket.line.frames).toEqual([submit('said')])
  socket.message(1, starts('said'))
  expect(heard.at(-1)).toEqual(starts('said'))
})

test('a kept page whose session another one took asks once whose it is, then gives way', () => {
  const socket = new FakeServer()
  const turned: string[] = []
  let now = 0
  const client = new Client({
    connect: { socket: socket.connect, fallback: new FakeServer().connect },
    load: 'load',
    page: '',
    query: '',
    kept: true,
    now: () => now,
    events: {
      message: () => undefined,
      refused: () => undefined,
      state: () => undefined,
      resumed: () => undefined,
      outdated: () => false,
      reload: () => undefined,
      turnedAway: (why) => turned.push(why),
    },
  })
  client.start()
  socket.welcome()
  socket.message(1, starts('e1'))
  vi.advanceTimersByTime(1000)
  expect(socket.line.frames).toEqual([])
  client.acknowledge(1)
  expect(socket.line.frames).toEqual([{ type: 'ack', seen: 1 }])
  socket.line.cut('replaced')
  expect(socket.lines).toHaveLength(2)
  expect(socket.line.hello).toMatchObject({ session: 's1', load: 'load', seen: 1 })
  socket.welcome({ session: 's2', resumed: true, forked: true, epoch: 'two' })
  now = 59_000
  socket.line.cut('replaced')
  expect([socket.lines.length, turned]).toEqual([2, ['replaced']])
})
