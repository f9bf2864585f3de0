/** Markdown to DOM: parse, sanitize, then process elements: links, code tools, formulas. */
import { Marked } from 'marked'
import { copyText } from '../clipboard'
import { check, copy } from '../icons'
import { outwards, sanitize } from '../sanitize'
import { Blocks, type Block, type MarkdownOptions } from './blocks'
import { colour, languageOf } from './highlight'
import { typeset } from './math'

export { Blocks, type Block }

export interface RenderOptions extends MarkdownOptions {
  sanitize: boolean
  headerLinks: boolean
  /** Tags beyond HTML's that are kept; with `true` all are, as the text that they are to a reader. */
  allowTags: boolean | string[]
}

/** HTML as elements, without anything that could run unless the author turned the sanitizer off. */
export function fragment(html: string, options: Pick<RenderOptions, 'sanitize' | 'allowTags'>): DocumentFragment {
  if (options.sanitize) return sanitize(html, options)
  const template = document.createElement('template')
  template.innerHTML = html
  return template.content
}

const lines = new Marked({ gfm: true, breaks: true })

/** One line of Markdown, without blocks. */
export function line(text: string): DocumentFragment {
  const content = fragment(lines.parseInline(text, { async: false }), { sanitize: true, allowTags: true })
  outwards(content)
  return content
}

/** Fills `element` with the block. */
export function mount(element: HTMLElement, blocks: Blocks, block: Block, options: RenderOptions): void {
  const content = fragment(blocks.html(block), options)
  dress(content, options)
  element.replaceChildren(content)
  void colour(element)
  void typeset(element)
}

function dress(root: DocumentFragment, options: RenderOptions): void {
  outwards(root)
  for (const code of root.querySelectorAll<HTMLElement>('pre > code')) dressCode(code)
  for (const table of root.querySelectorAll('table')) scrollable(table)
  for (const task of root.querySelectorAll('li > input[type=checkbox]')) {
    task.setAttribute('aria-label', task.hasAttribute('checked') ? 'Done' : 'To do')
  }
  if (options.headerLinks) for (const heading of root.querySelectorAll('h1, h2, h3, h4, h5, h6')) linkHeading(heading)
}

/** A wide table scrolls in a box that is reachable by keyboard. */
function scrollable(table: Element): void {
  const box = document.createElement('div')
  box.className = 'table-scroll'
  box.tabIndex = 0
  box.setAttribute('role', 'group')
  box.setAttribute('aria-label', 'Table')
  table.replaceWith(box)
  box.append(table)
}

function dressCode(code: HTMLElement): void {
  const pre = code.parentElement as HTMLElement
  const name = [...code.classList].find((item) => item.startsWith('language-'))?.slice(9)
  const language = languageOf(name)
  if (language) code.dataset['language'] = language
  pre.tabIndex = 0
  const box = document.createElement('div')
  box.className = 'code-wrap'
  pre.replaceWith(box)
  const tool = copyTool(() => code.textContent ?? '', name !== undefined)
  box.append(...(name === undefined ? [pre, tool] : [headOf(name, tool), pre]))
}

/** The line above code that names its language. */
function headOf(name: string, tool: HTMLElement): HTMLElement {
  const head = document.createElement('div')
  head.className = 'code-head'
  const language = document.createElement('span')
  language.textContent = name
  head.append(language, tool)
  return head
}

const svg = (inner: string): string =>
  `<svg viewBox="0 0 24 24" width="15" height="15" fill="none" stroke="currentColor" stroke-width="2" ` +
  `stroke-linecap="round" stroke-linejoin="round" aria-hidden="true">${inner}</svg>`

function copyTool(text: () => string, named: boolean): HTMLButtonElement {
  const button = document.createElement('button')
  button.type = 'button'
  button.className = 'code-copy'
  button.setAttribute('aria-label', 'Copy code')
  const show = (icon: string, word: string): void => {
    button.innerHTML = svg(icon) + (named ? `<span>${word}</span>` : '')
  }
  show(copy, 'Copy')
  button.onclick = async () => {
    await copyText(text())
    show(check, 'Copied')
    setTimeout(() => show(copy, 'Copy'), 2000)
  }
  return button
}

/** The anchor of a heading, as on GitHub. */
export function slug(text: string): string {
  return text
    .trim()
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, '')
    .replace(/\s+/g, '-')
}

function linkHeading(heading: Element): void {
  const text = heading.textContent ?? ''
  heading.id ||= slug(text)
  const anchor = document.createElement('a')
  anchor.className = 'header-anchor'
  anchor.href = `#${heading.id}`
  anchor.setAttribute('aria-label', `Link to ${text}`)
  anchor.textContent = '#'
  heading.append(anchor)
}
