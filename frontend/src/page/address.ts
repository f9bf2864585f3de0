import type { Config } from './config'
import type { FileData } from './node'
import { safeUrl } from './safe-url'

/** The address of nothing: following it does nothing. */
export const NOWHERE = 'data:,'

/** Where the app's routes are, seen from this page: `base` leads there from it; else `root` on the page's own host. */
export function rootOf(
  { base, root }: Pick<Config, 'base' | 'root'>,
  location: Pick<Location, 'origin' | 'href'>,
): string {
  if (base !== null) return new URL(base, location.href).href.replace(/[?#].*$/, '').replace(/\/+$/, '')
  const path = root.startsWith('http') ? new URL(root).pathname : root
  return location.origin + path.replace(/\/+$/, '')
}

/** Where a file of the app can be fetched. */
export function fileUrl(file: FileData, root: string, prefix: string): string {
  const { url, path } = file
  if (url && safeUrl(url) === undefined) return NOWHERE
  if (!url) return `${root}${prefix}/file=${path.split('/').map(encodeURIComponent).join('/')}`
  return url.startsWith('/') && !url.startsWith('//') ? root + url : url
}
