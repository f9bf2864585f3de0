import type { EventMessage } from '../protocol/wire'
import type { Status } from './node'

/** Status of an event after a message; `now` in milliseconds. */
export function statusAfter(before: Status, message: EventMessage, now: number): Status {
  switch (message.msg) {
    case 'estimation':
      return {
        kind: 'waiting',
        rank: message.rank,
        size: message.queue_size,
        eta: message.rank_eta,
        for: message.waiting_for,
        since: before.kind === 'waiting' ? before.since : now,
      }
    case 'process_starts':
      return { kind: 'running', since: now, eta: message.eta, progress: null, generating: false }
    case 'progress':
      // Also after a step: the next reports are about the next step.
      return { ...running(before, now), progress: message.progress_data, generating: false }
    case 'process_generating':
    case 'process_streaming':
      return { ...running(before, now), generating: true, progress: null }
    case 'log':
      return before
    case 'process_completed':
      return message.success
        ? { kind: 'idle', ...(message.cancelled ? {} : { done: true }) }
        : { kind: 'failed', message: failureText(message.output) }
  }
}

function running(before: Status, now: number): Extract<Status, { kind: 'running' }> {
  return before.kind === 'running'
    ? before
    : { kind: 'running', since: now, eta: null, progress: null, generating: false }
}

/** The visitor's message for a failure. */
export function failureText(output: unknown): string {
  const said = output !== null && typeof output === 'object' && 'error' in output ? output.error : null
  return typeof said === 'string' && said !== '' ? said : 'Something went wrong. The server’s log says what.'
}
