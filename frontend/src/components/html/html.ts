/** The template language of HTML: `${…}` with the component's properties, and its script. */
import { equal } from '../../page/equal'

type Values = Record<string, unknown>

/** Function that fills the `{{…}}` of a template. */
export type Engine = (template: string, values: Values) => string

/** Whether the template has placeholders that require an `Engine`. */
export const needsEngine = (template: string): boolean => template.includes('{{')

/**
 * Fills `{{…}}`, if there is an engine, and `${expression}`. Names in both are the component's properties.
 *
 * The author's code runs here, as in Gradio's HTML; visitors' input is only ever data for it. Neither language reads
 * the other's output: the engine receives the template with a placeholder for each expression.
 */
export function fill(template: string, values: Values, engine: Engine | null = null): string {
  if (!engine || !needsEngine(template)) return evaluate(template, values)
  const expressions: string[] = []
  const marked = template.replace(EXPRESSION, (found) => `\uE000${expressions.push(found) - 1}\uE001`)
  try {
    const filled = engine(marked, values)
    return filled.replace(MARK, (_, place: string) => evaluate(expressions[Number(place)] ?? '', values))
  } catch (error) {
    console.error('The template of an HTML component could not be filled:', error)
    return evaluate(template, values)
  }
}

// Braces within an expression, two deep: `${list.map((item) => `<i>${item}</i>`)}`.
const EXPRESSION = /\$\{(?:[^{}]|\{(?:[^{}]|\{[^{}]*\})*\})*\}/g
const MARK = /\uE000(\d+)\uE001/g

function evaluate(template: string, values: Values): string {
  if (template === '${value}') return text(values['value'])
  if (!template.includes('${')) return template
  const names = Object.keys(values).filter((name) => /^[A-Za-z_$][\w$]*$/.test(name))
  const literal = template.replace(/\\/g, '\\\\').replace(/`/g, (_, at: number) => (inside(template, at) ? '`' : '\\`'))
  try {
    return String(new Function(...names, `return \`${literal}\``)(...names.map((name) => values[name] ?? '')))
  } catch (error) {
    console.error('The template of an HTML component could not be filled:', error)
    return template.replace(/\$\{\s*value\s*\}/g, () => text(values['value']))
  }
}

/** Whether a position is inside `${…}`, where a backtick starts a nested template. */
function inside(template: string, at: number): boolean {
  let depth = 0
  for (let place = 0; place < at; place++) {
    if (template.startsWith('${', place)) {
      depth++
      place++
    } else if (depth > 0 && template[place] === '{') depth++
    else if (depth > 0 && template[place] === '}') depth--
  }
  return depth > 0
}

function text(value: unknown): string {
  if (value === null || value === undefined) return ''
  // Values that are not strings are not markup.
  return typeof value === 'object' ? JSON.stringify(value).replace(/&/g, '&amp;').replace(/</g, '&lt;') : String(value)
}

/** Gradio's default: every click is an event. */
export const CLICK_SCRIPT = "element.addEventListener('click', function() { trigger('click') });"

export interface Hands {
  element: HTMLElement
  trigger: (event: string, data?: unknown) => void
  props: Values
  /** Functions of the program that the script can call, by name. */
  server: Record<string, (...given: unknown[]) => Promise<unknown>>
  /** Sends a file to the server. */
  upload: (file: File) => Promise<unknown>
  /** Calls back after an external update of one of these properties is shown. */
  watch: (names: string | string[], callback: () => void) => void
}

/** Runs the author's `js_on_load` once; the default without `eval`, so that it works under a strict CSP. */
export function onLoad(script: string, hands: Hands): void {
  const { element, trigger, props, server, upload, watch } = hands
  if (script.trim() === '') return
  if (script === CLICK_SCRIPT) {
    element.addEventListener('click', () => trigger('click'))
    return
  }
  try {
    const names = ['element', 'trigger', 'props', 'server', 'upload', 'watch']
    new Function(...names, script)(element, trigger, props, server, upload, watch)
  } catch (error) {
    console.error('The js_on_load of an HTML component failed:', error)
  }
}

/** Properties that `js_on_load` watches. */
export class Watchers {
  readonly #all: { names: string[]; callback: () => void }[] = []
  #known: Values = {}

  add(names: string | string[], callback: () => void): void {
    this.#all.push({ names: [names].flat(), callback })
  }

  /** Records a property set by the script itself, which causes no callback. */
  wrote(name: string, value: unknown): void {
    this.#known = { ...this.#known, [name]: value }
  }

  /** Takes over the current properties and returns the callbacks for changed ones. */
  changed(values: Values): (() => void)[] {
    const before = this.#known
    this.#known = { ...values }
    return this.#all
      .filter(({ names }) => names.some((name) => !equal(before[name] ?? null, values[name] ?? null)))
      .map(({ callback }) => callback)
  }
}
