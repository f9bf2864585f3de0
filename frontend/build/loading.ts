import { relative } from 'node:path'
import type { Plugin, Rollup } from 'vite'

/**
 * What loads when. The modules of `SHELL` are one file that every page loads; those of `PARTS` are one file that nearly
 * every component needs. Everything else is a chunk of its own, loaded by an `import()` when something needs it.
 * A build fails when a module loads with the page and is in neither list, and when a list names a module that is gone.
 */
export const SHELL: readonly string[] = [
  'src/components/parts/Icon.svelte',
  'src/components/registry.ts',
  'src/layout/Children.svelte',
  'src/layout/Column.svelte',
  'src/layout/Form.svelte',
  'src/layout/Frame.svelte',
  'src/layout/Group.svelte',
  'src/layout/Row.svelte',
  'src/layout/Show.svelte',
  'src/layout/Status.svelte',
  'src/layout/chunks.ts',
  'src/layout/registry.ts',
  'src/layout/size.ts',
  'src/layout/status.ts',
  'src/main.ts',
  'src/page/address.ts',
  'src/page/block.svelte.ts',
  'src/page/config.ts',
  'src/page/dispatch.ts',
  'src/page/equal.ts',
  'src/page/frames.ts',
  'src/page/gate.ts',
  'src/page/inputs.ts',
  'src/page/kept.ts',
  'src/page/listeners.ts',
  'src/page/login.ts',
  'src/page/memory.ts',
  'src/page/outcome.ts',
  'src/page/page.svelte.ts',
  'src/page/place.ts',
  'src/page/progress.ts',
  'src/page/runs.ts',
  'src/page/safe-url.ts',
  'src/page/script.ts',
  'src/page/toasts.svelte.ts',
  'src/page/translate.ts',
  'src/page/tree.ts',
  'src/page/updates.ts',
  'src/protocol/edits.ts',
  'src/protocol/json.ts',
  'src/shell/App.svelte',
  'src/shell/Connection.svelte',
  'src/shell/Footer.svelte',
  'src/shell/Header.svelte',
  'src/shell/Mark.svelte',
  'src/shell/Message.svelte',
  'src/shell/Toasts.svelte',
  'src/shell/icons.ts',
  'src/shell/pages.ts',
  'src/shell/theme.svelte.ts',
  'src/styles/base.css',
  'src/styles/tokens.css',
  'src/transport/backoff.ts',
  'src/transport/client.ts',
  'src/transport/conversation.ts',
  'src/transport/later.ts',
  'src/transport/socket.ts',
]

export const PARTS: readonly string[] = [
  'src/components/parts/BlockInfo.svelte',
  'src/components/parts/BlockLabel.svelte',
  'src/components/parts/ButtonFace.svelte',
  'src/components/parts/CopyButton.svelte',
  'src/components/parts/Field.svelte',
  'src/components/parts/FieldStyles.svelte',
  'src/components/parts/Help.svelte',
  'src/components/parts/IconButton.svelte',
  'src/components/parts/clipboard.ts',
  'src/components/parts/field.ts',
  'src/components/parts/icons.ts',
  'src/components/parts/size.ts',
]

/** Packages that go with the shell: the framework, and how the build loads chunks. */
const FRAMEWORK = /node_modules\/(svelte|esm-env|clsx)\/|vite\/(preload-helper|modulepreload)|rolldown[/-]runtime/

/** The path of a module of ours below the root, without what the build adds to it. */
function own(id: string, root: string): string {
  return relative(root, id.replace(/^\0/, '').split('?')[0]!)
}

/** The groups of modules that become one file each. */
export function groups(root: string): { name: string; test: (id: string) => boolean; priority: number }[] {
  const shell = new Set(SHELL)
  const parts = new Set(PARTS)
  return [
    { name: 'shell', test: (id) => FRAMEWORK.test(id) || shell.has(own(id, root)), priority: 2 },
    { name: 'parts', test: (id) => parts.has(own(id, root)), priority: 1 },
  ]
}

/** Every chunk that a page loads before anything is imported by an `import()`. */
function loadedAtOnce(bundle: Rollup.OutputBundle): Rollup.OutputChunk[] {
  const chunks = Object.values(bundle).filter((file) => file.type === 'chunk')
  const found = new Set(chunks.filter((chunk) => chunk.isEntry || chunk.name === 'parts'))
  for (const chunk of found) {
    for (const name of chunk.imports) {
      const next = chunks.find((one) => one.fileName === name)
      if (next) found.add(next)
    }
  }
  return [...found]
}

/** Fails a build whose files do not agree with the lists. */
export function loading(): Plugin {
  let root = ''
  return {
    name: 'loading',
    apply: 'build',
    configResolved(config) {
      root = config.root
    },
    generateBundle(_options, bundle) {
      const modules = loadedAtOnce(bundle).flatMap((chunk) => chunk.moduleIds.map((id) => own(id, root)))
      const loaded = new Set(modules.filter((path) => path.startsWith('src/')))
      const listed = new Set([...SHELL, ...PARTS])
      const joined = [...loaded].filter((path) => !listed.has(path))
      const gone = [...listed].filter((path) => !loaded.has(path))
      if (joined.length > 0)
        this.error(
          `${joined.join(', ')}: loads with every page. Import it with import(), or list it in build/loading.ts.`,
        )
      if (gone.length > 0)
        this.error(`${gone.join(', ')}: does not load with the page. Remove it from build/loading.ts.`)
    },
  }
}
