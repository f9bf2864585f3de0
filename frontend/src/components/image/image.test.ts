import { expect, test } from 'vitest'
import { constraintsOf, pasted, pixelAt } from './image'

test('a click on a fitted picture names its pixel', () => {
  const box = { width: 200, height: 100 }
  expect(pixelAt({ x: 100, y: 50 }, box, { width: 400, height: 400 })).toEqual([200, 200])
  expect(pixelAt({ x: 50, y: 0 }, box, { width: 400, height: 400 })).toEqual([0, 0])
})

test('a click on the bar beside a picture is none', () => {
  expect(pixelAt({ x: 10, y: 50 }, { width: 200, height: 100 }, { width: 400, height: 400 })).toBeNull()
})

test('camera constraints are taken in both forms', () => {
  expect(constraintsOf({ constraints: { video: { width: 640 } } })).toEqual({ width: 640 })
  expect(constraintsOf({ constraints: { width: 640 } })).toEqual({ width: 640 })
  expect(constraintsOf({})).toBe(true)
})

test('the first picture of a paste is taken', () => {
  const picture = new File(['x'], 'a.png', { type: 'image/png' })
  const items = [
    { kind: 'string', type: 'text/html', getAsFile: () => null },
    { kind: 'file', type: 'image/png', getAsFile: () => picture },
  ]
  expect(pasted(items)).toBe(picture)
  expect(pasted(items.slice(0, 1))).toBeNull()
})
