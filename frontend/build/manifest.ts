import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import type { Plugin, Rollup } from 'vite'

interface Files {
  js: string[]
  css: string[]
}

/** Component types and the modules behind them, read from the registry. */
export function registered(source: string): Record<string, string> {
  const lines = source.matchAll(/^ {2}(\w+): entry\(\(\) => import\('\.\/(.+?)'\)/gm)
  return Object.fromEntries(Array.from(lines, (line) => [line[1]!, `src/components/${line[2]!}`]))
}

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
    generateBundle: {
      // After the entry that the HTML names is known.
      order: 'post',
      handler(_options, bundle) {
      const chunks = new Map<string, Rollup.OutputChunk>()
      for (const file of Object.values(bundle)) if (file.type === 'chunk') chunks.set(file.fileName, file as never)
      const all = [...chunks.values()]
      const shell = new Set<string>()
      const entries = all.filter((chunk) => chunk.isEntry).map((chunk) => closure(chunk, chunks, shell))
      const entry = { js: entries.flatMap((files) => files.js), css: entries.flatMap((files) => files.css) }
      const components: Record<string, Files> = {}
      const types = registered(readFileSync(resolve(root, 'src/components/registry.ts'), 'utf8'))
      for (const [type, module] of Object.entries(types)) {
        const chunk = all.find((one) => one.facadeModuleId === resolve(root, module))
        if (chunk) components[type] = closure(chunk, chunks, new Set(shell))
      }
      this.emitFile({
        type: 'asset',
        fileName: 'manifest.json',
        source: JSON.stringify({ entry, components }, null, 1),
      })
      },
    },
  }
}
