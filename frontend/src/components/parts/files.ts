/** Files that a component accepts, and messages about them. */
import type { FileData, Node } from '../../page/node'

export type FileCount = 'single' | 'multiple' | 'directory'

const KINDS = ['image', 'audio', 'video', 'text']

/** Gradio's `file_types` in browser syntax: kinds ("image"), extensions (".csv", "csv") and MIME types. */
export function rules(types: string[] | null | undefined): string[] | undefined {
  if (!types || types.length === 0 || types.includes('file')) return undefined
  return types.map((type) =>
    KINDS.includes(type) ? `${type}/*` : type.includes('/') || type.startsWith('.') ? type : `.${type}`,
  )
}

/** The `accept` attribute. Browsers check only the last extension, so that of `.nii.gz` is included too. */
export function accept(types: string[] | null | undefined): string | undefined {
  const endings = rules(types)?.flatMap((rule) => {
    const last = rule.startsWith('.') ? rule.slice(rule.lastIndexOf('.')) : rule
    return last === rule ? [rule] : [rule, last]
  })
  return endings && [...new Set(endings)].join(',')
}

/** Whether a file is accepted. Checked here too: it may have been dropped, or match only the last extension. */
export function fits(file: Pick<File, 'name' | 'type'>, types: string[] | null | undefined): boolean {
  const name = file.name.toLowerCase()
  return (rules(types) ?? ['*']).some((raw) => {
    if (raw === '*') return true
    const rule = raw.trim().toLowerCase()
    if (rule.startsWith('.')) return name.endsWith(rule)
    if (rule.endsWith('/*')) return file.type.startsWith(rule.slice(0, -1))
    return file.type === rule
  })
}

/** The accepted files; the visitor is notified of the others. */
export function admit(node: Node<any, any>, files: File[], types: string[] | null | undefined): File[] {
  const good = files.filter((file) => fits(file, types))
  const bad = files.filter((file) => !fits(file, types))
  if (bad.length > 0) {
    const names = bad.map((file) => file.name).join(', ')
    node.toast(
      'error',
      `Invalid file type: ${names}. Please upload a file that is one of these formats: ${rules(types)?.join(', ')}`,
    )
  }
  return good
}

/** Uploads files; an error (too large, lost connection) becomes a toast and `null`, the visitor's cancel just `null`. */
export async function send(
  node: Node<any, any>,
  files: File[],
  progress?: (sent: number, total: number) => void,
  signal?: AbortSignal,
): Promise<FileData[] | null> {
  if (files.length === 0) return null
  try {
    return await node.upload(files, progress, signal)
  } catch (error) {
    if (signal?.aborted) return null
    node.toast('error', error instanceof Error ? error.message : String(error))
    return null
  }
}

/** Name of a file as the visitor knows it. */
export function nameOf(file: FileData): string {
  return file.orig_name || file.path?.split(/[/\\]/).pop() || 'file'
}

/** Readable size: 0 B, 1.5 KB, 23 MB. */
export function bytes(size: number | null | undefined): string {
  if (size === null || size === undefined) return ''
  const units = ['B', 'KB', 'MB', 'GB', 'TB']
  let value = size
  let unit = 0
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000
    unit++
  }
  return `${unit === 0 || value >= 10 ? Math.round(value) : value.toFixed(1)} ${units[unit]}`
}

/** Dropped files. Folder contents are included if the component accepts a directory; otherwise the visitor is notified. */
export async function dropped(node: Node<any, any>, transfer: DataTransfer, directory: boolean): Promise<File[]> {
  const entries = [...transfer.items].map((item) => item.webkitGetAsEntry()).filter((entry) => entry !== null)
  if (directory) return (await Promise.all(entries.map(walk))).flat()
  const folders = entries.filter((entry) => entry.isDirectory).map(({ name }) => name)
  if (folders.length === 0) return [...transfer.files]
  node.toast(
    'error',
    `${folders.join(', ')}: a folder cannot be uploaded here. Open it and drop the files that are in it.`,
  )
  return [...transfer.files].filter(({ name }) => !folders.includes(name))
}

async function walk(entry: FileSystemEntry): Promise<File[]> {
  if (entry.isFile) return [await new Promise<File>((done, fail) => (entry as FileSystemFileEntry).file(done, fail))]
  const reader = (entry as FileSystemDirectoryEntry).createReader()
  const files: File[] = []
  // readEntries returns at most 100 at a time.
  for (;;) {
    const batch = await new Promise<FileSystemEntry[]>((done, fail) => reader.readEntries(done, fail))
    if (batch.length === 0) return files
    for (const child of batch) files.push(...(await walk(child)))
  }
}
