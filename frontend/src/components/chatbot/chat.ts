/** Logic of a conversation, apart from its markup. */
import type { FileData } from '../../page/node'
import type { Delimiter } from '../parts/markdown/math'

export interface TextPart {
  type: 'text'
  text: string
}
export interface FilePart {
  type: 'file'
  file: FileData
  alt_text?: string | null
}
export interface ComponentPart {
  type: 'component'
  component: string
  value: unknown
  constructor_args?: Record<string, unknown>
  props?: Record<string, unknown>
  /** Set by the server on parts that the app added; the server removes any other. */
  seal?: string
}
export type Part = TextPart | FilePart | ComponentPart

export interface Metadata {
  title?: string | null
  id?: string | number | null
  parent_id?: string | number | null
  log?: string | null
  duration?: number | null
  status?: 'pending' | 'done' | null
}

export interface Option {
  value: string
  label?: string
}

export interface Message {
  role: string
  content: Part[] | string
  metadata?: Metadata | null
  options?: Option[] | null
}

export interface ExampleMessage {
  icon?: FileData | { type: 'text'; text: string } | null
  display_text?: string | null
  text?: string | null
  full_text?: string | null
  files?: FileData[] | null
}

export interface ChatbotProps {
  autoscroll?: boolean
  height?: number | string | null
  max_height?: number | string | null
  min_height?: number | string | null
  resizable?: boolean
  editable?: 'user' | 'all' | boolean | null
  latex_delimiters?: Delimiter[] | null
  rtl?: boolean
  watermark?: string | null
  avatar_images?: [FileData | null, FileData | null] | null
  sanitize_html?: boolean
  render_markdown?: boolean
  feedback_options?: string[] | null
  feedback_value?: (string | null)[] | null
  line_breaks?: boolean
  layout?: 'bubble' | 'panel' | null
  placeholder?: string | null
  examples?: ExampleMessage[] | null
  allow_file_downloads?: boolean
  group_consecutive_messages?: boolean
  allow_tags?: boolean | string[]
  like_user_message?: boolean
  likeable?: boolean
  _undoable?: boolean
  _retryable?: boolean
}

/** A message with its index in the list, and the thoughts that belong under it. */
export interface Entry {
  index: number
  message: Message
  children: Entry[]
}

export type Side = 'user' | 'bot'

/** Consecutive messages of one side. A row contains everything it needs; rows equal to before are not checked again. */
export interface Group {
  side: Side
  entries: Entry[]
  /** Whether the conversation ends with this row. */
  last: boolean
  /** Index of its message that is being written now, or -1. */
  live: number
}

export function sideOf(message: Message): Side {
  return message.role === 'user' ? 'user' : 'bot'
}

export function partsOf(message: Message): Part[] {
  return typeof message.content === 'string' ? [{ type: 'text', text: message.content }] : message.content
}

/** Text of the message, for copying and for event data. */
export function textOf(message: Message): string {
  return partsOf(message)
    .map((part) => (part.type === 'text' ? part.text : part.type === 'file' ? (part.file.url ?? part.file.path) : ''))
    .filter((text) => text !== '')
    .join('\n')
}

/**
 * Rows of the conversation: thoughts under their parents and, if requested, one side's messages together. `writing`
 * means that the last message is still growing.
 */
export function groups(messages: Message[], together: boolean, writing = false): Group[] {
  const rows: Group[] = []
  const thoughts = new Map<string | number, Entry>()
  messages.forEach((message, index) => {
    const entry: Entry = { index, message, children: [] }
    const { id, parent_id: parent } = message.metadata ?? {}
    if (id != null) thoughts.set(id, entry)
    const above = parent == null ? undefined : thoughts.get(parent)
    if (above && above !== entry) {
      above.children.push(entry)
      return
    }
    const last = rows.at(-1)
    if (together && last?.side === sideOf(message)) last.entries.push(entry)
    else rows.push({ side: sideOf(message), entries: [entry], last: false, live: -1 })
  })
  const end = rows.at(-1)
  if (end) Object.assign(end, { last: true, live: writing ? messages.length - 1 : -1 })
  return rows
}

/** `rows` with equal rows replaced by those of `before`, so that a growing answer redraws only its own row. */
export function kept(before: Group[], rows: Group[]): Group[] {
  return rows.map((row, index) => {
    const old = before[index]
    const equal =
      old && old.side === row.side && old.last === row.last && old.live === row.live && same(old.entries, row.entries)
    return equal ? old : row
  })
}

function same(a: Entry[], b: Entry[]): boolean {
  return (
    a.length === b.length &&
    a.every(
      (entry, at) =>
        entry.message === b[at]?.message && entry.index === b[at]?.index && same(entry.children, b[at]?.children ?? []),
    )
  )
}

/** Index of the visitor's last message, which retry and undo return to, or -1. */
export function lastUserIndex(messages: Message[]): number {
  return messages.findLastIndex((message) => message.role === 'user')
}

/** The conversation with one message's text replaced, keeping its files and components. */
export function withText(messages: Message[], index: number, text: string): Message[] {
  return messages.map((message, at) => {
    if (at !== index) return message
    const rest = partsOf(message).filter((part) => part.type !== 'text')
    return { ...message, content: [{ type: 'text', text }, ...rest] }
  })
}

/** `liked` of the event: a boolean for the two default answers, the answer itself for others. */
export function likedOf(option: string): boolean | string {
  return option === 'Like' ? true : option === 'Dislike' ? false : option
}

/** The whole conversation as text. */
export function transcript(messages: Message[], watermark: string | null | undefined): string {
  const text = messages.map((message) => `${message.role}: ${textOf(message)}`).join('\n')
  return watermark ? `${text}\n${watermark}` : text
}

/** Duration of a thought, such as "0.5 s", "12 s" or "2 min 5 s". */
export function took(seconds: number): string {
  if (seconds < 10) return `${Math.round(seconds * 10) / 10} s`
  if (seconds < 60) return `${Math.round(seconds)} s`
  const whole = Math.round(seconds)
  return `${Math.floor(whole / 60)} min ${whole % 60} s`
}

export type Medium = 'image' | 'video' | 'audio' | 'file'

const ENDINGS: Record<string, Medium> = {
  png: 'image', jpg: 'image', jpeg: 'image', gif: 'image', webp: 'image', svg: 'image', avif: 'image', bmp: 'image',
  mp4: 'video', webm: 'video', mov: 'video', ogv: 'video', mp3: 'audio', wav: 'audio', ogg: 'audio', flac: 'audio', m4a: 'audio',
} // prettier-ignore

/** How to show a file, by its MIME type or else its extension. */
export function mediumOf(file: FileData): Medium {
  const kind = file.mime_type?.split('/')[0]
  if (kind === 'image' || kind === 'video' || kind === 'audio') return kind
  const ending = (file.orig_name || file.path).split('.').pop()?.toLowerCase() ?? ''
  return Object.hasOwn(ENDINGS, ending) ? (ENDINGS[ending] as Medium) : 'file'
}
