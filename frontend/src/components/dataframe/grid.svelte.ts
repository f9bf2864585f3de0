/** State of a table: active cell, selection, editing, and keys. */
import type { ColumnFormat } from './column-format'
import { formats, type Format } from './numbers'
import type { Node } from '../../page/node'
import { cellText,
  erased, fromTsv, headerText, parse, picked, shaped, shown, toTsv, typeAt, withCells, withColumn, withHeader, withRow, withoutColumn,
  withoutRows, type Cell, type CellType, type Change, type Header, type Table,
} from './table' // prettier-ignore
import { cycled, order, type Sort } from './view'

export interface DataframeProps {
  headers?: Header[]
  datatype?: CellType | CellType[]
  row_count?: [number, 'dynamic' | 'fixed']
  column_count?: [number, 'dynamic' | 'fixed']
  col_count?: [number, 'dynamic' | 'fixed']
  row_limits?: [number | null, number | null] | null
  column_limits?: [number | null, number | null] | null
  max_height?: number | string | null
  wrap?: boolean
  line_breaks?: boolean
  column_widths?: (string | null)[] | null
  show_row_numbers?: boolean
  max_chars?: number | null
  show_search?: 'none' | 'search' | 'filter'
  pinned_columns?: number | null
  static_columns?: (number | string)[] | null
  column_formats?: Record<string, ColumnFormat> | null
}

/** Maximum number of changes that can be undone. */
const UNDONE = 50

export interface Place {
  row: number
  column: number
}

/** A cell of the data, and the component value that it was chosen in. */
interface Held {
  source: number
  column: number
  value: Table | null
}

/** Rows are those shown (sorted, filtered) here; `source` returns the row of the data. */
export class Grid {
  sorts: Sort[] = $state.raw([])
  query = $state('')
  // The selection refers to cells, not positions: it follows its cell when rows are sorted or searched.
  private held: Held | null = $state.raw(null)
  private start: Held | null = $state.raw(null)
  /** Text being typed into the active cell. */
  draft: string | null = $state(null)
  renaming: number | null = $state(null)
  private past: Table[] = []
  private future: Table[] = []
  /** Result of the visitor's last change. */
  private latest: Table | null = null
  /** An empty initial value has blank rows to write into; a later one has none. */
  private readonly first: Table | null

  constructor(private readonly node: Node<Table | null, DataframeProps>) {
    this.first = node.value
  }

  /** Format of each column; null if its cells are shown unchanged. */
  readonly formats: (Format | null)[] = $derived.by(() =>
    formats(this.table, this.node.props.datatype, this.node.props.column_formats),
  )

  /** Whether a column is right-aligned. */
  isNumeric(column: number): boolean {
    return this.type(column) === 'number' || this.formats[column]?.numeric === true
  }

  /** Text of a cell: by the author's format, else the Styler's text, else the column's number format. */
  readonly text = (source: number, column: number): string => {
    const format = this.formats[column]
    const styled = this.table.metadata?.display_value?.[source]?.[column] != null
    const text = format && (format.own || !styled) ? format.write(this.table.data[source]?.[column]) : null
    return text ?? shown(this.table, source, column)
  }

  readonly table: Table = $derived.by(() => {
    const { row_count, column_count, col_count, headers } = this.node.props
    const width = (column_count ?? col_count)?.[0] ?? 3
    const names = headers?.length ? headers : Array.from({ length: width }, (_, at) => String(at + 1))
    const blank = this.node.interactive && this.node.value === this.first
    return shaped(this.node.value, names, blank ? (row_count?.[0] ?? 1) : 0)
  })
  readonly rows: number[] = $derived.by(() => order(this.table, this.sorts, this.query, this.text))
  readonly active: Place | null = $derived.by(() => this.place(this.held))
  readonly anchor: Place | null = $derived.by(() => this.place(this.start))

  /** Position at which a cell is shown, if any. */
  private place(held: Held | null): Place | null {
    const row = held === null ? -1 : this.rows.indexOf(held.source)
    return held === null || row < 0 || held.column >= this.columns ? null : { row, column: held.column }
  }

  get columns(): number {
    return this.table.headers.length
  }

  /** Whether rows can be added (`by` 1) or deleted (-1). */
  rowsMay(by: 1 | -1): boolean {
    return this.may(this.node.props.row_count, this.node.props.row_limits, this.table.data.length + by)
  }

  columnsMay(by: 1 | -1): boolean {
    return this.may(
      this.node.props.column_count ?? this.node.props.col_count,
      this.node.props.column_limits,
      this.columns + by,
    )
  }

  private may(count: [number, string] | undefined, limits: DataframeProps['row_limits'], size: number): boolean {
    if (!this.node.interactive || count?.[1] === 'fixed') return false
    return size >= Math.max(limits?.[0] ?? 0, 0) && size <= (limits?.[1] ?? Infinity)
  }

