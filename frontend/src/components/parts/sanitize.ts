/** The only sanitizer: markup that may not come from the app's author becomes elements without effects. */
import DOMPurify, { type Config } from 'dompurify'
import { safeUrl } from '../../page/safe-url'

export interface SanitizeOptions {
  /** Additional tags to keep; with `true` all, shown as text to readers. */
  allowTags?: boolean | string[]
}

/** Elements that ask for input, cover the page, or restyle it, except a task list's checkbox (see below). */
const FORBIDDEN = [
  'style', 'form', 'button', 'textarea', 'select', 'option', 'optgroup', 'datalist', 'fieldset', 'legend', 'label', 'output',
  'dialog', 'menu', 'slot', 'template',
] // prettier-ignore
const FORBIDDEN_ATTRIBUTES = [
  'for', 'form', 'name', 'popover', 'popovertarget', 'popovertargetaction', 'command', 'commandfor', 'autofocus', 'autoplay',
  'accesskey', 'contenteditable', 'tabindex', 'is', 'slot', 'part', 'usemap', 'background',
] // prettier-ignore

/** Properties that cannot move an element, paint outside of it, or load anything. */
const PROPERTY = new RegExp(
  '^(' +
    [
      'color|opacity|visibility|display|float|clear|direction|vertical-align|line-height|letter-spacing|word-spacing',
      'background-color|list-style-(type|position)|table-layout|caption-side|empty-cells|object-(fit|position)|aspect-ratio',
      '(font|text-(align|wrap|transform|decoration-(line|style|color)))(-[a-z-]+)?|white-space(-collapse)?|word-break',
      'overflow-wrap|hyphens|tab-size|(min-|max-)?(width|height|inline-size|block-size)|box-sizing|overflow(-[xy])?',
      'border-(collapse|spacing|[a-z-]*(width|style|color|radius))|padding(-[a-z-]+)?|margin(-[a-z-]+)?',
      '(row-|column-)?gap|flex-[a-z]+|(justify|align)-[a-z]+|order|columns?-(count|width)|grid-template-(columns|rows)',
    ].join('|') +
    ')$',
)

const SETTINGS: Config & { RETURN_DOM_FRAGMENT: true } = {
  RETURN_DOM_FRAGMENT: true,
  ADD_ATTR: ['target'],
  FORBID_TAGS: FORBIDDEN,
  FORBID_ATTR: FORBIDDEN_ATTRIBUTES,
  // Ids belong to the page: content gets a prefix, so that it cannot pose as a part of the page.
  SANITIZE_NAMED_PROPS: true,
  ALLOW_DATA_ATTR: false,
}

export const ID_PREFIX = 'user-content-'
const purify = DOMPurify()

purify.addHook('uponSanitizeElement', (node, data) => {
  if (data.tagName === 'input') {
    const input = node as HTMLInputElement
    if (input.getAttribute('type')?.toLowerCase() !== 'checkbox' || !input.closest('li')) input.remove()
    else input.setAttribute('disabled', '')
  }
})

purify.addHook('uponSanitizeAttribute', (_, data) => {
  const { attrName: name, attrValue: value } = data
  if (name === 'style') {
    data.attrValue = harmless(value)
    data.keepAttr = data.attrValue !== ''
  } else if (name === 'class') {
    // The page's styles use such classes; some of them cover the window.
    data.attrValue = value
      .split(/\s+/)
      .filter((one) => one !== '' && !one.startsWith('svelte-'))
      .join(' ')
  } else if (/^(href|src|xlink:href|action|poster|cite)$/.test(name)) {
    data.keepAttr = safeUrl(value) !== undefined
  }
})

/** The declarations of a `style` attribute that are kept. */
function harmless(css: string): string {
  const probe = document.createElement('span').style
  probe.cssText = css
  const kept: string[] = []
  for (const name of probe) {
    const value = probe.getPropertyValue(name)
    const outside =
      /url\(|image-set\(|expression\(|var\(|env\(/i.test(value) ||
      (/^margin/.test(name) && /-|calc|clamp|min|max/.test(value))
    if (PROPERTY.test(name) && !outside) kept.push(`${name}: ${value}`)
  }
  return kept.join('; ')
}

/** HTML as elements without anything that could run, ask for input, or leave its place. */
export function sanitize(html: string, { allowTags = false }: SanitizeOptions = {}): DocumentFragment {
  const tags = Array.isArray(allowTags) ? allowTags.filter((tag) => !FORBIDDEN.includes(tag.toLowerCase())) : []
  return purify.sanitize(allowTags === true ? told(html) : html, { ...SETTINGS, ADD_TAGS: tags })
}

/** The markup with unknown tags as text, which the sanitizer would otherwise drop. */
function told(html: string): string {
  return html.replace(/<(\/?)([a-z_][^\s<>/]*)/gi, (tag, slash: string, name: string) =>
    drawn(name) ? tag : `&lt;${slash}${name}`,
  )
}

const SVG = 'http://www.w3.org/2000/svg'
const MATH =
  /^(math|semantics|m(i|n|o|s|text|row|frac|sqrt|root|style|error|padded|phantom|sub|sup|subsup|under|over|underover|multiscripts|table|tr|td))$/i

/** Whether a browser draws elements with this name. */
function drawn(name: string): boolean {
  if (name.includes('-') || !/^[a-z][a-z0-9]*$/i.test(name)) return false
  if (!(document.createElement(name) instanceof HTMLUnknownElement) || MATH.test(name)) return true
  return document.createElementNS(SVG, name).constructor !== SVGElement
}

/** Links open in a new tab; links within the content find the prefixed ids. */
export function outwards(root: DocumentFragment): void {
  for (const anchor of root.querySelectorAll<HTMLAnchorElement>('a[href]')) {
    const href = anchor.getAttribute('href') ?? ''
    if (href.startsWith('#')) {
      anchor.addEventListener('click', () => inside(href.slice(1)))
      continue
    }
    anchor.target = '_blank'
    anchor.rel = 'noopener noreferrer'
  }
}

function inside(name: string): void {
  if (document.getElementById(name)) return
  document.getElementById(ID_PREFIX + name)?.scrollIntoView()
}
