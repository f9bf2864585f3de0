import { Marked } from 'marked'
import { expect, test } from 'vitest'
import { DEFAULT_DELIMITERS, formulaAt, hasFormula, mathExtension, type Delimiter } from './math'

const dollars: Delimiter[] = [...DEFAULT_DELIMITERS, { left: '$', right: '$', display: false }]
const html = (source: string, delimiters: Delimiter[]): string => new Marked(mathExtension(delimiters)).parse(source) as string

test('the longest delimiter wins', () => {
  expect(formulaAt('$$x$$ rest', dollars)).toEqual({ raw: '$$x$$', text: 'x', display: true })
  expect(formulaAt('$x$ rest', dollars)).toEqual({ raw: '$x$', text: 'x', display: false })
})

test('prices are no formulas', () => {
  expect(html('It costs $5 and $6.', dollars)).toBe('<p>It costs $5 and $6.</p>\n')
  expect(html('From $5 to $6', dollars)).not.toContain('math')
})

test('a formula is not read as markdown', () => {
  expect(html('$a_1 * b_2 * c_3$', dollars)).toBe('<p><span class="math">a_1 * b_2 * c_3</span></p>\n')
})

test('a formula of its own is a block, one in a sentence stays in it', () => {
  expect(html('$$\na^2\n$$', dollars)).toContain('<div class="math math-display">\na^2\n</div>')
  expect(html('so $$a^2$$ holds', dollars)).toMatch(/^<p>so .*holds<\/p>/)
})

test('what a formula contains is text to the page', () => {
  expect(html('$<img src=x>$', dollars)).toContain('&lt;img src=x&gt;')
})

test('braces and escapes may hold the closing delimiter', () => {
  expect(formulaAt('$\\text{a $ b}$', dollars)?.text).toBe('\\text{a $ b}')
  expect(formulaAt('$a \\$ b$', dollars)?.text).toBe('a \\$ b')
})

test('without a closing delimiter there is no formula', () => {
  expect(formulaAt('$$x', dollars)).toBeNull()
  expect(hasFormula('a $$ b', dollars)).toBe(true)
  expect(hasFormula('a $ b', [{ left: '$$', right: '$$', display: true }])).toBe(false)
})