  type(column: number): CellType {
    return typeAt(this.node.props.datatype, column)
  }

  editable(column: number): boolean {
    const fixed = this.node.props.static_columns ?? []
    return this.node.interactive && !fixed.includes(column) && !fixed.includes(headerText(this.table.headers[column]))
  }

  source(row: number): number {
    return this.rows[row] ?? -1
  }

  value(row: number, column: number): Cell | undefined {
    return this.table.data[this.source(row)]?.[column]
  }

  selected(row: number, column: number): boolean {
    const area = this.area()
    return area !== null && row >= area.top && row <= area.bottom && column >= area.left && column <= area.right
  }

  area(): { top: number; bottom: number; left: number; right: number } | null {
    if (!this.active) return null
    const other = this.anchor ?? this.active
    const { row, column } = this.active
    return {
      top: Math.min(row, other.row), bottom: Math.max(row, other.row),
      left: Math.min(column, other.column), right: Math.max(column, other.column),
    } // prettier-ignore
  }

  go(row: number, column: number, extend = false): void {
    const place = { row: clamp(row, this.rows.length), column: clamp(column, this.columns) }
    if (place.row < 0 || place.column < 0) return
    const before = this.held
    const cell = { source: this.source(place.row), column: place.column, value: this.node.value }
    this.start = extend ? (this.start ?? before) : null
    this.held = cell
    const same = before?.source === cell.source && before.column === cell.column && before.value === cell.value
    if (!same && !extend) this.announce(place)
  }

  private announce({ row, column }: Place): void {
    const source = this.source(row)
    this.node.dispatch('select', {
      index: [source, column],
      value: this.value(row, column),
      row_value: this.table.data[source] ?? [],
      col_value: this.table.data.map((cells) => cells[column] ?? null),
    })
  }

  /** Starts editing the active cell, with `text` or with its content. */
  begin(text?: string): void {
    if (!this.active || !this.editable(this.active.column)) return
    const value = this.value(this.active.row, this.active.column)
    if (this.type(this.active.column) === 'bool') this.write([{ ...this.active, value: !value }])
    else this.draft = text ?? cellText(value)
  }

  /** Ends editing; keeps the typed text unless `keep` is false. */
  finish(keep: boolean): void {
    const [draft, place] = [this.draft, this.active]
    this.draft = null
    if (!keep || draft === null || !place) return
    const before = this.value(place.row, place.column)
    const value = parse(draft, this.type(place.column), before)
    if (value === before || (value === '' && (before === null || before === undefined))) return
    const source = this.source(place.row)
    this.write([{ ...place, value }])
    this.node.dispatch('edit', { index: [source, place.column], value, previous_value: before })
  }

  /** Writes cells, by their positions as shown. */
  private write(changes: Change[]): void {
    const allowed = changes.filter(({ column }) => this.editable(column))
    if (allowed.length > 0)
      this.put(
        withCells(
          this.table,
          allowed.map((change) => ({ ...change, row: this.source(change.row) })),
        ),
      )
  }

  private put(table: Table): void {
    this.past = this.node.value === this.latest ? [...this.past, this.table].slice(-UNDONE) : [this.table]
    this.future = []
    this.edit(table)
  }

  /** Makes a table the value. The visitor's own change keeps the selected cell. */
  private edit(table: Table): void {
    this.latest = table
    this.node.edit(table)
    if (this.held) this.held = { ...this.held, value: this.node.value }
  }

  erase(): void {
    const area = this.area()
    if (!area) return
    this.write(places(area).map((place) => ({ ...place, value: erased(this.type(place.column)) })))
  }

  /** The selected cells in the format of spreadsheets. */
  copied(): string {
    const area = this.area()
    if (!area) return ''
    const rows = this.rows.slice(area.top, area.bottom + 1)
    return toTsv(rows.map((row) => (this.table.data[row] ?? []).slice(area.left, area.right + 1)))
  }

  /** Writes cells copied from a spreadsheet, adding rows where allowed. */
  paste(text: string): void {
    const area = this.area()
    if (!area) return
    const lines = fromTsv(text)
    const missing = Math.max(area.top + lines.length - this.rows.length, 0)
    const added = Math.min(missing, this.room())
    const size = this.table.data.length
    const sources = [...this.rows, ...Array.from({ length: added }, (_, at) => size + at)]
    const changes = lines.flatMap((cells, down) =>
      cells.map((cell, right) => {
        const [row, column] = [area.top + down, area.left + right]
        return { row: sources[row] ?? -1, column, value: parse(cell, this.type(column), this.value(row, column)) }
      }),
    )
    const allowed = changes.filter(({ column }) => this.editable(column))
    if (allowed.length === 0) return
    const wide = Math.max(...lines.map((cells) => area.left + cells.length)) - this.columns
    this.put(withCells(added > 0 ? withRow(this.table, size, added) : this.table, allowed))
    this.tellLeft(missing - added, wide)
  }

