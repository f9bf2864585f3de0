/** Which rows of a table are shown, in which order, and which of them fit on the screen. */
import { shown, type Cell, type Table } from './table'

export interface Sort {
  column: number
  descending: boolean
}

const collator = new Intl.Collator(undefined, { numeric: true, sensitivity: 'base' })

/** Numbers before text, missing values last; text in natural order ("item 2" before "item 10"). */
export function compare(a: Cell | undefined, b: Cell | undefined): number {
  const [emptyA, emptyB] = [a === null || a === undefined || a === '', b === null || b === undefined || b === '']
  if (emptyA || emptyB) return emptyA === emptyB ? 0 : emptyA ? 1 : -1
  const [numberA, numberB] = [typeof a !== 'string', typeof b !== 'string']
  if (numberA && numberB) return Number(a) - Number(b)
  if (numberA !== numberB) return numberA ? -1 : 1
  return collator.compare(a as string, b as string)
}

/** Text of a cell of the data, by row and column. */
export type TextAt = (row: number, column: number) => string

/** Row numbers of the data in the order shown. Empty cells stay last in both directions. */
export function order(
  table: Table,
  sorts: Sort[],
  query: string,
  textAt: TextAt = (row, column) => shown(table, row, column),
): number[] {
  const needle = query.trim().toLowerCase()
  const rows: number[] = []
  const holds = (row: number, column: number): boolean =>
    shown(table, row, column).toLowerCase().includes(needle) || textAt(row, column).toLowerCase().includes(needle)
  for (let row = 0; row < table.data.length; row++) {
    if (needle === '' || table.headers.some((_, column) => holds(row, column))) rows.push(row)
  }
  if (sorts.length === 0) return rows
  return rows.sort((a, b) => {
    for (const { column, descending } of sorts) {
      const [left, right] = [table.data[a]?.[column], table.data[b]?.[column]]
      const result = compare(left, right)
      if (result === 0) continue
      const empty = [left, right].some((cell) => cell === null || cell === undefined || cell === '')
      return descending && !empty ? -result : result
    }
    return a - b
  })
}

/** The next state of a header's button: ascending, descending, unsorted. With `add`, other columns stay. */
export function cycled(sorts: Sort[], column: number, add: boolean): Sort[] {
  const own = sorts.find((sort) => sort.column === column)
  const others = add ? sorts.filter((sort) => sort.column !== column) : []
  if (!own) return [...others, { column, descending: false }]
  return own.descending ? others : [...others, { column, descending: true }]
}

/** Row heights: one for all, corrected where a wrapped row was measured. */
export class Heights {
  private readonly measured = new Map<number, number>()
  private sums: Float64Array | null = null
  private length = 0

  constructor(readonly standard: number) {}

  /** Forgets everything, because the table is a new one. */
  clear(): void {
    this.measured.clear()
    this.sums = null
  }

  /** Records a row's height; returns whether it changed. */
  note(row: number, height: number): boolean {
    if (Math.abs((this.measured.get(row) ?? this.standard) - height) < 1) return false
    this.measured.set(row, height)
    this.sums = null
    return true
  }

  /** Top of a row. */
  top(row: number, count: number): number {
    if (this.measured.size === 0) return row * this.standard
    if (!this.sums || this.length !== count) {
      this.sums = new Float64Array(count + 1)
      for (let at = 0; at < count; at++)
        this.sums[at + 1] = (this.sums[at] as number) + (this.measured.get(at) ?? this.standard)
      this.length = count
    }
    return this.sums[Math.min(row, count)] as number
  }

  /** The row at a height. */
  at(y: number, count: number): number {
    if (this.measured.size === 0) return Math.min(Math.max(Math.floor(y / this.standard), 0), count)
    let [low, high] = [0, count]
    while (low < high) {
      const middle = (low + high) >> 1
      if (this.top(middle + 1, count) <= y) low = middle + 1
      else high = middle
    }
    return low
  }
}

const OVERSCAN = 8

/** Rows to draw: the visible ones, a few more, and `keep`, which has the focus. */
export function visible(heights: Heights, count: number, scroll: number, height: number, keep: number): number[] {
  const first = Math.max(heights.at(scroll, count) - OVERSCAN, 0)
  const last = Math.min(heights.at(scroll + height, count) + OVERSCAN, count - 1)
  const rows: number[] = []
  if (keep >= 0 && keep < first) rows.push(keep)
  for (let row = first; row <= last; row++) rows.push(row)
  if (keep > last && keep < count) rows.push(keep)
  return rows
}

/** Width of each column: the author's, else by its longest text among the first rows. */
export function tracks(
  table: Table,
  widths: (string | null)[] | null | undefined,
  pinned: number,
  textAt: TextAt,
): string[] {
  const sample = Math.min(table.data.length, 100)
  return table.headers.map((header, column) => {
    const given = widths?.[column]
    if (given) return given
    let longest = String(header).length + 4
    for (let row = 0; row < sample; row++) longest = Math.max(longest, textAt(row, column).length)
    const pixels = Math.min(Math.max(longest * 8 + 24, 88), 360)
    return column < pinned ? `${pixels}px` : `minmax(${pixels}px, ${Math.max(longest, 6)}fr)`
  })
}

/** Minimum width of the columns in pixels; below it the table scrolls sideways. */
export function leastWidth(columns: string[]): number {
  return columns.reduce((sum, track) => sum + (Number(/(\d+(?:\.\d+)?)px/.exec(track)?.[1]) || 100), 0)
}
