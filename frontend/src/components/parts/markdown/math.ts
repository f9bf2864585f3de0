/** LaTeX between delimiters, as a syntax of marked; KaTeX itself is loaded when the first formula is met. */
import type { MarkedExtension, Tokens } from 'marked'

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

/** The formula that `source` begins with, if any: the longest opening delimiter wins (`$$` before `$`). */
export function formulaAt(source: string, delimiters: Delimiter[]): { raw: string; text: string; display: boolean } | null {
  const byLength = [...delimiters].sort((a, b) => b.left.length - a.left.length)
  for (const { left, right, display } of byLength) {
    if (!source.startsWith(left)) continue
    const end = closing(source, left.length, right)
    if (end < 0) continue
    const text = source.slice(left.length, end)
    // "$5 and $6" is money, not a formula: TeX's own dollars touch what they enclose.
    if (text.trim() === '' || (left === '$' && (/^\s|\s$/.test(text) || /^\d/.test(source.slice(end + 1))))) continue
    return { raw: source.slice(0, end + right.length), text, display }
  }
  return null
}

/** Where `right` stands outside of braces and not escaped; -1 if it does not. */
function closing(source: string, from: number, right: string): number {
  let depth = 0
  for (let at = from; at < source.length; at++) {
    if (depth <= 0 && source.startsWith(right, at)) return at
    const char = source[at]
    if (char === '\\') at++
    else if (char === '{') depth++
    else if (char === '}') depth--
  }
  return -1
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

export function mathExtension(delimiters: Delimiter[]): MarkedExtension {
  const block = (source: string): MathToken | undefined => {
    const found = formulaAt(source, delimiters)
    const alone = found?.display && /^[ \t]*(\n|$)/.test(source.slice(found.raw.length))
    return found && alone ? { type: 'math-block', ...found } : undefined
  }
  const inline = (source: string): MathToken | undefined => {
    const found = formulaAt(source, delimiters)
    return found ? { type: 'math-inline', ...found } : undefined
  }
  // marked cuts a paragraph where this points, so it points only at what is a block indeed: a formula on lines of its own.
  const blockStart = (source: string): number | undefined => {
    for (let line = source.indexOf('\n') + 1; line > 0; line = source.indexOf('\n', line) + 1) {
      if (block(source.slice(line))) return line
    }
    return undefined
  }
  const inlineStart = (source: string): number | undefined => {
    const places = delimiters.map(({ left }) => source.indexOf(left)).filter((place) => place >= 0)
    return places.length ? Math.min(...places) : undefined
  }
  const renderer = (token: Tokens.Generic): string => {
    const tag = token['display'] ? 'div' : 'span'
    return `<${tag} class="math${token['display'] ? ' math-display' : ''}">${escapeHtml(String(token['text']))}</${tag}>`
  }
  return {
    extensions: [
      { name: 'math-block', level: 'block', start: blockStart, tokenizer: block, renderer },
      { name: 'math-inline', level: 'inline', start: inlineStart, tokenizer: inline, renderer },
    ],
  }
}

type Katex = typeof import('katex').default
let katex: Promise<Katex> | undefined

/** Sets the formulas inside `root` in type. A formula that KaTeX cannot read stays as text, with the reason as its title. */
export async function typeset(root: ParentNode): Promise<void> {
  const formulas = root.querySelectorAll<HTMLElement>('.math:not([data-set])')
  if (formulas.length === 0) return
  katex ??= Promise.all([import('katex'), import('katex/dist/katex.min.css')]).then(([module]) => module.default)
  const { render } = await katex
  for (const formula of formulas) {
    const source = formula.textContent ?? ''
    formula.dataset['set'] = ''
    render(source, formula, {
      displayMode: formula.classList.contains('math-display'),
      throwOnError: false,
      errorColor: 'var(--danger)',
      trust: false,
    })
  }
}
