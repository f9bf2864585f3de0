/** A CSS length; numbers are pixels. */
export function size(value: number | string | null | undefined): string | undefined {
  if (value === null || value === undefined) return undefined
  return typeof value === 'number' ? `${value}px` : value
}
