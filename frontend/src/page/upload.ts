import { writeJson } from '../protocol/json'
import { fileUrl } from './address'
import type { FileData } from './node'

export type Progress = (sent: number, total: number) => void

/** A readable size. */
export function readable(bytes: number): string {
  const units = ['bytes', 'KB', 'MB', 'GB']
  const step = bytes < 1 ? 0 : Math.min(units.length - 1, Math.floor(Math.log(bytes) / Math.log(1000)))
  return `${Number((bytes / 1000 ** step).toFixed(1))} ${units[step]!}`
}

/** Reason why files cannot be sent, or null. */
export function tooLarge(files: File[], most: number | null): string | null {
  const large = most === null ? undefined : files.find((file) => file.size > most)
  if (!large) return null
  return `${large.name} has ${readable(large.size)}. This app takes files up to ${readable(most!)}.`
}

/** The visitor's message for an error response. */
function refusal(status: number, responseText: string): string {
  try {
    const { detail } = JSON.parse(responseText) as { detail?: unknown }
    if (typeof detail === 'string') return detail
  } catch {
    if (responseText && responseText.length < 300 && !responseText.includes('<')) return responseText
  }
  return status === 413 ? 'The file is larger than this app takes.' : 'The server did not accept this.'
}

/** Sends files to the server until `signal` aborts; returns their wire format. */
export function upload(
  files: File[],
  root: string,
  prefix: string,
  progress?: Progress,
  signal?: AbortSignal,
): Promise<FileData[]> {
  const body = new FormData()
  for (const file of files) body.append('files', file, file.name)
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest()
    request.open('POST', `${root}${prefix}/upload`)
    request.upload.onprogress = (event) => progress?.(event.loaded, event.total)
    request.onabort = () => reject(new Error('The upload was cancelled.'))
    signal?.addEventListener('abort', () => request.abort())
    request.onerror = () => reject(new Error('The upload was interrupted. Check the connection and try again.'))
    request.onload = () => {
      if (request.status !== 200) {
        reject(new Error(refusal(request.status, request.responseText)))
        return
      }
      const paths = JSON.parse(request.responseText) as string[]
      resolve(paths.map((path, index) => described(path, files[index]!, root, prefix)))
    }
    request.send(body)
  })
}

function described(path: string, file: File, root: string, prefix: string): FileData {
  const data: FileData = {
    path,
    size: file.size,
    orig_name: file.name,
    mime_type: file.type || null,
    is_stream: false,
    meta: { _type: 'gradio.FileData' },
  }
  return { ...data, url: fileUrl(data, root, prefix) }
}

/** Posts JSON as the session that holds `token`; returns the response's JSON. */
export async function ask(url: string, token: string, body: unknown): Promise<unknown> {
  const headers = { 'Content-Type': 'application/json', 'X-Holdfast-Token': token }
  const answer = await fetch(url, { method: 'POST', headers, body: writeJson(body) })
  if (!answer.ok) throw new Error(refusal(answer.status, await answer.text()))
  return answer.json()
}
