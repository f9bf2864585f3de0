import { describe, expect, test } from 'vitest'
import { enterSubmits, isSingleLine, selectionOf } from './textbox'

const key = (shiftKey: boolean, isComposing = false) => ({ key: 'Enter', shiftKey, isComposing })

describe('Enter', () => {
  test('sends a one-line box, and makes a line with Shift', () => {
    expect(enterSubmits(key(false), 1)).toBe(true)
    expect(enterSubmits(key(true), 1)).toBe(false)
  })

  test('makes a line in a larger box, and sends it with Shift', () => {
    expect(enterSubmits(key(false), 3)).toBe(false)
    expect(enterSubmits(key(true), 3)).toBe(true)
  })

  test('picks a word of an input method without sending', () => {
    expect(enterSubmits(key(false, true), 1)).toBe(false)
  })

  test('is the only key that sends', () => {
    expect(enterSubmits({ key: 'a', shiftKey: false, isComposing: false }, 1)).toBe(false)
  })
})

test('a box that may not grow, a password and an e-mail address are real inputs', () => {
  expect(isSingleLine({})).toBe(false)
  expect(isSingleLine({ lines: 1, max_lines: 1 })).toBe(true)
  expect(isSingleLine({ type: 'password' })).toBe(true)
  expect(isSingleLine({ type: 'email', lines: 3 })).toBe(true)
})

test('a selection is told with its range and its text', () => {
  expect(selectionOf({ value: 'hello', selectionStart: 1, selectionEnd: 3 })).toEqual({ index: [1, 3], value: 'el' })
})
