/** Logic of a Slider, apart from its markup. */

export interface SliderProps {
  minimum?: number
  maximum?: number
  step?: number | null
}

/** The author's step, else one with 100 to 1000 positions: 0.1 for (0, 10), 1 for (0, 100). */
export function stepOf({ minimum = 0, maximum = 100, step }: SliderProps): number {
  if (step) return step
  const power = Math.floor(Math.log10(Math.abs(maximum - minimum) || 100)) - 2
  return Number((10 ** Math.max(power, -100)).toPrecision(1))
}

export function clamp(value: number, minimum: number, maximum: number): number {
  return Math.min(Math.max(value, minimum), maximum)
}

/** Share of the track left of the thumb, in percent. */
export function filled(value: number, minimum: number, maximum: number): number {
  if (maximum <= minimum) return 0
  return ((clamp(value, minimum, maximum) - minimum) / (maximum - minimum)) * 100
}
