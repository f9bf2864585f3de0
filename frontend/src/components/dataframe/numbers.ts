/** How the numbers of a table are shown: with separators, and with decimals that line up. */
import { typeAt, type CellType, type Table } from './table'

/** Rows that are looked at to find out what a column holds. */
const SAMPLE = 500
const MOST_DECIMALS = 6

/** Writes a number; one per column that holds numbers, null for the others. */
export type Format = (value: number) => string

export function formats(table: Table, datatype: CellType | CellType[] | undefined): (Format | null)[] {
  return table.headers.map((_, column) => formatOf(table, column, typeAt(datatype, column)))
}

function formatOf(table: Table, column: number, type: CellType): Format | null {
  if (type !== 'number' && type !== 'str') return null
  let decimals = -1
  for (const row of table.data.slice(0, SAMPLE)) {
    const value = row[column]
    if (typeof value === 'number' && Number.isFinite(value)) decimals = Math.max(decimals, decimalsOf(value))
    else if (value !== null && value !== undefined && value !== '' && typeof value !== 'number') return null
  }
  if (decimals < 0) return null
  const digits = Math.min(decimals, MOST_DECIMALS)
  const format = new Intl.NumberFormat('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits })
  return (value) => format.format(value)
}

function decimalsOf(value: number): number {
  const [, decimals = '', exponent = '0'] = /(?:\.(\d+))?(?:e([+-]\d+))?$/.exec(String(value)) ?? []
  return Math.max(0, decimals.length - Number(exponent))
}
