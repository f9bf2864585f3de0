/** Copies text to the clipboard, even on plain-HTTP pages, where `navigator.clipboard` does not exist. */
export async function copyText(text: string): Promise<void> {
  if (navigator.clipboard?.writeText) {
    await navigator.clipboard.writeText(text)
    return
  }
  const area = document.createElement('textarea')
  area.value = text
  area.setAttribute('readonly', '')
  area.style.cssText = 'position:fixed;opacity:0;inset:0 auto auto 0'
  const focused = document.activeElement
  document.body.append(area)
  area.select()
  const ok = document.execCommand('copy')
  area.remove()
  if (focused instanceof HTMLElement) focused.focus()
  if (!ok) throw new Error('The browser refused to copy.')
}
