import { expect, test } from 'vitest'
import { about, counted, line, seconds, shareOf } from './status'

const unit = { index: null, length: null, unit: 'steps', progress: null, desc: null }

test('a duration is short', () => {
  expect([0.04, 2.46, 9.99, 12.4, 60, 125].map(seconds)).toEqual([
    '0.0 s',
    '2.5 s',
    '10.0 s',
    '12 s',
    '1 min 0 s',
    '2 min 5 s',
  ])
})

test('what is expected is rounded', () => {
  expect([0.4, 2.46, 9.6, 75].map(about)).toEqual(['about 0.4 s', 'about 2 s', 'about 10 s', 'about 1 min 15 s'])
})

test('progress is counted as a person would', () => {
  expect(counted({ ...unit, index: 2, length: 8 })).toBe('2 of 8')
  expect(counted({ ...unit, index: 2, length: 8, unit: 'files' })).toBe('2 of 8 files')
  expect(counted({ ...unit, index: 3 })).toBe('3')
  expect(counted({ ...unit, progress: 0.256 })).toBe('26%')
  expect([shareOf({ ...unit, index: 2, length: 8 }), shareOf({ ...unit, index: 2 }), shareOf(null)]).toEqual([
    0.25,
    null,
    null,
  ])
})

test('the place in the queue is an ordinal', () => {
  const waiting = { kind: 'waiting', size: 20, eta: null, since: 0 } as const
  expect([0, 2, 14].map((rank) => line({ ...waiting, rank, for: 'queue' }))).toEqual([
    'Next in line',
    'Third in line',
    'Number 15 in line',
  ])
  expect(line({ ...waiting, rank: null, for: 'queue' })).toBe('Waiting')
  expect(line({ ...waiting, rank: 0, for: 'state' })).toBe('Waiting for an earlier step')
})
