/** The small template language of HTML: `${…}` with the component's properties, and its script. */

type Values = Record<string, unknown>

/** What fills the `{{…}}` of a template. */
export type Engine = (template: string, values: Values) => string

/** Has the template places that only an `Engine` can fill? */
export const needsEngine = (template: string): boolean => template.includes('{{')

/**
 * Fills the `{{…}}` places, if there is an engine, and `${expression}` ones. Names in both are the component's properties.
 *
 * The author's own code runs here, as everywhere in Gradio's HTML; what visitors enter is only ever data to it. So
 * neither language reads what the other has put in: the engine gets the template with a mark for each expression.
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

/** Is the place inside `${…}`? There a backtick begins a template of the author's own. */
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
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}

/** What Gradio runs when nothing is said: every click is an event. */
export const CLICK_SCRIPT = "element.addEventListener('click', function() { trigger('click') });"

export interface Hands {
  element: HTMLElement
  trigger: (event: string, data?: unknown) => void
  props: Values
  /** The functions of the program that the script may call, by their names. */
  server: Record<string, (...given: unknown[]) => Promise<unknown>>
}

/** Runs the author's `js_on_load` once; the usual one without `eval`, so that it works under a strict content policy. */
export function onLoad(script: string, { element, trigger, props, server }: Hands): void {
  if (script.trim() === '') return
  if (script === CLICK_SCRIPT) {
    element.addEventListener('click', () => trigger('click'))
    return
  }
  try {
    new Function('element', 'trigger', 'props', 'server', script)(element, trigger, props, server)
  } catch (error) {
    console.error('The js_on_load of an HTML component failed:', error)
  }
}
