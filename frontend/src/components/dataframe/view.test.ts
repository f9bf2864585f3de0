import { expect, test } from 'vitest'
import { shown, type Table } from './table'
import { compare, cycled, Heights, leastWidth, order, tracks, visible } from './view'

const table: Table = {
  headers: ['name', 'n'],
  data: [
    ['item 10', 2],
    ['item 2', 10],
    ['', null],
    ['Item 1', 2],
  ],
}

const textAt = (row: number, column: number): string => shown(table, row, column)

test('numbers sort as numbers, texts as people do, nothing comes last', () => {
  expect(order(table, [{ column: 0, descending: false }], '')).toEqual([3, 1, 0, 2])
  expect(order(table, [{ column: 1, descending: false }], '')).toEqual([0, 3, 1, 2])
})

test('nothing stays last when the order is turned round', () => {
  expect(order(table, [{ column: 1, descending: true }], '')).toEqual([1, 0, 3, 2])
})

test('a second column decides where the first is equal', () => {
  const sorts = [
    { column: 1, descending: false },
    { column: 0, descending: false },
  ]
  expect(order(table, sorts, '')).toEqual([3, 0, 1, 2])
})

test('a search leaves the rows that show the text', () => {
  expect(order(table, [], 'ITEM 1')).toEqual([0, 3])
})

test('numbers come before texts', () => {
  expect(compare(5, 'a')).toBeLessThan(0)
  expect(compare('a', true)).toBeGreaterThan(0)
  expect(compare(null, undefined)).toBe(0)
})

test("a header's button goes up, down and off; with Shift beside others", () => {
  const up = cycled([], 0, false)
  const down = cycled(up, 0, false)
  expect([up, down, cycled(down, 0, false)]).toEqual([
    [{ column: 0, descending: false }],
    [{ column: 0, descending: true }],
    [],
  ])
  expect(cycled(up, 1, true)).toEqual([...up, { column: 1, descending: false }])
  expect(cycled(up, 1, false)).toEqual([{ column: 1, descending: false }])
})

test('equal heights need no list', () => {
  const heights = new Heights(35)
  expect(heights.top(1000, 5000)).toBe(35_000)
  expect(heights.at(70, 5000)).toBe(2)
})

test('a measured row moves those below it', () => {
  const heights = new Heights(10)
  expect(heights.note(1, 30)).toBe(true)
  expect(heights.note(1, 30)).toBe(false)
  expect([0, 1, 2, 3].map((row) => heights.top(row, 3))).toEqual([0, 10, 40, 50])
  expect([0, 9, 10, 39, 40].map((y) => heights.at(y, 3))).toEqual([0, 0, 1, 1, 2])
  heights.clear()
  expect(heights.top(3, 3)).toBe(30)
})

test('only rows in sight and a few more are drawn, and the one that has the focus', () => {
  const heights = new Heights(10)
  const rows = visible(heights, 100_000, 5000, 100, 3)
  expect(rows[0]).toBe(3)
  expect(rows[1]).toBe(492)
  expect(rows.length).toBeLessThan(40)
  expect(visible(heights, 3, 0, 100, -1)).toEqual([0, 1, 2])
  expect(visible(heights, 0, 0, 100, -1)).toEqual([])
})

test('a search finds what a cell holds and how it is written', () => {
  const written = (row: number, column: number): string =>
    column === 1 && row === 1 ? '$10.00' : shown(table, row, column)
  expect(order(table, [], '$10.0', written)).toEqual([1])
  expect(order(table, [], 'item 10', written)).toEqual([0])
})

test('columns are as wide as the author says, else as their texts', () => {
  expect(tracks(table, ['50px', null], 0, textAt)).toEqual(['50px', 'minmax(88px, 6fr)'])
  expect(tracks(table, null, 1, textAt)[0]).toBe('88px')
})

test('a table is at least as wide as its columns', () => {
  expect(leastWidth(['50px', 'minmax(88px, 6fr)', '20%'])).toBe(238)
})
