import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import type { Plugin, Rollup } from 'vite'

interface Files {
  js: string[]
  css: string[]
}

/** Component types and the modules behind them, read from a registry. */
export function registered(source: string, folder: string): Record<string, string> {
  const lines = source.matchAll(/^ {2}(\w+): entry\(\(\) => import\('\.\/(.+?)'\)/gm)
  return Object.fromEntries(Array.from(lines, (line) => [line[1]!, `${folder}/${line[2]!}`]))
}

/** A chunk's files and those of all that it imports, without what was seen before. */
function closure(chunk: Rollup.OutputChunk, chunks: Map<string, Rollup.OutputChunk>, seen: Set<string>): Files {
  const files: Files = { js: [], css: [] }
  const visit = (one: Rollup.OutputChunk): void => {
    if (seen.has(one.fileName)) return
    seen.add(one.fileName)
    files.js.push(one.fileName)
    const css = (one as { viteMetadata?: { importedCss?: Set<string> } }).viteMetadata?.importedCss
    files.css.push(...(css ?? []))
    for (const name of one.imports) {
      const next = chunks.get(name)
      if (next) visit(next)
    }
  }
  visit(chunk)
  return files
}

function manifest(root: string, bundle: Rollup.OutputBundle): Record<string, unknown> {
  const chunks = new Map<string, Rollup.OutputChunk>()
  for (const file of Object.values(bundle)) if (file.type === 'chunk') chunks.set(file.fileName, file)
  const all = [...chunks.values()]
  const html = bundle['index.html']
  const page = html?.type === 'asset' ? String(html.source) : ''
  const shell = new Set<string>()
  const entries = all.filter((one) => page.includes(one.fileName)).map((one) => closure(one, chunks, shell))
  const components: Record<string, Files> = {}
  for (const folder of ['src/components', 'src/layout']) {
    const types = registered(readFileSync(resolve(root, folder, 'registry.ts'), 'utf8'), folder)
    for (const [type, module] of Object.entries(types)) {
      const chunk = all.find((one) => one.facadeModuleId === resolve(root, module))
      if (chunk) components[type] = closure(chunk, chunks, new Set(shell))
    }
  }
  return { entry: { js: entries.flatMap(({ js }) => js), css: entries.flatMap(({ css }) => css) }, components }
}

/**
 * Writes `manifest.json`: the files of the shell (`entry`) and what each component type needs beyond them
 * (`components`), so that the server can ask the browser to fetch them early.
 */
export function componentManifest(): Plugin {
  let root = ''
  return {
    name: 'component-manifest',
    apply: 'build',
    enforce: 'post',
    configResolved(config) {
      root = config.root
    },
    transformIndexHtml: {
      order: 'post',
      // The server answers with the app's own icon where it has one.
      handler: () => [{ tag: 'link', attrs: { rel: 'icon', href: './favicon.ico' }, injectTo: 'head' }],
    },
    generateBundle: {
      // After the HTML names its entry.
      order: 'post',
      handler(_options, bundle) {
        const source = JSON.stringify(manifest(root, bundle), null, 1)
        this.emitFile({ type: 'asset', fileName: 'manifest.json', source })
      },
    },
  }
}
