import { expect, test } from 'vitest'
import { decimals, parse, stepped } from './number'

test('an empty box is no value, and text that is no number is none either', () => {
  expect(parse('')).toBeNull()
  expect(parse('  ')).toBeNull()
  expect(parse('abc')).toBeNull()
})

test('typed numbers keep their value', () => {
  expect(parse('1.05')).toBe(1.05)
  expect(parse('-3e2')).toBe(-300)
  expect(parse('0')).toBe(0)
})

test('digits after the point are counted, also of very small numbers', () => {
  expect(decimals(1)).toBe(0)
  expect(decimals(0.25)).toBe(2)
  expect(decimals(1e-7)).toBe(7)
})

test('steps do not show the noise of binary fractions', () => {
  expect(stepped(0.1, 1, { step: 0.2 })).toBe(0.3)
  expect(stepped(0.3, -1, { step: 0.1 })).toBe(0.2)
})

test('steps stop at the limits', () => {
  expect(stepped(10, 1, { maximum: 10 })).toBe(10)
  expect(stepped(0, -1, { minimum: 0 })).toBe(0)
})

test('the first step in an empty box begins at zero, or at the minimum above it', () => {
  expect(stepped(null, 1, {})).toBe(1)
  expect(stepped(null, 1, { minimum: 5 })).toBe(5)
})
