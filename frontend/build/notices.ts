import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Plugin } from 'vite'

const PACKAGE = /^(.*[/\\]node_modules[/\\]((?:@[^/\\]+[/\\])?[^/\\]+))[/\\]/
const ICONS = new URL('lucide-license.txt', import.meta.url)

/** Writes the licences of all packages whose code is in the bundle, and of the icons, beside it. */
export function notices(): Plugin {
  const folders = new Map<string, string>()
  return {
    name: 'holdfast:notices',
    moduleParsed({ id }) {
      const found = PACKAGE.exec(id.replace(/^\0/, ''))
      if (found) folders.set(found[2].replaceAll('\\', '/'), found[1])
    },
    generateBundle() {
      const parts = [...folders].sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, folder]) => notice(name, folder))
      parts.push(`lucide (icons)\n\n${readFileSync(ICONS, 'utf8').trim()}`)
      this.emitFile({
        type: 'asset',
        fileName: 'third-party-notices.txt',
        source: parts.join(`\n\n${'-'.repeat(80)}\n\n`) + '\n',
      })
    },
  }
}

function notice(name: string, folder: string): string {
  const { version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Record<string, string>
  const file = readdirSync(folder).find((entry) => /^licen[cs]e/i.test(entry))
  const text =
    file && existsSync(join(folder, file)) ? readFileSync(join(folder, file), 'utf8').trim() : `Licence: ${license}`
  return `${name} ${version} (${license})\n\n${text}`
}
