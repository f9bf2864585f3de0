import type { Node } from '../../page/node'

/** Ids that connect a control with its title, help and error. */
export interface Ids {
  control: string
  title: string
  help: string
  error: string
}

export function fieldIds(uid: string): Ids {
  return { control: `${uid}-control`, title: `${uid}-title`, help: `${uid}-help`, error: `${uid}-error` }
}

/** Text of the title: the author's, else the type's name. */
export function titleOf(node: Node<any, any>): string {
  return node.props.label ?? node.name
}

/** Accessible name, description and validity of the control. */
export function aria(node: Node<any, any>, ids: Ids): Record<string, string | undefined> {
  const described = [node.props.info ? ids.help : '', node.invalid ? ids.error : ''].filter(Boolean).join(' ')
  const titled = titleOf(node) !== ''
  return {
    'aria-labelledby': titled ? ids.title : undefined,
    'aria-label': titled ? undefined : node.name,
    'aria-describedby': described || undefined,
    'aria-invalid': node.invalid ? 'true' : undefined,
  }
}
