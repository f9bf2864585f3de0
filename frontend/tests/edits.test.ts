import { expect, test } from 'vitest'
import { applyEdits } from '../src/protocol/edits'

test('text grows by what is appended', () => {
  expect(applyEdits('ab', [['append', [], 'c']])).toBe('abc')
})

test('no edits leave the very same value', () => {
  const value = { a: [1] }
  expect(applyEdits(value, [])).toBe(value)
})

test('a list takes an item in the middle and loses those at the indices given', () => {
  const after = applyEdits(
    ['a', 'c', 'x', 'y'],
    [
      ['add', [1], 'b'],
      ['delete', [3], null],
      ['delete', [3], null],
    ],
  )
  expect(after).toEqual(['a', 'b', 'c'])
})

test('a deep change leaves the value before untouched and shares the rest', () => {
  const before = { messages: [{ text: 'hi' }, { text: 'ho' }], other: { big: true } }
  const after = applyEdits(before, [['append', ['messages', 1, 'text'], '!']]) as typeof before
  expect(after.messages[1]!.text).toBe('ho!')
  expect(before.messages[1]!.text).toBe('ho')
  expect(after.other).toBe(before.other)
  expect(after.messages[0]).toBe(before.messages[0])
})

test('keys are set, replaced and removed', () => {
  const after = applyEdits({ a: 1, b: 2 }, [
    ['add', ['c'], 3],
    ['replace', ['a'], 'x'],
    ['delete', ['b'], null],
  ])
  expect(after).toEqual({ a: 'x', c: 3 })
})

test('the whole value can be replaced', () => {
  expect(applyEdits(null, [['replace', [], { a: 1 }]])).toEqual({ a: 1 })
})
