import type { Config, LayoutEntry, PageEntry } from '../page/config'

/** The address of a page of the app. */
export function pageUrl(root: string, path: string): string {
  return path === '' ? `${root}/` : `${root}/${path}`
}

interface Heading {
  text: string
  /** `h1` where the app has no heading of its own, so that the page has exactly one; none where it says the same. */
  element: 'h1' | 'span' | 'none'
}

/** The pages that can be chosen; none where there is no choice. */
export function pageLinks(config: Config): PageEntry[] {
  const shown = config.pages.filter(([, , inNavbar]) => inNavbar)
  return shown.length > 1 ? shown : []
}

/** Whether the header has a purpose: pages to choose from, somebody who is logged in, or a wish of the author's. */
export function hasHeader(config: Config): boolean {
  return config.header ?? (pageLinks(config).length > 0 || (config.logout && config.username !== null))
}

/** What this page is called: the app's title, or its own where the app has several pages. */
export function pageName(config: Config): string {
  const own = config.current_page === '' ? undefined : config.pages.find(([path]) => path === config.current_page)
  return own?.[1] || config.title
}

const plain = (text: string): string => text.replace(/<[^>]*>|[#*_`]/g, '').trim()

/** How the header names the app without saying what the app itself says below it. */
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

/** Ids of what stands in sidebars: a heading there may be folded away, so it is not the page's. */
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
