/** Addresses that the page links to or loads; the server has the same rule (`links.py`). */

// Characters that browsers drop from an address, or that readers do not see.
const IGNORED = /[\0- \x7f-\x9f\xad\u200b-\u200f\u2028-\u202e\ufeff]/g
const SCHEME = /^([a-z][a-z0-9+.-]*):/i
const SCHEMES = new Set(['http', 'https', 'mailto', 'blob'])

/** The address if following it runs no script: http(s), mailto, blob, an image in a data URL, or relative. */
export function safeUrl(url: unknown): string | undefined {
  if (typeof url !== 'string') return undefined
  const plain = url.replace(IGNORED, '')
  const scheme = SCHEME.exec(plain)?.[1]?.toLowerCase()
  if (scheme === undefined || SCHEMES.has(scheme) || /^data:image\//i.test(plain)) return url
  return undefined
}
