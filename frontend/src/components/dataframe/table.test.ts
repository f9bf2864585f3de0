import { expect, test } from 'vitest'
import { cellText,
  fromTsv, headerText, parse, picked, shaped, shown, toCsv, toTsv, withCells, withColumn, withHeader, withRow, withoutColumn,
  withoutRows, type Table,
} from './table' // prettier-ignore

const table: Table = {
  headers: ['Name', 'Age'],
  data: [
    ['Ada', 36],
    ['Grace', 85],
  ],
  metadata: {
    display_value: [
      ['Ada', '36 y'],
      ['Grace', '85 y'],
    ],
    styling: [
      ['', 'color:red'],
      ['', ''],
    ],
  },
}

test('an empty table to write into has blank rows', () => {
  expect(shaped({ headers: [], data: [] }, ['a', 'b'], 2).data).toEqual([
    ['', ''],
    ['', ''],
  ])
  expect(shaped(null, ['a'], 0).data).toEqual([])
})

test('columns beyond the headers are numbered', () => {
  expect(shaped({ headers: ['a'], data: [[1, 2, 3]] }, [], 0).headers).toEqual(['a', '2', '3'])
})

test('headers of several levels are joined', () => {
  expect(headerText(['2024', 'May'])).toBe('2024 / May')
})

test("a cell shows the Styler's text, else its value", () => {
  expect(shown(table, 0, 1)).toBe('36 y')
  expect(shown({ ...table, metadata: null }, 0, 1)).toBe('36')
  expect(shown({ ...table, data: [[null, 1]], metadata: null }, 0, 0)).toBe('')
})

test('typed text becomes a value of its column', () => {
  expect(parse('3.5', 'number', null)).toBe(3.5)
  expect(parse('', 'number', 1)).toBeNull()
  expect(parse('n/a', 'number', 1)).toBe('n/a')
  expect(parse('TRUE', 'bool', false)).toBe(true)
  expect(parse('7', 'str', 'x')).toBe('7')
  expect(parse('7', 'str', 3)).toBe(7)
})

test('a changed cell copies its row and no other, and its shown text follows', () => {
  const next = withCells(table, [{ row: 0, column: 1, value: 37 }])
  expect(next.data[0]).toEqual(['Ada', 37])
  expect(next.data[1]).toBe(table.data[1])
  expect(table.data[0]).toEqual(['Ada', 36])
  expect(shown(next, 0, 1)).toBe('37')
})

test('changes outside the table are left out', () => {
  expect(
    withCells(table, [
      { row: 9, column: 0, value: 1 },
      { row: 0, column: 9, value: 1 },
    ]).data,
  ).toEqual(table.data)
})

test('rows come and go with their styling', () => {
  const more = withRow(table, 1)
  expect(more.data).toEqual([
    ['Ada', 36],
    ['', ''],
    ['Grace', 85],
  ])
  expect(more.metadata?.styling).toEqual([
    ['', 'color:red'],
    ['', ''],
    ['', ''],
  ])
  expect(withoutRows(more, [0, 1]).data).toEqual([['Grace', 85]])
})

test('columns come and go, and a new name is no old one', () => {
  const wider = withColumn({ ...table, headers: ['Header 3', 'Age'] }, 1)
  expect(wider.headers).toEqual(['Header 3', 'Header 4', 'Age'])
  expect(wider.data[0]).toEqual(['Ada', '', 36])
  expect(withoutColumn(wider, 0).data[0]).toEqual(['', 36])
  expect(withHeader(table, 1, 'Years').headers).toEqual(['Name', 'Years'])
})

test('a filter made permanent keeps rows, texts and styles together', () => {
  const next = picked(table, [1])
  expect(next.data).toEqual([['Grace', 85]])
  expect(next.metadata?.display_value).toEqual([['Grace', '85 y']])
})

test('copied cells paste into a spreadsheet and back', () => {
  const cells = [
    ['a', '1', ''],
    ['b\nc', '', '"q"'],
    ['', 'd\te', '5" f'],
  ]
  expect(
    toTsv([
      ['a', 1],
      ['b\nc', null],
    ]),
  ).toBe('a\t1\n"b\nc"\t')
  expect(fromTsv(toTsv(cells))).toEqual(cells)
  expect(fromTsv('a\t1\r\nb\t2\r\n')).toEqual([
    ['a', '1'],
    ['b', '2'],
  ])
  expect(fromTsv('"say ""hi"""\t"open')).toEqual([['say "hi"', '"open']])
  expect(fromTsv('')).toEqual([['']])
})

test('CSV quotes what needs it', () => {
  expect(toCsv({ headers: ['a,b', 'c'], data: [['x"y', null]] })).toBe('"a,b",c\n"x""y",')
})

/** E13: siblings looked for: the cell, its editor, search, widths, copying, the Styler's text, a select event; found: all
 * that make text of a value, which now go through one function. */
test('what is no scalar is shown, searched and copied as JSON', () => {
  expect([cellText({ a: [1] }), cellText([1, 'b']), cellText(null), cellText(0), cellText(false)]).toEqual([
    '{"a":[1]}',
    '[1,"b"]',
    '',
    '0',
    'false',
  ])
  expect(shown({ headers: ['x'], data: [[{ a: 1 }]], metadata: null } as unknown as Table, 0, 0)).toBe('{"a":1}')
})
