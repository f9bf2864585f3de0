import { expect, test } from 'vitest'
import type { Choice } from '../parts/choices'
import { allState, selectAll, toggle } from './checkboxgroup'

const choices: Choice[] = [
  ['Apple', 'a'],
  ['Three', 3],
]

test('a click adds a value at the end, another takes it out', () => {
  expect(toggle(choices, [3], 'a')).toEqual([3, 'a'])
  expect(toggle(choices, [3, 'a'], 3)).toEqual(['a'])
})

test('a value that is no choice cannot be added', () => {
  expect(toggle(choices, [], '3')).toEqual([])
})

test('the box for all knows none, some and all', () => {
  expect(allState(choices, [])).toBe('none')
  expect(allState(choices, ['a'])).toBe('some')
  expect(allState(choices, ['a', 3])).toBe('all')
})

test('the box for all chooses all, and then none', () => {
  expect(selectAll(choices, ['a'])).toEqual(['a', 3])
  expect(selectAll(choices, ['a', 3])).toEqual([])
})
