import { expect, test, vi } from 'vitest'
import { EVERY, keptLogin } from '../src/page/login'

test('a login is renewed while its visitor works, and not more often than needed', () => {
  let time = 0
  const fetch = vi.fn<typeof globalThis.fetch>(() => Promise.reject(new Error('no network')))
  const works = keptLogin('/gradio_api/login_check', fetch, () => time)
  works()
  time += EVERY - 1
  works()
  expect(fetch).not.toHaveBeenCalled()
  time += 1
  works()
  works()
  expect(fetch).toHaveBeenCalledExactlyOnceWith('/gradio_api/login_check', { credentials: 'same-origin' })
  time += EVERY
  works()
  expect(fetch).toHaveBeenCalledTimes(2)
})
