import { expect, test } from 'vitest'
import type { Choice } from '../parts/choices'
import { limited, matches, meant, place, step, textOf, toggled } from './dropdown'

const choices: Choice[] = [
  ['Austria', 'at'],
  ['Australia', 'au'],
  ['Chile', 'cl'],
]

test('typing leaves the choices that contain it, whatever the case', () => {
  expect(matches(choices, 'AUS').map(({ value }) => value)).toEqual(['at', 'au'])
  expect(matches(choices, 'hil')).toEqual([{ text: 'Chile', value: 'cl', index: 2 }])
})

test('no more choices are shown than asked for, but the chosen one always', () => {
  const found = matches(choices, '')
  expect(limited(found, 2, []).map(({ value }) => value)).toEqual(['at', 'au'])
  expect(limited(found, 1, ['cl']).map(({ value }) => value)).toEqual(['at', 'cl'])
})

test('a value is shown by its text, an unknown one by itself', () => {
  expect(textOf(choices, 'cl')).toBe('Chile')
  expect(textOf(choices, 'zz')).toBe('zz')
  expect(textOf(choices, null)).toBe('')
})

test('typed text means the choice of that name', () => {
  expect(meant(choices, 'chile', false)).toBe('cl')
  expect(meant(choices, 'Peru', false)).toBeUndefined()
})

test('with custom values, typed text that names no choice exactly is a value', () => {
  expect(meant(choices, ' Peru ', true)).toBe('Peru')
  expect(meant(choices, 'Chile', true)).toBe('cl')
  expect(meant(choices, '  ', true)).toBeUndefined()
})

test('arrow keys go round', () => {
  expect(step(-1, 1, 3)).toBe(0)
  expect(step(-1, -1, 3)).toBe(2)
  expect(step(2, 1, 3)).toBe(0)
  expect(step(0, 1, 0)).toBe(-1)
})

test('choosing adds or takes away, up to the most allowed', () => {
  expect(toggled(['at'], 'cl', null)).toEqual(['at', 'cl'])
  expect(toggled(['at', 'cl'], 'at', 2)).toEqual(['cl'])
  const full = ['at', 'cl']
  expect(toggled(full, 'au', 2)).toBe(full)
})

test('the list opens upwards where there is no room below', () => {
  expect(place({ top: 10, bottom: 46, left: 5, width: 100 }, 800)).toMatchObject({ top: '50px', bottom: 'auto' })
  expect(place({ top: 700, bottom: 736, left: 5, width: 100 }, 800)).toMatchObject({ top: 'auto', bottom: '104px' })
})
