import { vi } from 'vitest'
import { Dispatcher } from '../src/page/dispatch'
import type { ToastOptions } from '../src/page/surroundings'
import { dependencyOf, type ComponentEntry, type Dependency } from '../src/page/config'
import { Listeners } from '../src/page/listeners'
import { Tree } from '../src/page/tree'
import type { Block, Services } from '../src/page/block.svelte'
import type { FromPage, Submit } from '../src/protocol/wire'

/** A page without a browser: its blocks, and what it would send and show. */
export function pageOf(
  components: [id: number, type: string, props?: Record<string, unknown>][],
  given: Partial<Dependency>[],
) {
  const sent: FromPage[] = []
  const toasts: { level: string; message: string; more: ToastOptions | undefined }[] = []
  const scrolled: Block[] = []
  const rebuilt: ((frame: Submit) => Submit)[] = []
  let now = 0
  let count = 0
  const entries: ComponentEntry[] = components.map(([id, type, props = {}]) => ({ id, type, props }))
  const listeners = new Listeners(given.map((one) => dependencyOf({ event: `e${one.id}`, ...one })))
  const services: Services = {
    fire: (block, event, data) => dispatcher.fire(block.id, event, data),
    listens: (block, event) => listeners.of(block.id, event).length > 0,
    takesInput: (block) => listeners.takesInput(block.id),
    upload: () => Promise.resolve([]),
    server: () => Promise.resolve(null),
    url: ({ path }) => path,
    toast: (level, message) => void toasts.push({ level, message, more: undefined }),
    cancel: (block) => dispatcher.cancelWriters(block.id),
  }
  const tree = new Tree(entries, { id: 0, children: entries.map(({ id }) => ({ id })) }, services)
  const dispatcher: Dispatcher = new Dispatcher(tree, listeners, {
    send: (frame) => void sent.push(frame),
    rebuilt: (update) => void rebuilt.push(update),
    toast: (level, message, more) => void toasts.push({ level, message, more }),
    settled: () => Promise.resolve(),
    scrollTo: (block) => void scrolled.push(block),
    now: () => now,
    newId: () => `e${(count += 1)}`,
  })
  const submits = (): Submit[] => sent.filter((frame) => frame.type === 'submit')
  return {
    tree,
    dispatcher,
    listeners,
    sent,
    toasts,
    scrolled,
    /** How what waited for renders changes, each time that they have run again. */
    rebuilt,
    submits,
    /** The ids of the listeners called so far. */
    called: () => submits().map(({ event }) => Number(event.slice(1))),
    block: (id: number) => tree.get(id)!,
    wait: (ms: number) => void (now += ms),
    /** Puts a block where the visitor sees it, or out of sight. */
    seen: (id: number, visible = true) => {
      vi.stubGlobal('innerHeight', 800)
      const place = { top: visible ? 10 : 900, bottom: visible ? 50 : 940 }
      const element = {
        classList: { contains: () => false },
        checkVisibility: () => true,
        getBoundingClientRect: () => place,
      }
      tree.get(id)!.element = element as unknown as HTMLElement
    },
  }
}
