import { expect, test } from 'vitest'
import { clamp, filled, stepOf } from './slider'

test.each([
  [0, 10, 0.1],
  [0, 1, 0.01],
  [0, 100, 1],
  [0, 1000, 10],
  [-5, 5, 0.1],
  [0.5, 3.25, 0.01],
  [0, 0.01, 0.0001],
])('between %d and %d the step is %d when none is given', (minimum, maximum, step) => {
  expect(stepOf({ minimum, maximum })).toBe(step)
})

test("the author's step wins", () => {
  expect(stepOf({ minimum: 0, maximum: 10, step: 2 })).toBe(2)
})

test('values are held between the ends', () => {
  expect(clamp(12, 0, 10)).toBe(10)
  expect(clamp(-1, 0, 10)).toBe(0)
})

test('the filled part is a share of the range, and nothing where there is no range', () => {
  expect(filled(15, 10, 20)).toBe(50)
  expect(filled(99, 10, 20)).toBe(100)
  expect(filled(5, 5, 5)).toBe(0)
})
