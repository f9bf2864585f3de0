/** Returns a function to call with a value repeatedly; it calls `react` when the value differs from the previous one. */
export function onChange<T extends string | number | boolean | null>(react: () => void): (value: T) => void {
  let before: T | undefined
  return (value) => {
    if (before !== undefined && value !== before) react()
    before = value
  }
}
