import { describe, expect, test } from 'vitest'
import { Blocks } from './blocks'
import { DEFAULT_DELIMITERS } from './math'

const options = { delimiters: DEFAULT_DELIMITERS, lineBreaks: false }

const html = (source: string, open = false, given = options): string => {
  const blocks = new Blocks(given)
  return blocks
    .update(source, open)
    .map((block) => blocks.html(block))
    .join('')
}

const SOURCE = [
  '# Title', 'Some *text* and `code`.', '- one\n- two\n\n  more of two\n- three', '1. first\n2. second',
  '```python\nprint("a")\n\nprint("b")\n```', '> quoted\nlazily', '| a | b |\n|---|---|\n| 1 | 2 |', 'Setext\n======',
  '<div>\n\n**inside**\n\n</div>', 'a\n\n    indented code\n\n    more of it', '$$\nx^2\n\n+ y\n$$', 'Last line', '***', 'end',
].join('\n\n') // prettier-ignore

describe('a text that streams in', () => {
  test('ends as the same HTML as the whole text at once, letter by letter', () => {
    const blocks = new Blocks(options)
    for (let length = 1; length <= SOURCE.length; length++) blocks.update(SOURCE.slice(0, length), true)
    const streamed = blocks.update(SOURCE, false).map((block) => blocks.html(block))
    expect(streamed.join('')).toBe(html(SOURCE))
  })

  test('is the same HTML after every letter as that text at once', () => {
    const blocks = new Blocks(options)
    for (let length = 1; length <= SOURCE.length; length += 7) {
      const part = SOURCE.slice(0, length)
      expect(
        blocks
          .update(part, false)
          .map((block) => blocks.html(block))
          .join(''),
      ).toBe(html(part))
    }
  })

  test('keeps the blocks that are finished as they are', () => {
    const blocks = new Blocks(options)
    const before = blocks.update('One.\n\nTwo.\n\nThr', true)
    const after = blocks.update('One.\n\nTwo.\n\nThree and more', true)
    expect(after.slice(0, 4)).toEqual(before.slice(0, 4))
    expect(after.slice(0, 4).every((block, index) => block === before[index])).toBe(true)
    expect(after.at(-1)).not.toBe(before.at(-1))
  })

  test('does not show half-typed markup', () => {
    expect(html('Some **bo', true)).toBe('<p>Some <strong>bo</strong></p>\n')
    expect(html('Some **bo', false)).toBe('<p>Some **bo</p>\n')
  })

  test('leaves an open code block as code', () => {
    expect(html('```js\nlet a = **b', true)).toContain('let a = **b')
  })

  test('finds links that are defined at its end', () => {
    const blocks = new Blocks(options)
    blocks.update('See [the docs][d].\n\nMore', true)
    const list = blocks.update('See [the docs][d].\n\nMore\n\n[d]: https://example.com\n', false)
    expect(list.map((block) => blocks.html(block)).join('')).toContain('<a href="https://example.com">the docs</a>')
  })

  test('that becomes another text is read anew', () => {
    const blocks = new Blocks(options)
    blocks.update('One.\n\nTwo.', false)
    expect(blocks.update('Other.', false).map((block) => block.raw)).toEqual(['Other.'])
  })

  test('with the line ends of Windows reads the same', () => {
    const blocks = new Blocks(options)
    const windows = SOURCE.replaceAll('\n', '\r\n')
    for (let length = 1; length <= windows.length; length++) blocks.update(windows.slice(0, length), true)
    expect(
      blocks
        .update(windows, false)
        .map((block) => blocks.html(block))
        .join(''),
    ).toBe(html(SOURCE))
  })
})

test('single line ends are breaks only where the author wants them', () => {
  expect(html('a\nb')).toBe('<p>a\nb</p>\n')
  expect(html('a\nb', false, { ...options, lineBreaks: true })).toBe('<p>a<br>b</p>\n')
})
