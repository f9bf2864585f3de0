/** Code highlighting: highlight.js' core, and each language when code in it is first shown. */
import type { HLJSApi, LanguageFn } from 'highlight.js'

type Loader = () => Promise<{ default: LanguageFn }>

const LANGUAGES: Record<string, Loader> = {
  bash: () => import('highlight.js/lib/languages/bash'),
  c: () => import('highlight.js/lib/languages/c'),
  cpp: () => import('highlight.js/lib/languages/cpp'),
  csharp: () => import('highlight.js/lib/languages/csharp'),
  css: () => import('highlight.js/lib/languages/css'),
  diff: () => import('highlight.js/lib/languages/diff'),
  dockerfile: () => import('highlight.js/lib/languages/dockerfile'),
  go: () => import('highlight.js/lib/languages/go'),
  ini: () => import('highlight.js/lib/languages/ini'),
  java: () => import('highlight.js/lib/languages/java'),
  javascript: () => import('highlight.js/lib/languages/javascript'),
  json: () => import('highlight.js/lib/languages/json'),
  kotlin: () => import('highlight.js/lib/languages/kotlin'),
  latex: () => import('highlight.js/lib/languages/latex'),
  lua: () => import('highlight.js/lib/languages/lua'),
  makefile: () => import('highlight.js/lib/languages/makefile'),
  markdown: () => import('highlight.js/lib/languages/markdown'),
  php: () => import('highlight.js/lib/languages/php'),
  python: () => import('highlight.js/lib/languages/python'),
  r: () => import('highlight.js/lib/languages/r'),
  ruby: () => import('highlight.js/lib/languages/ruby'),
  rust: () => import('highlight.js/lib/languages/rust'),
  sql: () => import('highlight.js/lib/languages/sql'),
  swift: () => import('highlight.js/lib/languages/swift'),
  typescript: () => import('highlight.js/lib/languages/typescript'),
  xml: () => import('highlight.js/lib/languages/xml'),
  yaml: () => import('highlight.js/lib/languages/yaml'),
}

const ALIASES: Record<string, string> = {
  'c++': 'cpp', 'c#': 'csharp', cs: 'csharp', docker: 'dockerfile', golang: 'go', html: 'xml', js: 'javascript', jsx: 'javascript',
  kt: 'kotlin', make: 'makefile', md: 'markdown', patch: 'diff', py: 'python', rb: 'ruby', rs: 'rust', sh: 'bash', shell: 'bash',
  svg: 'xml', tex: 'latex', toml: 'ini', ts: 'typescript', tsx: 'typescript', yml: 'yaml', zsh: 'bash', jsonc: 'json', python3: 'python',
} // prettier-ignore

/** Name of the language in the table, for the author's name after the backticks. */
export function languageOf(info: string | undefined): string | null {
  const word =
    (info ?? '')
      .trim()
      .toLowerCase()
      .split(/[\s{,]/)[0] ?? ''
  const name = Object.hasOwn(ALIASES, word) ? (ALIASES[word] as string) : word
  return Object.hasOwn(LANGUAGES, name) ? name : null
}

let core: Promise<HLJSApi> | undefined
let ready: HLJSApi | undefined
const languages = new Map<string, Promise<void>>()

async function load(name: string): Promise<HLJSApi> {
  core ??= import('highlight.js/lib/core').then((module) => module.default)
  const api = await core
  let language = languages.get(name)
  if (!language) {
    language = (LANGUAGES[name] as Loader)().then((module) => api.registerLanguage(name, module.default))
    languages.set(name, language)
  }
  await language
  ready = api
  return api
}

/** Highlights the code blocks inside `root`, immediately if the language is loaded, so that streaming does not flicker. */
export async function colour(root: ParentNode): Promise<void> {
  const waiting: Promise<void>[] = []
  for (const code of root.querySelectorAll<HTMLElement>('pre > code[data-language]:not([data-coloured])')) {
    const name = code.dataset['language'] as string
    code.dataset['coloured'] = ''
    const paint = (api: HLJSApi): void => {
      code.innerHTML = api.highlight(code.textContent ?? '', { language: name, ignoreIllegals: true }).value
    }
    if (ready?.getLanguage(name)) paint(ready)
    else waiting.push(load(name).then(paint))
  }
  await Promise.all(waiting)
}
