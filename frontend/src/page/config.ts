/** The app as described by `/config`, without props that equal a component's defaults. */

export interface ComponentEntry {
  id: number
  type: string
  props: Record<string, unknown>
  key?: string | number | null
  rendered_in?: number | null
  renderable?: number | null
}

export interface LayoutEntry {
  id: number
  children?: LayoutEntry[]
}

/** One listener. */
export interface Dependency {
  id: number
  /** Identity by which the page runs it, the same in every version of the program that has it. */
  event: string
  /** Component (null: another listener, or the page) and event. */
  targets: [id: number | null, event: string][]
  inputs: number[]
  outputs: number[]
  backend_fn: boolean
  js: string | true | null
  queue: boolean
  api_name: string
  scroll_to_output: boolean
  show_progress: 'full' | 'minimal' | 'hidden'
  show_progress_on: number[] | null
  cancels: number[]
  collects_event_data: boolean
  trigger_after: number | null
  trigger_only_on_success: boolean
  trigger_only_on_failure: boolean
  trigger_mode: 'once' | 'multiple' | 'always_last'
  rendered_in: number | null
  render_id: number | null
  connection: 'sse' | 'stream'
  component_prop_inputs: number[]
  js_implementation: string | null
}

export interface RenderConfig {
  components: ComponentEntry[]
  dependencies: Partial<Dependency>[]
  layout: LayoutEntry
  render_id: number
}

export type PageEntry = [path: string, label: string, inNavbar: boolean]

export interface FooterLink {
  label: string
  url: string
}

export interface Config {
  version: string
  /** Version of the program that built the page. */
  program: string
  api_prefix: string
  root: string
  /** Relative path from this page to the app's root, which is valid behind any proxy. */
  base: string | null
  title: string
  mode: string
  components: ComponentEntry[]
  dependencies: Partial<Dependency>[]
  layout: LayoutEntry
  page: Record<string, { layout: LayoutEntry; components: number[]; dependencies: number[] }>
  pages: PageEntry[]
  current_page: string
  css: string | null
  js: string | null
  fill_height: boolean
  fill_width: boolean
  max_file_size: number | null
  footer_links: (string | FooterLink)[]
  username: string | null
  show_error: boolean
  dev_mode: boolean
  auth_required: boolean
  auth_message: string | null
  /** Whether there is a login page, so that a visitor can log out. */
  logout: boolean
  /** The author's setting for the header; null shows one if it has a purpose. */
  header: boolean | null
  /** Address of the image that replaces Holdfast's logo. */
  logo: string | null
  deep_link_state: 'none' | 'valid' | 'invalid'
  /** Lifetime of a session: a load of the page, or the tab. */
  session: 'page' | 'tab'
  /** Whether the endpoints are offered as tools too. */
  mcp_server: boolean
}

const DEPENDENCY: Omit<Dependency, 'id'> = {
  event: '',
  targets: [],
  inputs: [],
  outputs: [],
  backend_fn: true,
  js: null,
  queue: true,
  api_name: '',
  scroll_to_output: false,
  show_progress: 'full',
  show_progress_on: null,
  cancels: [],
  collects_event_data: false,
  trigger_after: null,
  trigger_only_on_success: false,
  trigger_only_on_failure: false,
  trigger_mode: 'once',
  rendered_in: null,
  render_id: null,
  connection: 'sse',
  component_prop_inputs: [],
  js_implementation: null,
}

const CONFIG: Config = {
  version: '',
  program: '',
  api_prefix: '/gradio_api',
  root: '',
  base: null,
  title: '',
  mode: 'blocks',
  components: [],
  dependencies: [],
  layout: { id: 0 },
  page: {},
  pages: [['', 'Home', true]],
  current_page: '',
  css: null,
  js: null,
  fill_height: false,
  fill_width: false,
  max_file_size: null,
  footer_links: ['api', 'gradio', 'settings'],
  username: null,
  show_error: false,
  dev_mode: false,
  auth_required: false,
  auth_message: null,
  logout: false,
  header: null,
  logo: null,
  deep_link_state: 'none',
  session: 'page',
  mcp_server: false,
}

function filled<T extends object>(defaults: T, given: Partial<T>): T {
  const said = Object.entries(given).filter(([, value]) => value !== undefined)
  return { ...defaults, ...Object.fromEntries(said) }
}

export function dependencyOf(given: Partial<Dependency>): Dependency {
  return filled({ id: -1, ...DEPENDENCY }, given)
}

export function configOf(given: Partial<Config>): Config {
  return filled(CONFIG, given)
}

/** The part of the app that is on the current page. */
export function currentPage(config: Config): Pick<Config, 'components' | 'layout'> & { dependencies: Dependency[] } {
  const all = config.dependencies.map(dependencyOf)
  const page = config.page[config.current_page]
  if (!page) return { components: config.components, layout: config.layout, dependencies: all }
  const dependencies = new Set(page.dependencies)
  const components = new Set(page.components)
  return {
    layout: page.layout ?? config.layout,
    components: config.components.filter(({ id }) => components.has(id)),
    dependencies: all.filter(({ id }) => dependencies.has(id)),
  }
}
