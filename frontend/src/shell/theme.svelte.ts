/** Light or dark: the visitor's choice here, else the address (`?__theme=dark`), else the system. */

export type Choice = 'light' | 'dark' | 'system'

const STORED = 'holdfast-theme'
const CHOICES: readonly string[] = ['light', 'dark', 'system']

export function isChoice(value: string | null): value is Choice {
  return value !== null && CHOICES.includes(value)
}

function stored(): string | null {
  try {
    return localStorage.getItem(STORED)
  } catch {
    // Storage is not available to a page in another site's frame.
    return null
  }
}

export class Theme {
  choice: Choice = $state('system')
  readonly #system = matchMedia('(prefers-color-scheme: dark)')
  #systemDark = $state(false)

  constructor() {
    const asked = new URLSearchParams(location.search).get('__theme')
    const kept = stored()
    this.choice = isChoice(asked) ? asked : isChoice(kept) ? kept : 'system'
    this.#systemDark = this.#system.matches
    this.#system.addEventListener('change', ({ matches }) => {
      this.#systemDark = matches
      this.#apply()
    })
    this.#apply()
  }

  get dark(): boolean {
    return this.choice === 'system' ? this.#systemDark : this.choice === 'dark'
  }

  choose(choice: Choice): void {
    this.choice = choice
    try {
      localStorage.setItem(STORED, choice)
    } catch {
      // In this case it applies to this page only.
    }
    this.#apply()
  }

  #apply(): void {
    document.body.classList.toggle('dark', this.dark)
    document.documentElement.dataset.themed = ''
  }
}
