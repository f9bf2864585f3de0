/** Logic of a Number, apart from its markup. */

export interface NumberProps {
  placeholder?: string | null
  precision?: number | null
  minimum?: number | null
  maximum?: number | null
  step?: number | null
}

/** Value of the typed text, or null for an empty box. */
export function parse(text: string): number | bigint | null {
  if (text.trim() === '') return null
  const value = Number(text)
  if (/^\s*-?\d+\s*$/.test(text) && !Number.isSafeInteger(value)) return BigInt(text)
  return Number.isFinite(value) ? value : null
}

/** Number of decimals of a number as printed. */
export function decimals(value: number | bigint): number {
  const [mantissa = '', exponent = '0'] = String(value).split('e')
  return Math.max(0, (mantissa.split('.')[1]?.length ?? 0) - Number(exponent))
}

/** One step up or down within the limits, without binary rounding noise (0.1 + 0.2 is 0.3). */
export function stepped(value: number | bigint | null, direction: 1 | -1, props: NumberProps): number | bigint {
  const step = props.step ?? 1
  if (typeof value === 'bigint') return Number.isInteger(step) ? value + BigInt(direction * step) : value
  const start = value ?? (props.minimum != null && props.minimum > 0 ? props.minimum - step * direction : 0)
  const digits = Math.min(Math.max(decimals(start), decimals(step)), 100)
  const next = Number((start + direction * step).toFixed(digits))
  return Math.min(Math.max(next, Number(props.minimum ?? -Infinity)), Number(props.maximum ?? Infinity))
}
