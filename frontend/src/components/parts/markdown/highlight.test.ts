import { expect, test } from 'vitest'
import { languageOf } from './highlight'

test('languages are found by what people write after the backticks', () => {
  expect(['py', 'python', 'JS', 'c++', 'sh', 'html', 'python title="x"', 'js{1,2}'].map(languageOf)).toEqual([
    'python', 'python', 'javascript', 'cpp', 'bash', 'xml', 'python', 'javascript',
  ]) // prettier-ignore
})

test('an unknown language stays plain, also one named like a property of every object', () => {
  expect([undefined, '', 'brainfuck', 'constructor', 'toString'].map(languageOf)).toEqual([
    null,
    null,
    null,
    null,
    null,
  ])
})
