/** What a conversation is, apart from its markup. */
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
  /** Set by the server on what the app put in itself; it takes every other one away. */
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

/** A message with its place in the list, and the thoughts that belong under it. */
export interface Entry {
  index: number
  message: Message
  children: Entry[]
}

export type Side = 'user' | 'bot'

/** What one side says in a row. All that a row needs is in it: rows that are equal to before are not looked at again. */
export interface Group {
  side: Side
  entries: Entry[]
  /** The conversation ends with it. */
  last: boolean
  /** Index of the message in it that is being written now, -1 for none. */
  live: number
}

export function sideOf(message: Message): Side {
  return message.role === 'user' ? 'user' : 'bot'
}

export function partsOf(message: Message): Part[] {
  return typeof message.content === 'string' ? [{ type: 'text', text: message.content }] : message.content
}

/** The message's text, for copying and for event data. */
export function textOf(message: Message): string {
  return partsOf(message)
    .map((part) => (part.type === 'text' ? part.text : part.type === 'file' ? (part.file.url ?? part.file.path) : ''))
    .filter((text) => text !== '')
    .join('\n')
}

/**
 * Rows of the conversation: thoughts under their parents, and one side's messages together if wanted. `writing` says
 * that the last message is still growing.
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

/** `rows` with those of `before` in place of equal ones, so that a growing answer redraws its own row only. */
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

/** The visitor's last message: what retry and undo go back to. -1 if there is none. */
export function lastUserIndex(messages: Message[]): number {
  return messages.findLastIndex((message) => message.role === 'user')
}

/** The conversation with one message's text replaced; files and components of it stay. */
export function withText(messages: Message[], index: number, text: string): Message[] {
  return messages.map((message, at) => {
    if (at !== index) return message
    const rest = partsOf(message).filter((part) => part.type !== 'text')
    return { ...message, content: [{ type: 'text', text }, ...rest] }
  })
}

/** `liked` of the event: the two usual answers are a boolean, others are themselves. */
export function likedOf(option: string): boolean | string {
  return option === 'Like' ? true : option === 'Dislike' ? false : option
}

/** The whole conversation as text. */
export function transcript(messages: Message[], watermark: string | null | undefined): string {
  const text = messages.map((message) => `${message.role}: ${textOf(message)}`).join('\n')
  return watermark ? `${text}\n${watermark}` : text
}

/** "0.5 s", "12 s", "2 min 5 s": how long a thought took. */
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

/** How a file is shown: by its MIME type, else by its ending. */
export function mediumOf(file: FileData): Medium {
  const kind = file.mime_type?.split('/')[0]
  if (kind === 'image' || kind === 'video' || kind === 'audio') return kind
  const ending = (file.orig_name || file.path).split('.').pop()?.toLowerCase() ?? ''
  return Object.hasOwn(ENDINGS, ending) ? (ENDINGS[ending] as Medium) : 'file'
}