  private tellLeft(rows: number, columns: number): void {
    const counted = (count: number, what: string): string[] =>
      count > 0 ? [`${count} ${what}${count === 1 ? '' : 's'}`] : []
    const left = [...counted(rows, 'row'), ...counted(columns, 'column')]
    if (left.length > 0)
      this.node.toast('warning', `What was pasted is larger than the table: ${left.join(' and ')} did not fit.`)
  }

  /** Number of rows that can be added. */
  private room(): number {
    return this.rowsMay(1) ? (this.node.props.row_limits?.[1] ?? Infinity) - this.table.data.length : 0
  }

  /** Undoes or redoes the visitor's last change, unless a newer value has arrived. */
  travel(back: boolean): void {
    if (this.node.value !== this.latest) [this.past, this.future] = [[], []]
    const [from, to] = back ? [this.past, this.future] : [this.future, this.past]
    const table = from.pop()
    if (!table) return
    to.push(this.table)
    this.edit(table)
  }

  sort(column: number, add: boolean): void {
    this.sorts = cycled(this.sorts, column, add)
  }

  addRow(at: number): void {
    this.put(withRow(this.table, at))
  }

  deleteRows(): void {
    const area = this.area()
    if (!area) return
    this.put(withoutRows(this.table, this.rows.slice(area.top, area.bottom + 1)))
    this.start = null
  }

  addColumn(at: number): void {
    this.sorts = []
    this.put(withColumn(this.table, at))
  }

  deleteColumn(at: number): void {
    this.sorts = []
    this.put(withoutColumn(this.table, at))
  }

  rename(name: string): void {
    const at = this.renaming
    this.renaming = null
    if (at !== null && name !== headerText(this.table.headers[at])) this.put(withHeader(this.table, at, name))
  }

  /** Makes the filter permanent. */
  applyFilter(): void {
    this.put(picked(this.table, this.rows))
    this.query = ''
  }

  /** Handles a key in the grid; returns whether it had a meaning. `page` is the number of visible rows. */
  key(event: KeyboardEvent, page: number): boolean {
    if (!this.active) return false
    if (this.draft !== null) return this.typingKey(event)
    const to = this.target(event, page)
    if (to) {
      this.go(to.row, to.column, event.shiftKey)
      return true
    }
    const command = event.ctrlKey || event.metaKey
    if (command && ['z', 'y'].includes(event.key.toLowerCase())) {
      this.travel(event.key.toLowerCase() === 'z' && !event.shiftKey)
      return true
    }
    if (command || event.altKey) return false
    if (event.key === 'Enter' || event.key === 'F2') this.begin()
    else if (event.key === 'Delete' || event.key === 'Backspace') this.erase()
    else if (event.key === ' ' && this.type(this.active.column) === 'bool') this.begin()
    else if (event.key.length === 1 && this.editable(this.active.column)) this.begin(event.key)
    else return false
    return true
  }

  private typingKey(event: KeyboardEvent): boolean {
    const { row, column } = this.active as Place
    if (event.isComposing) return false
    if (event.key === 'Escape') this.finish(false)
    else if (event.key === 'Enter' && !event.shiftKey) {
      this.finish(true)
      this.go(row + 1, column)
    } else if (event.key === 'Tab') {
      this.finish(true)
      this.go(row, column + (event.shiftKey ? -1 : 1))
    } else return false
    return true
  }

  private target(event: KeyboardEvent, page: number): Place | null {
    const { row, column } = this.active as Place
    const far = event.ctrlKey || event.metaKey
    switch (event.key) {
      case 'ArrowUp':
        return { row: far ? 0 : row - 1, column }
      case 'ArrowDown':
        return { row: far ? this.rows.length - 1 : row + 1, column }
      case 'ArrowLeft':
        return { row, column: far ? 0 : column - 1 }
      case 'ArrowRight':
        return { row, column: far ? this.columns - 1 : column + 1 }
      case 'Home':
        return { row: far ? 0 : row, column: 0 }
      case 'End':
        return { row: far ? this.rows.length - 1 : row, column: this.columns - 1 }
      case 'PageUp':
        return { row: row - page, column }
      case 'PageDown':
        return { row: row + page, column }
      default:
        return null
    }
  }
}

function clamp(index: number, count: number): number {
  return Math.min(Math.max(index, 0), count - 1)
}

function places(area: { top: number; bottom: number; left: number; right: number }): Place[] {
  const list: Place[] = []
  for (let row = area.top; row <= area.bottom; row++)
    for (let column = area.left; column <= area.right; column++) list.push({ row, column })
  return list
}
