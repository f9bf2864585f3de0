import { expect, test } from 'vitest'
import { entriesOf, isEmpty, kindOf, pretty, shownAtFirst, summary } from './json'

test('only the absence of a value is nothing', () => {
  expect([null, undefined].map(isEmpty)).toEqual([true, true])
  expect([0, '', false, [], {}].map(isEmpty)).toEqual([false, false, false, false, false])
})

test('kinds are those of JSON', () => {
  expect([null, true, 1, 'a', [], {}].map(kindOf)).toEqual(['null', 'boolean', 'number', 'string', 'array', 'object'])
})

test('lists have positions for names', () => {
  expect(entriesOf(['a', 'b'])).toEqual([
    ['0', 'a'],
    ['1', 'b'],
  ])
  expect(entriesOf({ x: 1 })).toEqual([['x', 1]])
  expect(entriesOf('abc')).toEqual([])
})

test('a closed branch says how much is in it', () => {
  expect(summary([1])).toBe('1 item')
  expect(summary([1, 2])).toBe('2 items')
  expect(summary({ a: 1 })).toBe('1 key')
})

test('two levels are open at first, all if the author says so', () => {
  expect([0, 1, 2, 3].map((depth) => shownAtFirst(depth, false))).toEqual([true, true, false, false])
  expect(shownAtFirst(9, true)).toBe(true)
})

test('what is copied is pretty JSON', () => {
  expect(pretty({ a: [1] })).toBe('{\n  "a": [\n    1\n  ]\n}')
})
