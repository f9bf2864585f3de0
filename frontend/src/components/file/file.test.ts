import { expect, test } from 'vitest'
import type { FileData } from '../../page/node'
import { accept, bytes, fits, nameOf } from '../parts/files'
import { added, listOf, moved, splitName, without } from './file'

const file = (path: string): FileData => ({ path, meta: { _type: 'gradio.FileData' } })
const [a, b] = [file('/tmp/a.csv'), file('/tmp/b.csv')]

test('one file replaces, several are added', () => {
  expect(added(a, [b], 'single')).toBe(b)
  expect(added([a], [b], 'multiple')).toEqual([a, b])
  expect(added(null, [b], 'directory')).toEqual([b])
})

test('without its last file there is no value', () => {
  expect(without([a, b], 0)).toEqual([b])
  expect(without([a], 0)).toBeNull()
  expect(listOf(null)).toEqual([])
})

test('a file moves to another place', () => {
  expect(moved(['x', 'y', 'z'], 0, 2)).toEqual(['y', 'z', 'x'])
})

test('names are cut before their ending', () => {
  expect(splitName('report.tar.gz')).toEqual(['report.tar', '.gz'])
  expect(splitName('.env')).toEqual(['.env', ''])
})

test("file types in Gradio's words become an accept attribute", () => {
  expect(accept(['image', '.csv', 'json', 'application/pdf'])).toBe('image/*,.csv,.json,application/pdf')
  expect(accept(['file'])).toBeUndefined()
  expect(accept(null)).toBeUndefined()
})

test('E25: the accept attribute has the last ending of a compound one too, since browsers look at that alone', () => {
  expect(accept(['.nii.gz', '.tar.gz', '.csv'])).toBe('.nii.gz,.gz,.tar.gz,.csv')
})

test('E25: a compound ending is judged as a whole', () => {
  expect(fits({ name: 'Brain.NII.gz', type: 'application/gzip' }, ['.nii.gz'])).toBe(true)
  expect(fits({ name: 'other.gz', type: 'application/gzip' }, ['.nii.gz'])).toBe(false)
  expect(fits({ name: 'nii.gz', type: '' }, ['.nii.gz'])).toBe(false)
})

test('dropped files are judged by name and type', () => {
  expect(fits({ name: 'A.CSV', type: '' }, ['.csv'])).toBe(true)
  expect(fits({ name: 'a.txt', type: 'text/plain' }, ['.csv', 'image'])).toBe(false)
  expect(fits({ name: 'a', type: 'image/png' }, ['image'])).toBe(true)
  expect(fits({ name: 'a', type: '' }, ['file'])).toBe(true)
  expect(fits({ name: 'a', type: '' }, undefined)).toBe(true)
})

test('sizes are written for people', () => {
  expect([0, 999, 1500, 23_400_000, null].map(bytes)).toEqual(['0 B', '999 B', '1.5 KB', '23 MB', ''])
})

test('a file is known by the name that it came with', () => {
  expect(nameOf({ ...a, orig_name: 'mine.csv' })).toBe('mine.csv')
  expect(nameOf(a)).toBe('a.csv')
})
