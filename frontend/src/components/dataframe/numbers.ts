/** Formats of table columns: the author's, else numbers with aligned decimals. */
import { written, type ColumnFormat } from './column-format'
import { headerText, typeAt, type Cell, type CellType, type Table } from './table'

/** Number of rows that are examined to determine a column's content. */
const SAMPLE = 500
const MOST_DECIMALS = 6
/** From here on, whole numbers have separators; columns with smaller ones may contain years. */
const FIVE_DIGITS = 10_000
/** Headers of columns whose numbers are identifiers: "ID", "order_id", "orderId", "Year". */
const NAMES = [/(?:^|[^a-z])(?:ids?|years?)$/i, /[a-z]I[dD]s?$/]

/** Format of a column. */
export interface Format {
  /** Whether its numbers are right-aligned. */
  numeric: boolean
  /** Whether the format is the author's, which takes precedence over a Styler's text. */
  own: boolean
  /** Text of a cell, or null if the cell is shown unchanged. */
  write: (value: Cell | undefined) => string | null
}

export function formats(
  table: Table,
  datatype: CellType | CellType[] | undefined,
  own: Record<string, ColumnFormat> | null | undefined = null,
): (Format | null)[] {
  return table.headers.map((header, column) => {
    const format = own && Object.hasOwn(own, headerText(header)) ? own[headerText(header)] : undefined
    if (format) return { numeric: format.kind === 'number', own: true, write: (value) => written(value, format) }
    return usual(table, column, typeAt(datatype, column))
  })
}

function usual(table: Table, column: number, type: CellType): Format | null {
  if (type !== 'number' && type !== 'str') return null
  let decimals = -1
  let largest = 0
  for (const row of table.data.slice(0, SAMPLE)) {
    const value = row[column]
    if (typeof value === 'number' && Number.isFinite(value)) {
      decimals = Math.max(decimals, decimalsOf(value))
      largest = Math.max(largest, Math.abs(value))
    } else if (value !== null && value !== undefined && value !== '' && typeof value !== 'number') return null
  }
  if (decimals < 0) return null
  const digits = Math.min(decimals, MOST_DECIMALS)
  const name = headerText(table.headers[column])
  const useGrouping = digits > 0 || (largest >= FIVE_DIGITS && !NAMES.some((pattern) => pattern.test(name)))
  const format = new Intl.NumberFormat('en-US', {
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
    useGrouping,
  })
  return { numeric: true, own: false, write: (value) => (typeof value === 'number' ? format.format(value) : null) }
}

function decimalsOf(value: number): number {
  const [, decimals = '', exponent = '0'] = /(?:\.(\d+))?(?:e([+-]\d+))?$/.exec(String(value)) ?? []
  return Math.max(0, decimals.length - Number(exponent))
}
