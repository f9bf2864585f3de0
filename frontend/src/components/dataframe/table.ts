/** Data of a table and edits to it. Every operation returns a new table that shares unchanged rows. */

export type Cell = string | number | boolean | null
export type Header = string | number | string[]

export interface Metadata {
  display_value?: (string | null)[][] | null
  styling?: (string | null)[][] | null
}

export interface Table {
  headers: Header[]
  data: Cell[][]
  metadata?: Metadata | null
}

export type CellType = 'str' | 'number' | 'bool' | 'date' | 'markdown' | 'html' | 'image'

export interface Change {
  row: number
  column: number
  value: Cell
}

/** Text of a header; a multi-level header is joined. */
export function headerText(header: Header | undefined): string {
  return Array.isArray(header) ? header.join(' / ') : String(header ?? '')
}

export function typeAt(datatype: CellType | CellType[] | undefined, column: number): CellType {
  return (Array.isArray(datatype) ? datatype[column] : datatype) ?? 'str'
}

/** The table as shown: an empty one has blank rows to write into, short rows are padded. */
export function shaped(value: Table | null | undefined, headers: Header[], blankRows: number): Table {
  const data = value?.data ?? []
  const width = Math.max(value?.headers?.length || headers.length, data[0]?.length ?? 0)
  const names = value?.headers?.length ? value.headers : headers
  const filled = Array.from({ length: width }, (_, column) => names[column] ?? String(column + 1))
  const empty = data.length === 0 || (data.length === 1 && data[0]?.length === 0)
  const rows = empty ? Array.from({ length: blankRows }, () => blank(width)) : data
  return { headers: filled, data: rows, metadata: value?.metadata ?? null }
}

function blank(width: number): Cell[] {
  return Array.from({ length: width }, () => '')
}

/** A cell's value as text: empty for null, JSON for values that are not scalars. */
export function cellText(value: unknown): string {
  if (value === null || value === undefined) return ''
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}

/** Text shown in a cell: the Styler's, else the value. */
export function shown(table: Table, row: number, column: number): string {
  const display = table.metadata?.display_value?.[row]?.[column]
  if (display !== null && display !== undefined) return display
  return cellText(table.data[row]?.[column])
}

/** Typed text as a value of the column's type; numbers stay numbers even in columns without a type. */
export function parse(text: string, type: CellType, before: Cell | undefined): Cell {
  const numeric = text.trim() !== '' && Number.isFinite(Number(text))
  if (type === 'number') return numeric ? Number(text) : text.trim() === '' ? null : text
  if (type === 'bool') return text.trim().toLowerCase() === 'true' || text.trim() === '1'
  return typeof before === 'number' && numeric ? Number(text) : text
}

/** Content of an erased cell of the type. */
export function erased(type: CellType): Cell {
  return type === 'number' ? null : type === 'bool' ? false : ''
}

export function withCells(table: Table, changes: Change[]): Table {
  const data = [...table.data]
  const display = table.metadata?.display_value ? [...table.metadata.display_value] : null
  const copied = new Set<number>()
  for (const { row, column, value } of changes) {
    if (data[row] === undefined || column >= table.headers.length) continue
    if (!copied.has(row)) {
      data[row] = [...data[row]]
      if (display?.[row]) display[row] = [...display[row]]
      copied.add(row)
    }
    ;(data[row] as Cell[])[column] = value
    const texts = display?.[row]
    if (texts) texts[column] = cellText(value)
  }
  return { ...table, data, metadata: table.metadata ? { ...table.metadata, display_value: display } : null }
}

/** Applies one change to the data and to everything parallel to it. */
function mapRows(table: Table, change: <T>(rows: T[][], blank: T) => T[][]): Table {
  const { display_value: display, styling } = table.metadata ?? {}
  const metadata = table.metadata
    ? { ...table.metadata, display_value: display && change(display, ''), styling: styling && change(styling, '') }
    : null
  return { ...table, data: change<Cell>(table.data, ''), metadata: metadata as Metadata | null }
}

export function withRow(table: Table, at: number, count = 1): Table {
  return mapRows(table, (rows, empty) => {
    const added = Array.from({ length: count }, () => table.headers.map(() => empty))
    return [...rows.slice(0, at), ...added, ...rows.slice(at)]
  })
}

export function withoutRows(table: Table, rows: number[]): Table {
  const gone = new Set(rows)
  return mapRows(table, (all) => all.filter((_, index) => !gone.has(index)))
}

export function withColumn(table: Table, at: number): Table {
  const taken = new Set(table.headers.map(headerText))
  let number = table.headers.length + 1
  while (taken.has(`Header ${number}`)) number++
  const headers = [...table.headers.slice(0, at), `Header ${number}`, ...table.headers.slice(at)]
  const wider = mapRows(table, (rows, empty) => rows.map((row) => [...row.slice(0, at), empty, ...row.slice(at)]))
  return { ...wider, headers }
}

export function withoutColumn(table: Table, at: number): Table {
  const narrower = mapRows(table, (rows) => rows.map((row) => row.filter((_, index) => index !== at)))
  return { ...narrower, headers: table.headers.filter((_, index) => index !== at) }
}

export function withHeader(table: Table, at: number, name: string): Table {
  return { ...table, headers: table.headers.map((header, index) => (index === at ? name : header)) }
}

/** Keeps only these rows in this order, to make a filter permanent. */
export function picked(table: Table, rows: number[]): Table {
  return mapRows(table, (all) => rows.map((row) => all[row]).filter((row) => row !== undefined))
}

/** Tab-separated values as in spreadsheets; cells with tabs, line breaks, or a leading quote are quoted. */
export function toTsv(rows: (Cell | undefined)[][]): string {
  const quote = (value: string): string => (/^"|[\t\n\r]/.test(value) ? `"${value.replace(/"/g, '""')}"` : value)
  return rows.map((row) => row.map((cell) => quote(cellText(cell))).join('\t')).join('\n')
}

export function fromTsv(text: string): string[][] {
  const source = text.replace(/\r\n?/g, '\n').replace(/\n$/, '')
  const quoted = /"((?:[^"]|"")*)"(?=[\t\n]|$)/y
  const plain = /[^\t\n]*/y
  const rows: string[][] = [[]]
  for (let at = 0; ; at++) {
    quoted.lastIndex = plain.lastIndex = at
    const inside = quoted.exec(source)?.[1]
    rows.at(-1)!.push(inside === undefined ? plain.exec(source)![0] : inside.replace(/""/g, '"'))
    at = inside === undefined ? plain.lastIndex : quoted.lastIndex
    if (at >= source.length) return rows
    if (source[at] === '\n') rows.push([])
  }
}

/** The whole table as CSV. */
export function toCsv(table: Table): string {
  const quote = (value: string): string => (/[",\n\r]/.test(value) ? `"${value.replace(/"/g, '""')}"` : value)
  const line = (cells: string[]): string => cells.map(quote).join(',')
  return [line(table.headers.map(headerText)), ...table.data.map((row) => line(row.map(cellText)))].join('\n')
}
