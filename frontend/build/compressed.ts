import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { brotliCompressSync, constants, gzipSync } from 'node:zlib'
import type { Plugin } from 'vite'

const WORTH = 512

/** Writes a `.gz` and a `.br` beside each text asset, so that the server compresses nothing. */
export function compressed(): Plugin {
  let assets = ''
  return {
    name: 'compressed',
    apply: 'build',
    configResolved(config) {
      assets = join(resolve(config.root, config.build.outDir), config.build.assetsDir)
    },
    writeBundle() {
      for (const name of readdirSync(assets)) {
        if (!/\.(js|css|svg|json)$/.test(name)) continue
        const path = join(assets, name)
        const body = readFileSync(path)
        if (body.length < WORTH) continue
        writeFileSync(`${path}.gz`, gzipSync(body, { level: 9 }))
        const params = {
          [constants.BROTLI_PARAM_MODE]: constants.BROTLI_MODE_TEXT,
          [constants.BROTLI_PARAM_QUALITY]: 11,
          [constants.BROTLI_PARAM_SIZE_HINT]: body.length,
        }
        writeFileSync(`${path}.br`, brotliCompressSync(body, { params }))
      }
    },
  }
}
