export interface LabelValue {
  label?: string | number | null
  confidences?: { label: string; confidence: number | null }[] | null
}

/** A confidence of 0 to 1 in whole percent, as Gradio shows it. */
export function percent(confidence: number | null): string {
  return `${Math.round((confidence ?? 0) * 100)}%`
}
