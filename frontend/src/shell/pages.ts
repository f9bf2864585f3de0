import type { Config, LayoutEntry, PageEntry } from '../page/config'

/** The address of a page of the app. */
export function pageUrl(root: string, path: string): string {
  return path === '' ? `${root}/` : `${root}/${path}`
}

interface Heading {
  text: string
  /** Title for an `h1` if the app has no heading, so that the page has exactly one; empty if it repeats the app's. */
  element: 'h1' | 'span' | 'none'
}

/** The pages to choose from; empty if there is no choice. */
export function pageLinks(config: Config): PageEntry[] {
  const shown = config.pages.filter(([, , inNavbar]) => inNavbar)
  return shown.length > 1 ? shown : []
}

/** Whether the header has a purpose: several pages, a logged-in visitor, or the author's setting. */
export function hasHeader(config: Config): boolean {
  return config.header ?? (pageLinks(config).length > 0 || (config.logout && config.username !== null))
}

/** Title of this page: the app's, or its own if the app has several pages. */
export function pageName(config: Config): string {
  const own = config.current_page === '' ? undefined : config.pages.find(([path]) => path === config.current_page)
  return own?.[1] || config.title
}

const plain = (text: string): string => text.replace(/<[^>]*>|[#*_`]/g, '').trim()

/** The app's name in the header, without repeating the text below it. */
export function headingOf(config: Config): Heading {
  const aside = asides(config)
  const texts = config.components
    .filter(({ id, type }) => (type === 'markdown' || type === 'html') && !aside.has(id))
    .map(({ props }) => String(props.value ?? ''))
  const text = config.title
  if (text !== '' && texts.some((one) => one.split('\n').some((line) => plain(line) === text))) {
    return { text, element: texts.some(hasHeading) ? 'none' : 'h1' }
  }
  return { text, element: texts.some(hasHeading) ? 'span' : 'h1' }
}

/** Ids of blocks in sidebars, where a heading can be collapsed, so that it is not the page's. */
function asides({ components, layout }: Config): Set<number> {
  const bars = new Set(components.filter(({ type }) => type === 'sidebar').map(({ id }) => id))
  const found = new Set<number>()
  const walk = (node: LayoutEntry, inside: boolean): void => {
    if (inside) found.add(node.id)
    for (const child of node.children ?? []) walk(child, inside || bars.has(node.id))
  }
  if (bars.size > 0) walk(layout, false)
  return found
}

function hasHeading(text: string): boolean {
  return /^\s*#\s+\S/m.test(text) || /<h1[\s>]/i.test(text)
}
