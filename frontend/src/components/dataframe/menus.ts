/** Items of the menus of cells and columns. */
import type { Item } from '../parts/Menu.svelte'
import type { Grid, Place } from './grid.svelte'

export function cellItems(grid: Grid, place: Place): Item[] {
  const items: Item[] = []
  const source = grid.source(place.row)
  if (grid.rowsMay(1)) {
    items.push(
      { text: 'Add row above', run: () => grid.addRow(source) },
      { text: 'Add row below', run: () => grid.addRow(source + 1) },
    )
  }
  if (grid.rowsMay(-1)) items.push({ text: 'Delete row', run: () => grid.deleteRows() })
  return [...items, ...columnChanges(grid, place.column)]
}

export function columnItems(grid: Grid, column: number): Item[] {
  const changes = columnChanges(grid, column)
  return changes.length > 0 ? [{ text: 'Rename column', run: () => (grid.renaming = column) }, ...changes] : []
}

function columnChanges(grid: Grid, column: number): Item[] {
  const items: Item[] = []
  if (grid.columnsMay(1)) {
    items.push(
      { text: 'Add column to the left', run: () => grid.addColumn(column) },
      { text: 'Add column to the right', run: () => grid.addColumn(column + 1) },
    )
  }
  if (grid.columnsMay(-1)) items.push({ text: 'Delete column', run: () => grid.deleteColumn(column) })
  return items
}
