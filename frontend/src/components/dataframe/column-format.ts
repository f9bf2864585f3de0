/** Formats cells by the author's Python format specs, which the server has parsed. */
import type { Cell } from './table'

export interface NumberFormat {
  kind: 'number'
  before?: string
  after?: string
  symbol?: string
  fill?: string
  align?: '<' | '>' | '^' | '='
  sign?: '-' | '+' | ' '
  width?: number
  group?: ',' | '_'
  precision?: number
  /** Without a type, the number is written unchanged. */
  type?: '' | 'd' | 'e' | 'E' | 'f' | 'F' | 'g' | 'G' | '%'
}

export interface DateFormat {
  kind: 'date'
  before?: string
  after?: string
  format: string
}

export type ColumnFormat = NumberFormat | DateFormat

/** The formatted cell, or null if the format does not apply and the cell is shown unchanged. */
export function written(value: Cell | bigint | undefined, format: ColumnFormat): string | null {
  const text = format.kind === 'date' ? dated(value, format.format) : numbered(value, format)
  return text === null ? null : `${format.before ?? ''}${text}${format.after ?? ''}`
}

function numbered(value: Cell | bigint | undefined, format: NumberFormat): string | null {
  if (typeof value !== 'number' && typeof value !== 'bigint') return null
  const body = digits(value, format)
  if (body === null) return null
  const negative = body.startsWith('-')
  const sign = negative ? '-' : format.sign === '+' || format.sign === ' ' ? format.sign : ''
  const head = sign + (format.symbol ?? '')
  const plain = negative ? body.slice(1) : body
  return padded(head, format.group ? grouped(plain, format.group) : plain, format)
}

/** The number without group separators, or null for a fraction that must be a whole number. */
function digits(value: number | bigint, { type = '', precision = 6 }: NumberFormat): string | null {
  if (typeof value === 'bigint' && (type === '' || type === 'd')) return String(value)
  const number = Number(value)
  if (!Number.isFinite(number)) return null
  switch (type) {
    case '':
      return String(value)
    case 'd':
      return Number.isInteger(number) ? wholeText(number) : null
    case 'f':
    case 'F':
      return fixed(number, precision)
    case '%':
      return `${fixed(number * 100, precision)}%`
    case 'e':
    case 'E':
      return cased(exponential(number, precision), type)
    case 'g':
    case 'G':
      return cased(general(number, Math.max(precision, 1)), type)
  }
}

const cased = (text: string, type: string): string => (type === 'E' || type === 'G' ? text.toUpperCase() : text)

const wholeText = (value: number): string => (Math.abs(value) < 1e21 ? String(value) : String(BigInt(value)))

/** An exact text cut at `cut` if Python's rounding (half to even) requires it, else `rounded`. */
function even(exact: string, cut: number, rounded: string): string {
  const kept = exact.slice(0, cut).replace(/\.$/, '')
  return /^\.?50*$/.test(exact.slice(kept.length)) && Number(kept.at(-1)) % 2 === 0 ? kept : rounded
}

/** The number with this many decimals. JavaScript rounds halves away from zero. */
function fixed(value: number, precision: number): string {
  const size = Math.abs(value)
  if (size >= 1e21) return wholeText(value) + (precision > 0 ? `.${'0'.repeat(precision)}` : '')
  const exact = size.toFixed(100)
  return minus(value) + even(exact, exact.indexOf('.') + 1 + precision, size.toFixed(precision))
}

function exponential(value: number, precision: number): string {
  const size = Math.abs(value)
  const [exact = ''] = size.toExponential(100).split('e')
  const [rounded = '', exponent = ''] = size.toExponential(precision).split('e')
  return `${minus(value)}${even(exact, 2 + precision, rounded)}e${exponent.replace(/^([+-])(\d)$/, '$10$2')}`
}

const minus = (value: number): string => (value < 0 || Object.is(value, -0) ? '-' : '')

function general(value: number, precision: number): string {
  const text = exponential(value, precision - 1)
  const exponent = Number(text.slice(text.indexOf('e') + 1))
  const bare = (digits: string): string => (digits.includes('.') ? digits.replace(/\.?0+$/, '') : digits)
  if (exponent >= -4 && exponent < precision) return bare(fixed(value, precision - 1 - exponent))
  const [mantissa = '', rest = ''] = text.split('e')
  return `${bare(mantissa)}e${rest}`
}

function grouped(text: string, separator: string): string {
  const whole = /^\d+/.exec(text)?.[0] ?? ''
  return whole.replace(/\B(?=(\d{3})+$)/g, separator) + text.slice(whole.length)
}

function padded(head: string, body: string, { fill = ' ', align = '>', width = 0 }: NumberFormat): string {
  const missing = Math.max(width - head.length - body.length, 0)
  const left = align === '<' ? 0 : align === '^' ? Math.floor(missing / 2) : missing
  if (align === '=') return head + fill.repeat(missing) + body
  return fill.repeat(left) + head + body + fill.repeat(missing - left)
}

const DATE = /^(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?(?:Z|[+-]\d\d:?\d\d)?)?$/
const DAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday']
const MONTHS = 'January February March April May June July August September October November December'.split(' ')
const DAY = 86_400_000

/** A point in time as written in the cell, not converted to the visitor's time zone. */
function dated(value: Cell | bigint | undefined, format: string): string | null {
  const found = typeof value === 'string' ? DATE.exec(value.trim()) : null
  if (!found) return null
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = found
    .slice(1, 7)
    .map((part) => Number(part ?? 0))
  const at = new Date(0)
  at.setUTCFullYear(year, month - 1, day)
  if (at.getUTCMonth() !== month - 1 || at.getUTCDate() !== day || hour > 23 || minute > 59 || second > 59) return null
  const begin = new Date(0)
  begin.setUTCFullYear(year, 0, 1)
  const two = (part: number): string => String(part).padStart(2, '0')
  const parts: Record<string, string> = {
    Y: String(year).padStart(4, '0'), y: two(year % 100), m: two(month), d: two(day), H: two(hour), M: two(minute), S: two(second),
    I: two(hour % 12 || 12), p: hour < 12 ? 'AM' : 'PM', f: (found[7] ?? '').slice(0, 6).padEnd(6, '0'),
    b: (MONTHS[month - 1] ?? '').slice(0, 3), B: MONTHS[month - 1] ?? '', a: (DAYS[at.getUTCDay()] ?? '').slice(0, 3), A: DAYS[at.getUTCDay()] ?? '',
    j: String((at.getTime() - begin.getTime()) / DAY + 1).padStart(3, '0'), '%': '%',
  } // prettier-ignore
  return format.replace(/%(-?)(.)/g, (_, bare: string, name: string) => {
    const part = parts[name] ?? ''
    return bare ? part.replace(/^0+(?=\d)/, '') : part
  })
}
