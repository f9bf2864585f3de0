import { expect, test } from 'vitest'
import { segmented } from './radio'

test('two to four short choices make a bar', () => {
  expect(
    segmented([
      ['Brief', 1],
      ['Normal', 2],
    ]),
  ).toBe(true)
  expect(segmented([['Brief', 1]])).toBe(false)
  expect(segmented('abcde'.split('').map((text) => [text, text]))).toBe(false)
  expect(
    segmented([
      ['An answer of many words', 1],
      ['Another of as many', 2],
    ]),
  ).toBe(false)
})
