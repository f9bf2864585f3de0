import { Marked } from 'marked'
import { expect, test } from 'vitest'
import { Blocks } from './blocks'
import { DEFAULT_DELIMITERS, Formulas, formulaAt, hasFormula, mathExtension, type Delimiter } from './math'

const dollars: Delimiter[] = [...DEFAULT_DELIMITERS, { left: '$', right: '$', display: false }]
const html = (source: string, delimiters: Delimiter[]): string =>
  new Marked(mathExtension(delimiters)).parse(source) as string

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

/** C8a: siblings looked for: each delimiter alone, with braces, on lines, in paragraphs, money, marks of emphasis and
 * links; found: delimiters in paragraphs, with braces, delimiters of several characters, and emphasis in marked. */
const HOSTILE = ['$$a', '$$a\n', '$$a\n\n', '$${', '$$}', '$$ ', '$5 ', '\\(a', '\\(a{', '$$a$$ ', '$$\n', '{$$}\n']

test('the work on a text grows with its length, whatever it holds', { timeout: 120_000 }, () => {
  const all = [...dollars, { left: '\\(', right: '\\)', display: false }]
  for (const unit of HOSTILE) {
    const steps = [1000, 4000].map((count) => {
      const formulas = new Formulas(unit.repeat(count), all)
      for (let place = 0; place < formulas.text.length; place++) {
        formulas.at(place)
        formulas.start(place)
        formulas.line(place)
      }
      return formulas.steps
    })
    expect(steps[1]! / steps[0]!, unit).toBeLessThan(6)
  }
})

test('a text of 40,000 characters is read, whatever it holds', { timeout: 120_000 }, () => {
  for (const unit of [...HOSTILE, '_a_', '*a', '[a', '`a', '~a~', '[$$a]()']) {
    const blocks = new Blocks({ delimiters: DEFAULT_DELIMITERS, lineBreaks: true })
    const list = blocks.update(unit.repeat(13_333), false)
    expect(list.map(({ raw }) => raw).join('').length, unit).toBe(unit.length * 13_333)
  }
})

test('the same formulas are found as by looking at each place alone', () => {
  const places = '$$a$$ $x$ {$$b{$$}$$} \\$$c$$ $${$$\n$$\nd\n$$\n\\\\$e$'
  const whole = new Formulas(places, dollars)
  for (let place = 0; place < places.length; place++) {
    if (places[place - 1] === '\\') continue
    expect(whole.at(place), places.slice(place)).toEqual(formulaAt(places.slice(place), dollars))
  }
  expect(whole.line(0)).toBe(places.indexOf('$$\nd'))
})
