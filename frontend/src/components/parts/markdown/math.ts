/** LaTeX between delimiters, as a syntax of marked; KaTeX is loaded when the first formula is found. */
import type { MarkedExtension, TokenizerStartFunction, Tokens } from 'marked'

export interface Delimiter {
  left: string
  right: string
  display: boolean
}

export const DEFAULT_DELIMITERS: Delimiter[] = [{ left: '$$', right: '$$', display: true }]

interface MathToken extends Tokens.Generic {
  text: string
  display: boolean
}

const escapeHtml = (text: string): string =>
  text.replace(/[&<>"]/g, (char) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' })[char] as string)

export interface Formula {
  raw: string
  text: string
  display: boolean
}

/**
 * The formulas of one text. Everything about the whole text is computed once, so that a parser that asks at each
 * position does work in proportion to its length (times a logarithm), whatever delimiters it contains.
 */
export class Formulas {
  /** Number of steps, for a test that counts instead of timing. */
  steps = 0
  readonly #delimiters: Delimiter[]
  /** Number of open braces before each position, without escaped ones. */
  readonly #depth: Int32Array
  readonly #escaped: Uint8Array
  readonly #ends = new Map<string, Ends>()
  /** Position of the next opening delimiter, from each position. */
  #starts: Int32Array | null = null
  /** Lines that consist of a formula. */
  #lines: number[] | null = null

  constructor(
    readonly text: string,
    delimiters: Delimiter[],
  ) {
    // The longest opening delimiter wins (`$$` before `$`).
    this.#delimiters = [...delimiters].sort((a, b) => b.left.length - a.left.length)
    this.#depth = new Int32Array(text.length + 1)
    this.#escaped = new Uint8Array(text.length + 1)
    let depth = 0
    for (let at = 0; at < text.length; at++) {
      this.#depth[at] = depth
      const char = text[at]
      if (char === '\\' && at + 1 < text.length) {
        this.#depth[++at] = depth
        this.#escaped[at] = 1
      } else if (char === '{') depth++
      else if (char === '}') depth--
    }
    this.#depth[text.length] = depth
    this.steps += text.length
  }

  /** The formula that starts at a position, if any. */
  at(place: number): Formula | null {
    for (const { left, right, display } of this.#delimiters) {
      this.steps++
      if (!this.text.startsWith(left, place)) continue
      const from = place + left.length
      const end = this.#closing(from, right)
      if (end < 0 || this.#blank(from, end)) continue
      // "$5 and $6" is money, not a formula: TeX's dollars touch what they enclose.
      if (left === '$' && (this.#space(from) || this.#space(end - 1) || /\d/.test(this.text.charAt(end + 1)))) continue
      return { raw: this.text.slice(place, end + right.length), text: this.text.slice(from, end), display }
    }
    return null
  }

  /** The formula that starts at a position and fills its lines. */
  alone(place: number): Formula | null {
    const found = this.at(place)
    if (!found?.display) return null
    let end = place + found.raw.length
    while (this.text[end] === ' ' || this.text[end] === '\t') end++
    return end === this.text.length || this.text[end] === '\n' ? found : null
  }

  /** Position of the next opening delimiter. */
  start(place: number): number | undefined {
    this.#starts ??= this.#openings()
    const found = this.#starts[place] ?? -1
    return found < 0 ? undefined : found
  }

  /** The first line after a position that consists of a formula. */
  line(place: number): number | undefined {
    this.#lines ??= this.#standing()
    let [low, high] = [0, this.#lines.length]
    while (low < high) {
      this.steps++
      const middle = (low + high) >> 1
      if (this.#lines[middle]! > place) high = middle
      else low = middle + 1
    }
    return this.#lines[low]
  }

  #openings(): Int32Array {
    const found = new Int32Array(this.text.length + 1).fill(-1)
    for (let at = this.text.length - 1; at >= 0; at--) {
      this.steps++
      found[at] = this.#delimiters.some(({ left }) => this.text.startsWith(left, at)) ? at : found[at + 1]!
    }
    return found
  }

  #standing(): number[] {
    const found: number[] = []
    for (let line = this.text.indexOf('\n') + 1; line > 0; line = this.text.indexOf('\n', line) + 1) {
      if (this.alone(line)) found.push(line)
    }
    this.steps += this.text.length
    return found
  }

  /** Position of `right` outside of braces and not escaped, or -1. */
  #closing(from: number, right: string): number {
    let ends = this.#ends.get(right)
    if (!ends) this.#ends.set(right, (ends = this.#endsOf(right)))
    const found = ends.first(from, this.#depth[from] ?? 0)
    this.steps += ends.steps
    ends.steps = 0
    return found
  }

  #endsOf(right: string): Ends {
    const places: number[] = []
    for (let at = this.text.indexOf(right); at >= 0; at = this.text.indexOf(right, at + 1)) {
      if (!this.#escaped[at]) places.push(at)
    }
    this.steps += this.text.length
    return new Ends(places, this.#depth)
  }

  #space(place: number): boolean {
    return /\s/.test(this.text.charAt(place))
  }

  #blank(from: number, end: number): boolean {
    while (from < end && this.#space(from)) from++
    return from === end
  }
}

/** Positions of a closing delimiter with their depths, as a tree of minimum depths. */
class Ends {
  steps = 0
  readonly #least: Int32Array
  readonly #size: number

  constructor(
    private readonly places: number[],
    depth: Int32Array,
  ) {
    this.#size = 2 ** Math.ceil(Math.log2(Math.max(places.length, 1)))
    this.#least = new Int32Array(2 * this.#size).fill(0x7fffffff)
    places.forEach((place, index) => (this.#least[this.#size + index] = depth[place]!))
    for (let node = this.#size - 1; node > 0; node--)
      this.#least[node] = Math.min(this.#least[2 * node]!, this.#least[2 * node + 1]!)
  }

  /** The first position from `from` on that is no deeper than `depth`, or -1. */
  first(from: number, depth: number): number {
    let [low, high] = [0, this.places.length]
    while (low < high) {
      this.steps++
      const middle = (low + high) >> 1
      if (this.places[middle]! >= from) high = middle
      else low = middle + 1
    }
    if (low === this.places.length) return -1
    let node = this.#size + low
    // Go up until something on the right is shallow enough, then down to its first leaf.
    while (this.#least[node]! > depth) {
      this.steps++
      while (node % 2 === 1) node >>= 1
      if (node === 0) return -1
      node++
    }
    while (node < this.#size) {
      this.steps++
      node *= 2
      if (this.#least[node]! > depth) node++
    }
    return this.places[node - this.#size] ?? -1
  }
}

/** The formula that `source` starts with, if any. */
export function formulaAt(source: string, delimiters: Delimiter[]): Formula | null {
  return new Formulas(source, delimiters).at(0)
}

export function hasFormula(source: string, delimiters: Delimiter[]): boolean {
  return delimiters.some(({ left, right }) => {
    const start = source.indexOf(left)
    return start >= 0 && source.indexOf(right, start + left.length) >= 0
  })
}

/** Whether a formula on separate lines starts here and does not end here. */
export function opensFormula(source: string, delimiters: Delimiter[]): boolean {
  return delimiters.some(({ left, right, display }) => {
    if (!display) return false
    return left === right ? source.split(left).length % 2 === 0 : source.lastIndexOf(left) > source.lastIndexOf(right)
  })
}

/** A lexer that keeps the formulas of the text that it parses; see `BoundedLexer`. */
interface Reading {
  lexer: object
}

export function mathExtension(delimiters: Delimiter[]): MarkedExtension {
  /** Formulas of the text that ends with `rest`, and the position of `rest` in it. */
  const reading = ({ lexer }: Reading, rest: string): [Formulas, number] => {
    const formulas = (lexer as { formulas?: Formulas | null }).formulas ?? new Formulas(rest, delimiters)
    return [formulas, formulas.text.length - rest.length]
  }
  function block(this: Reading, source: string): MathToken | undefined {
    const [formulas, place] = reading(this, source)
    const found = formulas.alone(place)
    return found ? { type: 'math-block', ...found } : undefined
  }
  function inline(this: Reading, source: string): MathToken | undefined {
    const [formulas, place] = reading(this, source)
    const found = formulas.at(place)
    return found ? { type: 'math-inline', ...found } : undefined
  }
  // marked cuts a paragraph where this points, so it must only point at blocks: formulas on separate lines.
  function blockStart(this: Reading, source: string): number | undefined {
    const [formulas, place] = reading(this, source)
    const found = formulas.line(place)
    return found === undefined ? undefined : found - place
  }
  function inlineStart(this: Reading, source: string): number | undefined {
    const [formulas, place] = reading(this, source)
    const found = formulas.start(place)
    return found === undefined ? undefined : found - place
  }
  const renderer = (token: Tokens.Generic): string => {
    const tag = token['display'] ? 'div' : 'span'
    return `<${tag} class="math${token['display'] ? ' math-display' : ''}">${escapeHtml(String(token['text']))}</${tag}>`
  }
  return {
    extensions: [
      { name: 'math-block', level: 'block', start: blockStart as TokenizerStartFunction, tokenizer: block, renderer },
      {
        name: 'math-inline',
        level: 'inline',
        start: inlineStart as TokenizerStartFunction,
        tokenizer: inline,
        renderer,
      },
    ],
  }
}

type Katex = typeof import('katex').default
let katex: Promise<Katex> | undefined
/** Number of formulas typeset at once. */
const AT_ONCE = 40

/** Typesets the formulas inside `root`. A formula that KaTeX rejects stays as text, with the reason as its title. */
export async function typeset(root: ParentNode): Promise<void> {
  const formulas = root.querySelectorAll<HTMLElement>('.math:not([data-set])')
  if (formulas.length === 0) return
  katex ??= Promise.all([import('katex'), import('katex/dist/katex.min.css')]).then(([module]) => module.default)
  const { render } = await katex
  let drawn = 0
  for (const formula of formulas) {
    // A text can have thousands: the page stays responsive in the meantime.
    if (++drawn % AT_ONCE === 0) await new Promise((done) => setTimeout(done))
    const source = formula.textContent ?? ''
    formula.dataset['set'] = ''
    render(source, formula, {
      displayMode: formula.classList.contains('math-display'),
      throwOnError: false,
      errorColor: 'var(--danger)',
      trust: false,
      // No formula may cover the page.
      maxSize: 30,
    })
  }
}
