import { expect, test } from 'vitest'
import { isGallery, pages, words } from './dataset'

const textbox = { name: 'textbox' }

test('examples of one component are cards, of several a table, unless the author says which', () => {
  expect(isGallery({ components: [textbox] })).toBe(true)
  expect(isGallery({ components: [textbox, textbox] })).toBe(false)
  expect(isGallery({ components: [textbox, textbox], sample_labels: ['a'] })).toBe(true)
  expect(isGallery({ components: [textbox], layout: 'table' })).toBe(false)
})

test('of many pages the ends and the neighbours are offered', () => {
  expect(pages(3, 0)).toEqual([0, 1, 2])
  expect(pages(20, 10)).toEqual([0, null, 9, 10, 11, null, 19])
})

test('cells are put in words', () => {
  expect(words(null)).toBe('')
  expect(words(true)).toBe('yes')
  expect(words(['a', 'b'])).toBe('a, b')
  expect(words({ path: '/tmp/x/a.png' })).toBe('a.png')
  expect(words({ text: 'hi', files: [] })).toBe('hi')
  expect(words('x'.repeat(100))).toBe(`${'x'.repeat(60)}…`)
})
