import { expect, test } from 'vitest'
import type { FileData } from '../../page/node'
import {
  groups,
  kept,
  lastUserIndex,
  likedOf,
  mediumOf,
  partsOf,
  textOf,
  took,
  transcript,
  withText,
  type Message,
} from './chat'

const say = (role: string, text: string, metadata: Message['metadata'] = null): Message => ({
  role,
  metadata,
  content: [{ type: 'text', text }],
})
const file = (path: string, mime_type?: string): FileData => ({
  path,
  mime_type: mime_type ?? null,
  meta: { _type: 'gradio.FileData' },
})

test("one side's messages in a row stand together, unless the author says no", () => {
  const messages = [say('user', 'a'), say('assistant', 'b'), say('assistant', 'c')]
  expect(groups(messages, true).map((group) => group.entries.map(({ index }) => index))).toEqual([[0], [1, 2]])
  expect(groups(messages, false)).toHaveLength(3)
})

test('a thought stands under its parent', () => {
  const messages = [
    say('assistant', 'plan', { title: 'Plan', id: 1 }),
    say('assistant', 'step', { title: 'Step', parent_id: 1 }),
  ]
  const [group] = groups(messages, true)
  expect(group?.entries).toHaveLength(1)
  expect(group?.entries[0]?.children.map(({ index }) => index)).toEqual([1])
})

test('a thought that names itself or nobody as its parent is not lost', () => {
  const messages = [say('assistant', 'a', { id: 1, parent_id: 1 }), say('assistant', 'b', { parent_id: 9 })]
  expect(groups(messages, true)[0]?.entries).toHaveLength(2)
})

test('rows whose messages did not change stay the same objects', () => {
  const old = [say('user', 'a'), say('assistant', 'b')]
  const before = groups(old, true)
  const after = kept(before, groups([old[0] as Message, say('assistant', 'bc')], true))
  expect(after[0]).toBe(before[0])
  expect(after[1]).not.toBe(before[1])
})

test('retry and undo go back to the last message of the visitor', () => {
  expect(lastUserIndex([say('user', 'a'), say('assistant', 'b'), say('user', 'c'), say('assistant', 'd')])).toBe(2)
  expect(lastUserIndex([say('assistant', 'b')])).toBe(-1)
})

test('plain text is one part', () => {
  expect(partsOf({ role: 'user', content: 'hi' })).toEqual([{ type: 'text', text: 'hi' }])
})

test("a message's text names its files", () => {
  const message: Message = {
    role: 'user',
    content: [
      { type: 'text', text: 'see' },
      { type: 'file', file: file('/tmp/a.png') },
    ],
  }
  expect(textOf(message)).toBe('see\n/tmp/a.png')
})

test('editing a message replaces its text and keeps its files', () => {
  const part = { type: 'file' as const, file: file('/tmp/a.png') }
  const messages: Message[] = [{ role: 'user', content: [{ type: 'text', text: 'old' }, part] }, say('assistant', 'x')]
  const edited = withText(messages, 0, 'new')
  expect(edited[0]?.content).toEqual([{ type: 'text', text: 'new' }, part])
  expect(edited[1]).toBe(messages[1])
})

test('like and dislike are told as true and false, other answers by name', () => {
  expect(['Like', 'Dislike', 'Spam'].map(likedOf)).toEqual([true, false, 'Spam'])
})

test('the whole conversation is copied with its roles and the watermark', () => {
  expect(transcript([say('user', 'a'), say('assistant', 'b')], 'made here')).toBe('user: a\nassistant: b\nmade here')
})

test('durations are written for people', () => {
  expect([0.44, 12.3, 125].map(took)).toEqual(['0.4 s', '12 s', '2 min 5 s'])
})

test('files are shown by their type, else by their ending', () => {
  expect(mediumOf(file('/x', 'image/png'))).toBe('image')
  expect(mediumOf(file('/x/a.MP3'))).toBe('audio')
  expect(mediumOf(file('/x/a.pdf', 'application/pdf'))).toBe('file')
  expect(mediumOf(file('/x/constructor'))).toBe('file')
})
