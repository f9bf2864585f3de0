import { expect, test } from 'vitest'
import { formats } from './numbers'

const table = (...column: (string | number | null)[]) => ({ headers: ['a'], data: column.map((value) => [value]) })
const written = (...column: (string | number | null)[]) => {
  const [format] = formats(table(...column), 'str')
  return format ? column.map((value) => format.write(value)) : null
}

test('decimals line up, thousands are apart', () => {
  expect(written(1240.5, 899, null, -0.25)).toEqual(['1,240.50', '899.00', null, '-0.25'])
  expect(written(27275, 58)).toEqual(['27,275', '58'])
  expect(written(27275, 1580)).toEqual(['27,275', '1,580'])
  expect(written(1e-9, 1)).toEqual(['0.000000', '1.000000'])
})

test('whole numbers of four digits at most may be years: they have no separators', () => {
  expect(written(2024, 1999, null)).toEqual(['2024', '1999', null])
  expect(written(-9999, 58)).toEqual(['-9999', '58'])
  expect(written(-10000, 58)).toEqual(['-10,000', '58'])
  expect(written(2024.5)).toEqual(['2,024.5'])
})

test.each(['ID', 'id', 'order_id', 'Order ID', 'orderId', 'Year', 'IDs'])(
  'numbers below %s are names: they have no separators',
  (header) => {
    const [format] = formats({ headers: [header], data: [[1234567]] }, 'number')
    expect(format?.write(1234567)).toBe('1234567')
  },
)

test.each(['Paid', 'Midyear total', 'Grid', 'Yearly'])('%s is a column of numbers', (header) => {
  expect(formats({ headers: [header], data: [[1234567]] }, 'number')[0]?.write(1234567)).toBe('1,234,567')
})

test("the author's format counts for its column, by the text of its header", () => {
  const wide = { headers: ['Year', ['2024', 'May'], 'constructor'], data: [[2024, 1.5, 'x']] }
  const [year, may, other] = formats(wide, 'str', {
    '2024 / May': { kind: 'number', type: '%', precision: 0 },
    Year: { kind: 'number', group: ',' },
  })
  expect([year?.write(2024), may?.write(1.5), other]).toEqual(['2,024', '150%', null])
})

test('a column with words in it holds no numbers', () => {
  expect(written(1, 'two')).toBeNull()
  expect(written('1', '2')).toBeNull()
  expect(written(null)).toBeNull()
  expect(formats(table(1), 'date')).toEqual([null])
})
