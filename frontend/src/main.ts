import './styles/tokens.css'
import './styles/base.css'
import { mount } from 'svelte'
import { fetchChunk, firstTypes } from './layout/chunks'
import { configOf, type Config } from './page/config'
import { TabMemory, tabStorage } from './page/memory'
import { Page } from './page/page.svelte'
import { rootOf } from './page/address'
import { compile } from './page/script'
import App from './shell/App.svelte'
import { Theme } from './shell/theme.svelte'

declare global {
  interface Window {
    gradio_config?: Partial<Config>
  }
}

async function begin(target: HTMLElement): Promise<void> {
  const config = configOf(window.gradio_config ?? {})
  const theme = new Theme()
  if (config.auth_required) {
    const { default: Login } = await import('./dialogs/Login.svelte')
    mount(Login, { target, props: { config, root: rootOf(config, location), theme } })
    return
  }
  const root = rootOf(config, location)
  const goesOn = config.session === 'tab' || new TabMemory(tabStorage(), root, config.current_page).waits
  const tab = goesOn ? new (await import('./page/tab')).Tab(config, root) : null
  const page = new Page(config, tab)
  // A chunk that cannot be loaded is reported in its place; the rest of the page works.
  await Promise.allSettled([...firstTypes(page.tree.root)].map(fetchChunk))
  // While an edited program does not start, nothing can be loaded from it.
  if (config.dev_mode) await import('./dialogs/Fault.svelte')
  mount(App, { target, props: { target, page, theme, embedded: window.parent !== window } })
  // In the frame that `gradio.js` creates on another site.
  if (window.name === 'holdfast-embedded' && window.parent !== window)
    (await import('./shell/embedded')).tellHeight(target)
  if (typeof config.js === 'string') await runOwn(config.js)
  page.start()
}

/** Runs the app's `js`. Errors in it only appear in the browser console; the page keeps working. */
async function runOwn(source: string): Promise<void> {
  try {
    await compile(source)()
  } catch (error) {
    console.error('The js of this app failed.', error)
  }
}

const place = document.querySelector<HTMLElement>('gradio-app')
// Not awaited, because the components' chunks import this one and would wait for it.
if (place) void begin(place)
