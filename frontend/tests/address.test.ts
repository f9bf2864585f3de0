import { describe, expect, test } from 'vitest'
import { fileUrl, NOWHERE, rootOf } from '../src/page/address'
import type { FileData } from '../src/page/node'
import { readable, tooLarge } from '../src/page/upload'

const at = (href: string) => ({ href, origin: new URL(href).origin })
const file = (more: Partial<FileData>): FileData => ({
  path: '/tmp/a b.png',
  meta: { _type: 'gradio.FileData' },
  ...more,
})

describe('the root', () => {
  test('is where the page says that it is, seen from the address that the visitor used', () => {
    expect(rootOf({ base: './', root: 'http://inside:7860' }, at('https://ex.com/sub/?a=1#b'))).toBe(
      'https://ex.com/sub',
    )
    expect(rootOf({ base: './', root: '' }, at('http://h:1/second'))).toBe('http://h:1')
    expect(rootOf({ base: '../', root: '' }, at('http://h:1/a/b'))).toBe('http://h:1')
  })

  test('is the configured path on the host of the page where nothing else is said', () => {
    expect(rootOf({ base: null, root: 'http://inside:7860/sub/' }, at('https://ex.com/x'))).toBe('https://ex.com/sub')
  })
})

describe('the address of a file', () => {
  test('is under the root where the server says a path', () => {
    expect(fileUrl(file({ url: '/gradio_api/file=/tmp/a' }), 'https://ex.com/sub', '/gradio_api')).toBe(
      'https://ex.com/sub/gradio_api/file=/tmp/a',
    )
  })

  test('is its own where it has one', () => {
    expect(fileUrl(file({ url: 'https://other.com/x.png' }), 'http://h', '/p')).toBe('https://other.com/x.png')
    expect(fileUrl(file({ url: 'data:image/png,x' }), 'http://h', '/p')).toBe('data:image/png,x')
  })

  test('is none where following it would run a script', () => {
    for (const url of [
      'javascript:alert(1)',
      ' java\nscript:alert(1)',
      'data:text/html,x',
      'vbscript:x',
      '\u200bJAVASCRIPT:x',
    ]) {
      expect(fileUrl(file({ url }), 'http://h', '/p')).toBe(NOWHERE)
    }
  })

  test('is made of its path where the server says none', () => {
    expect(fileUrl(file({}), 'http://h', '/gradio_api')).toBe('http://h/gradio_api/file=/tmp/a%20b.png')
  })
})

describe('a file that is too large', () => {
  test('is refused with both sizes', () => {
    const large = new File([new Uint8Array(3_000_000)], 'film.mp4')
    expect(tooLarge([large], 1_000_000)).toBe('film.mp4 has 3 MB. This app takes files up to 1 MB.')
    expect(tooLarge([large], null)).toBeNull()
  })

  test('has a readable size', () => {
    expect([0, 999, 1500, 2_000_000_000].map(readable)).toEqual(['0 bytes', '999 bytes', '1.5 KB', '2 GB'])
  })
})
