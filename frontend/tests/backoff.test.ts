import { expect, test } from 'vitest'
import { backoff, nextWay } from '../src/transport/backoff'

test('waits grow from a quarter of a second to ten', () => {
  const waits = [0, 1, 2, 3, 9, 30].map((failures) => backoff(failures, () => 1))
  expect(waits).toEqual([250, 500, 1000, 2000, 10_000, 10_000])
})

test('pages that lost the server together do not come back in step', () => {
  expect(backoff(2, () => 0)).toBe(500)
  expect(backoff(2, () => 0.5)).toBe(750)
})

test('before anything worked, the two ways take turns', () => {
  expect([0, 1, 2, 3].map((failures) => nextWay(null, failures))).toEqual(['socket', 'fallback', 'socket', 'fallback'])
})

test('the way that worked is tried three times before the other', () => {
  const tried = [0, 1, 2, 3, 4, 5].map((failures) => nextWay('socket', failures))
  expect(tried).toEqual(['socket', 'socket', 'socket', 'fallback', 'socket', 'fallback'])
})
