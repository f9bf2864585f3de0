/**
 * Updates an element from one HTML text to the next by changing only what differs between the two.
 *
 * The two texts are compared, not the elements: changes by a script or the visitor (listeners, typed text, a class, a
 * map drawn into a box) stay wherever the author's markup did not change.
 */

/** Elements created from the nodes of a parsed text. */
type Made = Map<Node, Node>

export class Morph {
  #before: DocumentFragment | null = null
  #made: Made = new Map()

  /** Shows `html` in `root`, which must not be filled otherwise. */
  show(root: Element, html: string): void {
    const after = parse(html)
    const made: Made = new Map()
    if (this.#before) children(this.#before, after, root, this.#made, made)
    else root.replaceChildren(...[...after.childNodes].map((node) => make(node, made)))
    this.#before = after
    this.#made = made
  }
}

function parse(html: string): DocumentFragment {
  const template = document.createElement('template')
  template.innerHTML = html
  return template.content
}

function make(node: Node, made: Made): Node {
  const copy = document.importNode(node, true)
  remember(node, copy, made)
  return copy
}

function remember(node: Node, copy: Node, made: Made): void {
  made.set(node, copy)
  const copies = copy.childNodes
  node.childNodes.forEach((child, index) => remember(child, copies[index]!, made))
}

/** Reuses the elements of `before` for `after`, which has the same text. */
function carry(before: Node, after: Node, old: Made, made: Made): void {
  const live = old.get(before)
  if (live) made.set(after, live)
  after.childNodes.forEach((child, index) => carry(before.childNodes[index]!, child, old, made))
}

function children(before: Node, after: Node, root: Node, old: Made, made: Made): void {
  const pairs = matched([...before.childNodes], [...after.childNodes])
  const stay = new Set(pairs.values())
  for (const node of before.childNodes) if (!stay.has(node)) (old.get(node) as ChildNode | undefined)?.remove()
  const places = new Map([...before.childNodes].map((node, index) => [node as Node, index]))
  let last: Node | null = null
  let furthest = -1
  for (const node of after.childNodes) {
    const was = pairs.get(node)
    const there = was && old.get(was)
    const live = there?.parentNode === root ? there : null
    if (was && live) {
      update(was, node, live, old, made)
      const place = places.get(was)!
      // Move only nodes whose order changed: a moved element loses focus.
      if (place < furthest) insert(root, live, last)
      else furthest = place
      last = live
    } else {
      const fresh = make(node, made)
      insert(root, fresh, last)
      last = fresh
    }
  }
}

function insert(root: Node, node: Node, after: Node | null): void {
  root.insertBefore(node, after ? after.nextSibling : root.firstChild)
}

/** Which node of the old text each new node continues: by id, else by equal content, else by type and order. */
function matched(before: Node[], after: Node[]): Map<Node, Node> {
  const pairs = new Map<Node, Node>()
  const left = new Set(before)
  const take = (node: Node, was: Node | undefined): void => {
    if (!was || !left.has(was)) return
    pairs.set(node, was)
    left.delete(was)
  }
  const keyed = new Map(before.map((node) => [keyOf(node), node]))
  for (const node of after) {
    const key = keyOf(node)
    if (key !== null) take(node, keyed.get(key))
  }
  // The longest equal start and end: inserting or removing a list item leaves the others alone.
  const [olds, news] = [before.filter((node) => keyOf(node) === null), after.filter((node) => keyOf(node) === null)]
  let start = 0
  while (start < olds.length && start < news.length && olds[start]!.isEqualNode(news[start]!))
    take(news[start]!, olds[start++])
  let end = 0
  const most = Math.min(olds.length, news.length) - start
  while (end < most && olds.at(-1 - end)!.isEqualNode(news.at(-1 - end)!)) take(news.at(-1 - end)!, olds.at(-1 - end++))
  const rest = olds.slice(start, olds.length - end)
  for (const node of news.slice(start, news.length - end)) {
    const place = rest.findIndex((was) => left.has(was) && was.nodeName === node.nodeName)
    if (place >= 0) take(node, rest.splice(0, place + 1).at(-1))
  }
  return pairs
}

function keyOf(node: Node): string | null {
  if (!(node instanceof Element)) return null
  const key = node.id || node.getAttribute('data-key')
  return key ? `${node.nodeName} ${key}` : null
}

function update(before: Node, after: Node, live: Node, old: Made, made: Made): void {
  if (before.isEqualNode(after)) return carry(before, after, old, made)
  made.set(after, live)
  if (!(before instanceof Element && after instanceof Element && live instanceof Element)) {
    live.nodeValue = after.nodeValue
    return
  }
  attributes(before, after, live)
  if (live instanceof HTMLTextAreaElement) {
    if (before.textContent !== after.textContent) live.value = live.defaultValue = after.textContent ?? ''
    return
  }
  children(before, after, live, old, made)
}

function attributes(before: Element, after: Element, live: Element): void {
  for (const { name } of [...before.attributes]) if (!after.hasAttribute(name)) attribute(before, after, live, name)
  for (const { name, value } of after.attributes)
    if (before.getAttribute(name) !== value) attribute(before, after, live, name)
}

/** Updates one attribute that differs from the old text. */
function attribute(before: Element, after: Element, live: Element, name: string): void {
  const value = after.getAttribute(name)
  if (name === 'class') {
    // Keep classes added by a script.
    live.classList.remove(...before.classList)
    live.classList.add(...after.classList)
    return
  }
  if (value === null) live.removeAttribute(name)
  else live.setAttribute(name, value)
  // Once the visitor has changed a field, its attribute is no longer shown.
  if (name === 'value' && live instanceof HTMLInputElement) live.value = value ?? ''
  if (name === 'checked' && live instanceof HTMLInputElement) live.checked = value !== null
  if (name === 'selected' && live instanceof HTMLOptionElement) live.selected = value !== null
}
