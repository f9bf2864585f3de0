import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { perFrame } from './frame'

let frames: (() => void)[] = []

beforeEach(() => {
  frames = []
  vi.useFakeTimers()
  vi.stubGlobal('requestAnimationFrame', (run: () => void) => frames.push(run))
  vi.stubGlobal('cancelAnimationFrame', (id: number) => (frames[id - 1] = () => undefined))
})
afterEach(() => {
  vi.useRealTimers()
  vi.unstubAllGlobals()
})

const nextFrame = (): void => {
  for (const run of frames.splice(0)) run()
  vi.advanceTimersByTime(1000)
}

test('only the latest request of a frame runs', () => {
  const done: string[] = []
  const frame = perFrame()
  frame.run(() => done.push('first'))
  frame.run(() => done.push('second'))
  nextFrame()
  expect(done).toEqual(['second'])
})

test('what is asked for at once is not undone by an older request', () => {
  const done: string[] = []
  const frame = perFrame()
  frame.run(() => done.push('half of the text'))
  frame.now(() => done.push('all of the text'))
  nextFrame()
  expect(done).toEqual(['all of the text'])
})

test('a request after one that ran at once runs with the next frame', () => {
  const done: string[] = []
  const frame = perFrame()
  frame.run(() => done.push('old'))
  frame.now(() => done.push('now'))
  frame.run(() => done.push('next'))
  expect(done).toEqual(['now'])
  nextFrame()
  expect(done).toEqual(['now', 'next'])
})
