import { expect, test } from 'vitest'
import { formats } from './numbers'

const table = (...column: (string | number | null)[]) => ({ headers: ['a'], data: column.map((value) => [value]) })
const written = (...column: (string | number | null)[]) => {
  const [format] = formats(table(...column), 'str')
  return format ? column.map((value) => (typeof value === 'number' ? format(value) : value)) : null
}

test('decimals line up, thousands are apart', () => {
  expect(written(1240.5, 899, null, -0.25)).toEqual(['1,240.50', '899.00', null, '-0.25'])
  expect(written(27275, 58)).toEqual(['27,275', '58'])
  expect(written(1e-9, 1)).toEqual(['0.000000', '1.000000'])
})

test('a column with words in it holds no numbers', () => {
  expect(written(1, 'two')).toBeNull()
  expect(written('1', '2')).toBeNull()
  expect(written(null)).toBeNull()
  expect(formats(table(1), 'date')).toEqual([null])
})
