import type { Config } from '../page/config'

/** The address of a page of the app. */
export function pageUrl(root: string, path: string): string {
  return path === '' ? `${root}/` : `${root}/${path}`
}

interface Heading {
  text: string
  /** `h1` where the app has no heading of its own, so that the page has exactly one; none where it says the same. */
  element: 'h1' | 'span' | 'none'
}

const plain = (text: string): string => text.replace(/<[^>]*>|[#*_`]/g, '').trim()

/** How the header names the app without saying what the app itself says below it. */
export function headingOf(config: Config): Heading {
  const texts = config.components
    .filter(({ type }) => type === 'markdown' || type === 'html')
    .map(({ props }) => String(props.value ?? ''))
  const text = config.title
  if (text !== '' && texts.some((one) => one.split('\n').some((line) => plain(line) === text))) {
    return { text, element: texts.some(hasHeading) ? 'none' : 'h1' }
  }
  return { text, element: texts.some(hasHeading) ? 'span' : 'h1' }
}

function hasHeading(text: string): boolean {
  return /^\s*#\s+\S/m.test(text) || /<h1[\s>]/i.test(text)
}
