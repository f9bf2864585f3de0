/** The description of the app's endpoints in `/info`. */

export interface Parameter {
  label: string
  parameter_name: string
  parameter_has_default: boolean
  parameter_default: unknown
  python_type: { type: string; description: string }
  component: string
}

export interface Endpoint {
  parameters: Parameter[]
  returns: { label: string; python_type: { type: string; description: string }; component: string }[]
  description?: string
  code_snippets?: Partial<Record<Language, string>>
}

export type Language = 'python' | 'javascript' | 'bash'

export const LANGUAGES: [Language, string][] = [
  ['python', 'Python'],
  ['javascript', 'JavaScript'],
  ['bash', 'cURL'],
]

export const INSTALL: Record<Language, string | null> = {
  python: 'pip install gradio_client',
  javascript: 'npm i -D @gradio/client',
  bash: null,
}

export async function endpoints(url: string): Promise<[string, Endpoint][]> {
  const answer = await fetch(url)
  if (!answer.ok) throw new Error(`The server answered ${answer.status}.`)
  const info = (await answer.json()) as { named_endpoints: Record<string, Endpoint> }
  return Object.entries(info.named_endpoints)
}
