import type { Config } from './config'
import type { FileData } from './node'
import { safeUrl } from './safe-url'

/** Address of a link without effect. */
export const NOWHERE = 'data:,'

/** Root of the app's routes, seen from this page: relative to it with `base`, else `root` on the page's host. */
export function rootOf(
  { base, root }: Pick<Config, 'base' | 'root'>,
  location: Pick<Location, 'origin' | 'href'>,
): string {
  if (base !== null) return new URL(base, location.href).href.replace(/[?#].*$/, '').replace(/\/+$/, '')
  const path = root.startsWith('http') ? new URL(root).pathname : root
  return location.origin + path.replace(/\/+$/, '')
}

/** URL of a file of the app. */
export function fileUrl(file: FileData, root: string, prefix: string): string {
  const { url, path } = file
  if (url && safeUrl(url) === undefined) return NOWHERE
  if (!url) return `${root}${prefix}/file=${path.split('/').map(encodeURIComponent).join('/')}`
  return url.startsWith('/') && !url.startsWith('//') ? root + url : url
}
