/** A choice in the config: the label shown, and the value sent. */
export type ChoiceValue = string | number | boolean | null
export type Choice = [text: string, value: ChoiceValue]
