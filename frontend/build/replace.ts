import { existsSync, renameSync, rmSync } from 'node:fs'
import { resolve } from 'node:path'
import type { Plugin } from 'vite'

/**
 * Builds beside the place and moves the result there in one step, so that neither a running server nor a second
 * build ever sees half a page.
 */
export function replaceWhole(place: string): Plugin {
  const name = `node_modules/.page-${process.pid}`
  let made = ''
  let target = ''
  let failed = false
  return {
    name: 'replace-whole',
    apply: 'build',
    config: () => ({ build: { outDir: name, emptyOutDir: true } }),
    configResolved(config) {
      made = resolve(config.root, config.build.outDir)
      target = resolve(config.root, place)
    },
    buildEnd(error) {
      failed = error !== undefined
    },
    closeBundle() {
      if (failed || !existsSync(made)) {
        rmSync(made, { recursive: true, force: true })
        return
      }
      const before = `${made}-before`
      if (existsSync(target)) renameSync(target, before)
      renameSync(made, target)
      rmSync(before, { recursive: true, force: true })
    },
  }
}
