import type { FileData } from '../../page/node'

/** Properties of all buttons. */
export interface ButtonProps {
  variant?: 'primary' | 'secondary' | 'stop' | 'huggingface'
  size?: 'sm' | 'md' | 'lg'
  icon?: FileData | null
  link?: string | null
  link_target?: '_self' | '_blank' | '_parent' | '_top'
}
