import { request, type IncomingMessage, type ServerResponse } from 'node:http'
import type { Plugin, ViteDevServer } from 'vite'

/** What Vite serves itself. Every other path belongs to the app. */
const OURS = '@|__|src/|node_modules/'
/** The built page's own files, which the sources replace. */
const BUILT = /\s*<(?:script|link)\b[^>]*="[./]*assets\/[^>]*>(?:<\/script>)?/g

/**
 * Serves the page from its sources against a running app: edits show at once, without a build.
 *
 * The app answers for everything but the page's modules. Its pages are passed on with the built files taken out and the
 * source's entry put in, so the config, the theme, and the author's `head` are the app's own.
 */
export function runningApp(app: string): Plugin {
  return {
    name: 'running-app',
    apply: (_config, { command, isPreview }) => command === 'serve' && !isPreview && !process.env.VITEST,
    config: () => ({
      appType: 'custom',
      // Not `localhost`: cookies and addresses then match those of the app.
      // The socket that announces edits needs a path of Vite's: the app's sockets are passed on.
      server: { host: '127.0.0.1', ws: { path: '@edits' }, proxy: { [`^/(?!${OURS})`]: { target: app, ws: true } } },
    }),
    configureServer(server) {
      server.middlewares.use((incoming, answer, next) => {
        if (isNavigation(incoming)) servePage(server, app, incoming, answer)
        else next()
      })
    },
  }
}

function isNavigation({ method, url, headers }: IncomingMessage): boolean {
  return method === 'GET' && !new RegExp(`^/(?:${OURS})`).test(url ?? '/') && headers['sec-fetch-mode'] === 'navigate'
}

function servePage(server: ViteDevServer, app: string, incoming: IncomingMessage, answer: ServerResponse): void {
  const url = incoming.url ?? '/'
  const headers = { ...incoming.headers, 'accept-encoding': 'identity' }
  const asked = request(new URL(url, app), { headers }, (page) => {
    const type = page.headers['content-type'] ?? ''
    if (!type.startsWith('text/html')) {
      answer.writeHead(page.statusCode ?? 502, page.headers)
      page.pipe(answer)
      return
    }
    let html = ''
    page.setEncoding('utf8')
    page.on('data', (part: string) => (html += part))
    page.on('end', () => {
      void fromSources(server, url, html).then((body) => {
        const { 'content-length': _length, 'transfer-encoding': _encoding, ...kept } = page.headers
        answer.writeHead(page.statusCode ?? 502, kept)
        answer.end(body)
      })
    })
  })
  asked.on('error', ({ message }) => {
    answer.writeHead(502, { 'content-type': 'text/plain; charset=utf-8' })
    answer.end(`No app answers at ${app} (${message}). Start one with \`holdfast run app.py\`, or set HOLDFAST_APP.\n`)
  })
  asked.end()
}

async function fromSources(server: ViteDevServer, url: string, html: string): Promise<string> {
  if (!html.includes('<gradio-app')) return html
  const entry = '<script type="module" src="/src/main.ts"></script>'
  return server.transformIndexHtml(url, html.replace(BUILT, '').replace('</body>', `${entry}</body>`))
}
