/**
 * `<gradio-app src="https://…">` for any page: shows the app of that address, as high as it is.
 *
 *   <script type="module" src="https://the-app.example/gradio.js"></script>
 *   <gradio-app src="https://the-app.example"></gradio-app>
 *
 * Attributes: `src`; `initial_height` (CSS length, until the app is there); `theme_mode` ("light", "dark" or "system");
 * `eager` ("true": also loaded while it is out of sight). The element fires `render` once the app is there.
 */
const ALLOWED = 'camera; microphone; clipboard-read; clipboard-write; fullscreen; autoplay'

class GradioApp extends HTMLElement {
  static observedAttributes = ['src', 'theme_mode']

  /** @type {HTMLIFrameElement | null} */
  #frame = null
  #listen = (event) => this.#hear(event)

  connectedCallback() {
    window.addEventListener('message', this.#listen)
    this.#show()
  }

  disconnectedCallback() {
    window.removeEventListener('message', this.#listen)
    this.#frame?.remove()
    this.#frame = null
  }

  attributeChangedCallback() {
    if (this.isConnected) this.#show()
  }

  /** The app's address; null where there is none that is a web page's. */
  #address() {
    const src = this.getAttribute('src')
    if (!src) return null
    const address = new URL(src, document.baseURI)
    if (address.protocol !== 'http:' && address.protocol !== 'https:') return null
    const theme = this.getAttribute('theme_mode')
    if (theme === 'light' || theme === 'dark') address.searchParams.set('__theme', theme)
    return address
  }

  #show() {
    const address = this.#address()
    if (!address) {
      this.#frame?.remove()
      this.#frame = null
      return
    }
    if (!this.#frame) {
      const frame = (this.#frame = document.createElement('iframe'))
      // Tells the page that its height is asked for.
      frame.name = 'holdfast-embedded'
      frame.allow = ALLOWED
      frame.title = this.getAttribute('title') ?? 'App'
      frame.loading = this.getAttribute('eager') === 'true' ? 'eager' : 'lazy'
      frame.style.cssText = 'display:block;width:100%;border:0'
      frame.style.height = this.getAttribute('initial_height') ?? '300px'
      this.style.display ||= 'block'
      this.append(frame)
    }
    if (this.#frame.src !== address.href) this.#frame.src = address.href
  }

  /** @param {MessageEvent} event */
  #hear(event) {
    const { data, origin, source } = event
    if (!this.#frame || source !== this.#frame.contentWindow || origin !== this.#address()?.origin) return
    if (data?.type !== 'holdfast:height' || typeof data.height !== 'number' || !(data.height >= 0)) return
    const first = !this.hasAttribute('data-rendered')
    this.#frame.style.height = `${Math.ceil(data.height)}px`
    this.setAttribute('data-rendered', '')
    if (first) this.dispatchEvent(new CustomEvent('render'))
  }
}

if (!customElements.get('gradio-app')) customElements.define('gradio-app', GradioApp)
