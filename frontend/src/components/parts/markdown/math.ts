/** LaTeX between delimiters, as a syntax of marked; KaTeX itself is loaded when the first formula is met. */
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
 * The formulas of one text. Everything about the whole text is worked out once, so that a reader that asks at each of its
 * places does work in proportion to its length (times a logarithm), whatever delimiters it holds.
 */
export class Formulas {
  /** Steps done, for a test that counts instead of timing. */
  steps = 0
  readonly #delimiters: Delimiter[]
  /** Braces open before each place; a brace after a backslash is none. */
  readonly #depth: Int32Array
  readonly #escaped: Uint8Array
  readonly #ends = new Map<string, Ends>()
  /** Where the next opening delimiter is, from each place. */
  #starts: Int32Array | null = null
  /** Lines on which a formula stands alone. */
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

  /** The formula that begins at a place, if any. */
  at(place: number): Formula | null {
    for (const { left, right, display } of this.#delimiters) {
      this.steps++
      if (!this.text.startsWith(left, place)) continue
      const from = place + left.length
      const end = this.#closing(from, right)
      if (end < 0 || this.#blank(from, end)) continue
      // "$5 and $6" is money, not a formula: TeX's own dollars touch what they enclose.
      if (left === '$' && (this.#space(from) || this.#space(end - 1) || /\d/.test(this.text.charAt(end + 1)))) continue
      return { raw: this.text.slice(place, end + right.length), text: this.text.slice(from, end), display }
    }
    return null
  }

  /** The formula that begins at a place and fills its lines. */
  alone(place: number): Formula | null {
    const found = this.at(place)
    if (!found?.display) return null
    let end = place + found.raw.length
    while (this.text[end] === ' ' || this.text[end] === '\t') end++
    return end === this.text.length || this.text[end] === '\n' ? found : null
  }

  /** Where the next opening delimiter is, from a place on. */
  start(place: number): number | undefined {
    this.#starts ??= this.#openings()
    const found = this.#starts[place] ?? -1
    return found < 0 ? undefined : found
  }

  /** The first line after a place on which a formula stands alone. */
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

  /** Where `right` is outside of braces and not escaped; -1 if it is not. */
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

/** Places of a closing delimiter with the depth of each, as a tree of the least depths. */
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

  /** The first place from `from` on that is no deeper than `depth`; -1 if there is none. */
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
    // Up until something on the right may do, then down to its first leaf.
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

/** The formula that `source` begins with, if any. */
export function formulaAt(source: string, delimiters: Delimiter[]): Formula | null {
  return new Formulas(source, delimiters).at(0)
}

export function hasFormula(source: string, delimiters: Delimiter[]): boolean {
  return delimiters.some(({ left, right }) => {
    const start = source.indexOf(left)
    return start >= 0 && source.indexOf(right, start + left.length) >= 0
  })
}

/** Does a formula of its own lines begin here that does not end here? */
export function opensFormula(source: string, delimiters: Delimiter[]): boolean {
  return delimiters.some(({ left, right, display }) => {
    if (!display) return false
    return left === right ? source.split(left).length % 2 === 0 : source.lastIndexOf(left) > source.lastIndexOf(right)
  })
}

/** A lexer that keeps the formulas of the text that it reads; see `BoundedLexer`. */
interface Reading {
  lexer: object
}

export function mathExtension(delimiters: Delimiter[]): MarkedExtension {
  /** The formulas of the text of which `rest` is the end, and where it begins there. */
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
  // marked cuts a paragraph where this points, so it points only at what is a block indeed: a formula on lines of its own.
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
/** Formulas that are set in type in one go. */
const AT_ONCE = 40

/** Sets the formulas inside `root` in type. A formula that KaTeX cannot read stays as text, with the reason as its title. */
export async function typeset(root: ParentNode): Promise<void> {
  const formulas = root.querySelectorAll<HTMLElement>('.math:not([data-set])')
  if (formulas.length === 0) return
  katex ??= Promise.all([import('katex'), import('katex/dist/katex.min.css')]).then(([module]) => module.default)
  const { render } = await katex
  let drawn = 0
  for (const formula of formulas) {
    // A text may hold thousands: the page stays usable meanwhile.
    if (++drawn % AT_ONCE === 0) await new Promise((done) => setTimeout(done))
    const source = formula.textContent ?? ''
    formula.dataset['set'] = ''
    render(source, formula, {
      displayMode: formula.classList.contains('math-display'),
      throwOnError: false,
      errorColor: 'var(--danger)',
      trust: false,
      // No formula covers the page.
      maxSize: 30,
    })
  }
}
