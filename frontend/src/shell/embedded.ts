/** An app inside another site's `<gradio-app src=…>`: as high as its content, which it reports to the element. */

export function tellHeight(target: HTMLElement): void {
  document.body.style.minHeight = '0'
  const tell = (): void => {
    // The height is available to every site that may embed it.
    window.parent.postMessage({ type: 'holdfast:height', height: target.getBoundingClientRect().height }, '*')
  }
  new ResizeObserver(tell).observe(target)
}
