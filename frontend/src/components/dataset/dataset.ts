/** Logic of a Dataset, apart from its markup. */

export interface DatasetProps {
  components?: { name: string }[]
  component_props?: Record<string, unknown>[]
  headers?: string[]
  samples?: unknown[][]
  sample_labels?: string[] | null
  layout?: 'gallery' | 'table' | null
  samples_per_page?: number
  /** For a list of conversations: keys that identify the rows, which can be deleted. */
  keys?: string[]
  /** Key of the open row. */
  current?: string | null
}

/** Examples of one component are cards; those of several form a table. */
export function isGallery(props: DatasetProps): boolean {
  if (props.layout) return props.layout === 'gallery'
  return (props.components?.length ?? 0) < 2 || (props.sample_labels ?? null) !== null
}

/** Pages to offer: all if there are few, else both ends and those around the current one, with `null` for a gap. */
export function pages(count: number, current: number): (number | null)[] {
  const wanted = new Set([0, count - 1, current - 1, current, current + 1])
  const list: (number | null)[] = []
  for (let page = 0; page < count; page++) {
    if (count <= 7 || wanted.has(page)) list.push(page)
    else if (list.at(-1) !== null) list.push(null)
  }
  return list
}

const LONG = 60

/** A cell as text. */
export function words(value: unknown): string {
  if (value === null || value === undefined) return ''
  if (typeof value === 'boolean') return value ? 'yes' : 'no'
  if (Array.isArray(value))
    return value
      .map(words)
      .filter((word) => word !== '')
      .join(', ')
  if (typeof value === 'object') return ofObject(value as Record<string, unknown>)
  const text = String(value)
  return text.length > LONG ? `${text.slice(0, LONG)}…` : text
}

function ofObject(value: Record<string, unknown>): string {
  const name = value['orig_name'] ?? value['text'] ?? value['label'] ?? value['path']
  if (typeof name === 'string') return words(name.split('/').pop())
  if (Array.isArray(value['data'])) return words((value['data'] as unknown[]).slice(0, 3))
  return words(JSON.stringify(value))
}
