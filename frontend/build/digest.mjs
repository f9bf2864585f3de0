import { createHash } from 'node:crypto'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, relative, resolve, sep } from 'node:path'

const SOURCES = [
  'build',
  'public',
  'src',
  'index.html',
  'package.json',
  'package-lock.json',
  'svelte.config.js',
  'vite.config.ts',
]

/** @type {(path: string) => string[]} */
function files(path) {
  return readdirSync(path, { withFileTypes: true }).flatMap((entry) =>
    entry.isDirectory() ? files(join(path, entry.name)) : [join(path, entry.name)],
  )
}

/**
 * SHA-256 over the sorted names and contents of all sources but tests. `hatch_build.py` computes the same.
 * @type {(root: string) => string}
 */
export function digest(root) {
  const hash = createHash('sha256')
  const found = SOURCES.flatMap((name) => (/\.\w+$/.test(name) ? [join(root, name)] : files(join(root, name))))
  const built = found.filter((path) => !path.endsWith('.test.ts'))
  const named = built.map((path) => [relative(root, path).split(sep).join('/'), path])
  named.sort(([a], [b]) => (a < b ? -1 : 1))
  for (const [name, path] of named) hash.update(`${name}\0`).update(readFileSync(path)).update('\0')
  return hash.digest('hex')
}

/**
 * Writes which sources a bundle was built from beside it, so that installing knows whether it is stale.
 * @type {() => import('vite').Plugin}
 */
export function sourceDigest() {
  let root = ''
  let outDir = ''
  let before = ''
  return {
    name: 'source-digest',
    apply: 'build',
    configResolved(config) {
      root = config.root
      outDir = resolve(root, config.build.outDir)
    },
    buildStart() {
      before = digest(root)
    },
    writeBundle() {
      writeFileSync(join(outDir, 'digest.txt'), before + '\n')
    },
  }
}
