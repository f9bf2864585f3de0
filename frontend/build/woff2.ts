import type { Plugin } from 'vite'

/** Leaves KaTeX's fonts in WOFF2 alone: every browser that the page is built for reads it, and the others are two thirds of the bundle's fonts. */
export function woff2Only(): Plugin {
  return {
    name: 'holdfast:woff2-only',
    enforce: 'pre',
    transform(code, id) {
      if (!/katex(\.min)?\.css$/.test(id)) return undefined
      return { code: code.replace(/,\s*url\([^)]*\.(?:woff|ttf)\)\s*format\("?(?:woff|truetype)"?\)/g, ''), map: null }
    },
  }
}
