import type { FromPage, Submit } from '../protocol/wire'
import type { Block } from './block.svelte'

/** What the dispatcher needs of the page around it. */
export interface Surroundings {
  send(frame: FromPage): void
  /** What renders had built is there again: sends the calls that waited for it, as `update` changes them. */
  rebuilt(update: (frame: Submit) => Submit): void
  toast(level: 'info' | 'warning' | 'success' | 'error', message: string, more?: ToastOptions): void
  /** Resolves when the page shows the blocks as they are. */
  settled(): Promise<void>
  scrollTo(block: Block): void
  now(): number
  newId(): string
}

export interface ToastOptions {
  title?: string | null
  duration?: number | null
}
