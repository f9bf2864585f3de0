import { expect, test } from 'vitest'
import { Frames } from '../src/page/frames'

function frames() {
  const bunches: number[][] = []
  const scheduled: (() => void)[] = []
  const queue = new Frames<number>(
    (items) => void bunches.push(items),
    (run) => void scheduled.push(run),
  )
  const frame = (): void => {
    for (const run of scheduled.splice(0)) run()
  }
  return { queue, bunches, frame }
}

test('the first message after a pause goes at once', () => {
  const { queue, bunches } = frames()
  queue.push(1)
  expect(bunches).toEqual([[1]])
})

test('what comes within a frame goes together, in order', () => {
  const { queue, bunches, frame } = frames()
  for (const n of [1, 2, 3, 4]) queue.push(n)
  frame()
  expect(bunches).toEqual([[1], [2, 3, 4]])
})

test('a fast stream makes one bunch per frame', () => {
  const { queue, bunches, frame } = frames()
  for (let at = 0; at < 10; at += 1) {
    for (let n = 0; n < 50; n += 1) queue.push(n)
    frame()
  }
  expect(bunches).toHaveLength(11)
  expect(bunches.flat()).toHaveLength(500)
})

test('after a frame with nothing new the next goes at once again', () => {
  const { queue, bunches, frame } = frames()
  queue.push(1)
  frame()
  queue.push(2)
  expect(bunches).toEqual([[1], [2]])
})

test('an end goes at once, with all that waited before it', () => {
  const { queue, bunches, frame } = frames()
  queue.push(1, 'frame')
  expect(bunches).toEqual([])
  queue.push(2, 'frame')
  queue.push(3, 'now')
  expect(bunches).toEqual([[1, 2, 3]])
  frame()
  expect(bunches).toHaveLength(1)
})

test('what only tells how far it is waits for the frame', () => {
  const { queue, bunches, frame } = frames()
  queue.push(1, 'frame')
  queue.push(2, 'soon')
  expect(bunches).toEqual([])
  frame()
  expect(bunches).toEqual([[1, 2]])
})
