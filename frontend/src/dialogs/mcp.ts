/** The app's tools for clients of the Model Context Protocol. */

export interface Tool {
  name: string
  description: string
  inputSchema: { properties: Record<string, { description?: string }>; required?: string[] }
}

export async function tools(url: string): Promise<Tool[]> {
  const answer = await fetch(url)
  if (!answer.ok) throw new Error(`The server answered ${answer.status}.`)
  return (await answer.json()) as Tool[]
}

/** Content of a client's configuration file. */
export function configuration(title: string, url: string): string {
  const name =
    title
      .toLowerCase()
      .replace(/[^a-z0-9]+/g, '-')
      .replace(/^-|-$/g, '') || 'app'
  return JSON.stringify({ mcpServers: { [name]: { url } } }, null, 2)
}
