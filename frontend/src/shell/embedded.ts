/** An app inside of another site's `<gradio-app src=…>`: it is as high as what is on it, and tells the element so. */

export function tellHeight(target: HTMLElement): void {
  document.body.style.minHeight = '0'
  const tell = (): void => {
    // How high it is, is for every site to know that may show it at all.
    window.parent.postMessage({ type: 'holdfast:height', height: target.getBoundingClientRect().height }, '*')
  }
  new ResizeObserver(tell).observe(target)
}
