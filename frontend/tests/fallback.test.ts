import { expect, test } from 'vitest'
import type { Hello, ToPage } from '../src/protocol/wire'
import { fallbackAt, framesOf } from '../src/transport/fallback'
import { later } from '../src/transport/later'
import { FakeServer } from './fake-server'

const hello: Hello = { type: 'hello', session: null, token: null, seen: 0, page: '', query: '' }
const welcome = { type: 'welcome', session: 's', token: 't', resumed: false, seen: 0, pending: [], program: 'a' }

interface Asked {
  url: string
  body: Record<string, unknown>
}

/** A server behind `fetch`: a stream that the test writes, and what was posted. */
function server(status = 200) {
  const asked: Asked[] = []
  let write: (text: string) => void = () => undefined
  let end: () => void = () => undefined
  const encoder = new TextEncoder()
  const ask = ((url: string, init: RequestInit) => {
    asked.push({ url, body: JSON.parse(init.body as string) as Record<string, unknown> })
    if (url.endsWith('/send')) return Promise.resolve(new Response('{"frames":[{"type":"pong"}]}', { status }))
    const body = new ReadableStream<Uint8Array>({
      start(controller) {
        write = (text) => controller.enqueue(encoder.encode(text))
        end = () => controller.close()
      },
    })
    return Promise.resolve(new Response(body, { status }))
  }) as typeof fetch
  return { ask, asked, write: (text: string) => write(text), end: () => end() }
}

function connected(status = 200) {
  const http = server(status)
  const frames: ToPage[] = []
  const endings: string[] = []
  const connection = fallbackAt('http://h/p', http.ask)(hello, {
    frame: (frame) => void frames.push(frame),
    closed: (why) => void endings.push(why),
  })
  return { ...http, frames, endings, connection }
}

test('frames are cut from a stream wherever it was torn, comments left out', () => {
  const first = framesOf(':\n\ndata: {"type":"pong"}\n\ndata: {"ty')
  expect(first.frames).toEqual([{ type: 'pong' }])
  expect(framesOf(first.rest + 'pe":"reload","error":null}\n\n').frames).toEqual([{ type: 'reload', error: null }])
})

test('what is sent waits for the welcome and then goes in one bunch', async () => {
  const { connection, asked, write, frames } = connected()
  connection.send({ type: 'ping' })
  connection.send({ type: 'ack', seen: 1 })
  expect(asked.map(({ url }) => url)).toEqual(['http://h/p/feed'])
  write(`data: ${JSON.stringify(welcome)}\n\n`)
  await expect.poll(() => asked.length).toBe(2)
  expect(asked[1]!.body).toEqual({ session: 's', token: 't', frames: [{ type: 'ping' }, { type: 'ack', seen: 1 }] })
  await expect.poll(() => frames.map(({ type }) => type)).toEqual(['welcome', 'pong'])
})

test('a stream that ends is a lost connection, told once', async () => {
  const { write, end, endings } = connected()
  write(`data: ${JSON.stringify(welcome)}\n\n`)
  end()
  await expect.poll(() => endings).toEqual(['lost'])
})

test('a visitor who must log in is told so', async () => {
  const { endings } = connected(401)
  await expect.poll(() => endings).toEqual(['login'])
})

test('a connection whose code comes later hears all that was said before', async () => {
  const fake = new FakeServer()
  const connection = later(() => Promise.resolve(fake.connect))(hello, {
    frame: () => undefined,
    closed: () => undefined,
  })
  connection.send({ type: 'ping' })
  await expect.poll(() => fake.lines[0]?.frames).toEqual([{ type: 'ping' }])
})

test('a connection that was closed before its code came is never made', async () => {
  const fake = new FakeServer()
  const code = Promise.resolve(fake.connect)
  later(() => code)(hello, { frame: () => undefined, closed: () => undefined }).close()
  await code
  await Promise.resolve()
  expect(fake.lines).toEqual([])
})

test('code that cannot be had is a lost connection', async () => {
  const endings: string[] = []
  later(() => Promise.reject(new Error('offline')))(hello, {
    frame: () => undefined,
    closed: (why) => void endings.push(why),
  })
  await expect.poll(() => endings).toEqual(['lost'])
})
