/** A node without listeners for a component inside another one (a part of a chat message, a cell of an example). */
import type { Node } from '../../page/node'

let next = -1

export function localNode(
  owner: Node<any, any>,
  type: string,
  untrusted: boolean,
  read: () => { value: unknown; props: Record<string, unknown> },
): Node<any, any> {
  const id = next--
  return {
    id,
    type,
    untrusted: untrusted || (owner.untrusted ?? false),
    get props() {
      return read().props
    },
    get value() {
      return read().value
    },
    interactive: false,
    get name() {
      const label = read().props['label']
      return typeof label === 'string' && label ? label : type
    },
    status: { kind: 'idle' },
    invalid: null,
    children: [],
    edit: () => undefined,
    draft: () => undefined,
    set: () => undefined,
    dispatch: () => undefined,
    listens: () => false,
    upload: (files, progress, signal) => owner.upload(files, progress, signal),
    server: (method, data) => owner.server(method, data),
    url: (file) => owner.url(file),
    toast: (level, message) => owner.toast(level, message),
    cancel: () => undefined,
  }
}
