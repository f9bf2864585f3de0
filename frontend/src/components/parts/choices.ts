/** A choice as the config has it: what is shown, what is sent. */
export type ChoiceValue = string | number | boolean | null
export type Choice = [text: string, value: ChoiceValue]
