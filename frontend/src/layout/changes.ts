/** Returns a function to call with a value again and again; it calls `react` when the value differs from the one before. */
export function onChange<T extends string | number | boolean | null>(react: () => void): (value: T) => void {
  let before: T | undefined
  return (value) => {
    if (before !== undefined && value !== before) react()
    before = value
  }
}
