export interface LabelValue {
  label?: string | number | null
  confidences?: { label: string; confidence: number | null }[] | null
}

/** A confidence from 0 to 1 as a whole percentage, as in Gradio. */
export function percent(confidence: number | null): string {
  return `${Math.round((confidence ?? 0) * 100)}%`
}
