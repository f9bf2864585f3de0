import { svelte } from '@sveltejs/vite-plugin-svelte'
import { defineConfig } from 'vitest/config'
import { compressed } from './build/compressed.ts'
import { runningApp } from './build/dev.ts'
import { eager } from './build/eager.ts'
import { groups, loading } from './build/loading.ts'
import { replaceWhole } from './build/replace.ts'
import { componentManifest } from './build/manifest.ts'
import { notices } from './build/notices.ts'
import { sourceDigest } from './build/digest.mjs'
import { woff2Only } from './build/woff2.ts'

export default defineConfig({
  base: './',
  plugins: [
    svelte(),
    loading(),
    woff2Only(),
    eager(['shell', 'parts']),
    componentManifest(),
    notices(),
    sourceDigest(),
    compressed(),
    replaceWhole('../src/holdfast/page'),
    runningApp(process.env.HOLDFAST_APP ?? 'http://127.0.0.1:7860'),
  ],
  build: {
    target: ['chrome123', 'firefox120', 'safari17.5'],
    // Older targets have `light-dark()` rewritten, and a dark part of a light page stays light.
    cssTarget: ['chrome123', 'firefox120', 'safari17.5'],
    modulePreload: { polyfill: false },
    assetsInlineLimit: 2048,
    reportCompressedSize: false,
    rolldownOptions: {
      output: {
        codeSplitting: {
          // Few requests: what every page needs is one file, what fields share is another.
          groups: groups(import.meta.dirname),
        },
      },
    },
  },
  test: {
    include: ['tests/**/*.test.ts', 'src/components/**/*.test.ts'],
    environment: 'node',
  },
  // Vitest would take Svelte's server build.
  resolve: process.env.VITEST ? { conditions: ['browser'] } : {},
})
