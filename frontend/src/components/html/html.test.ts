import { expect, test, vi } from 'vitest'
import { engine } from './engine'
import { CLICK_SCRIPT, fill, onLoad, Watchers, type Hands } from './html'

const hands: Hands = {
  element: {} as HTMLElement,
  trigger: () => undefined,
  props: {},
  server: {},
  upload: async () => null,
  watch: () => undefined,
}

test('the usual template is the value itself, whatever is in it', () => {
  expect(fill('${value}', { value: '<b>${1+1}`</b>' })).toBe('<b>${1+1}`</b>')
  expect(fill('${value}', { value: null })).toBe('')
  expect(fill('${value}', { value: { a: '<img>&' } })).toBe('{"a":"&lt;img>&amp;"}')
})

test('expressions see the properties by name', () => {
  const template = '<p>${label}: ${value.map((item) => `<i>${item}</i>`).join("")}</p>'
  expect(fill(template, { label: 'L', value: [1, 2] })).toBe('<p>L: <i>1</i><i>2</i></p>')
})

test('backticks and backslashes outside of expressions stay as they are', () => {
  expect(fill('`a` \\n ${value}', { value: 1 })).toBe('`a` \\n 1')
})

test('a template that fails still shows the value, and the console says why', () => {
  const error = vi.spyOn(console, 'error').mockImplementation(() => undefined)
  expect(fill('${value} ${nothing.here}', { value: 'v' })).toBe('v ${nothing.here}')
  expect(error).toHaveBeenCalledOnce()
  error.mockRestore()
})

test('handlebars see the properties by name, escape them, and know conditions and lists', () => {
  expect(fill('<p>{{value}} {{{value}}} ${value}</p>', { value: '<b>' }, engine)).toBe('<p>&lt;b&gt; <b> <b></p>')
  const list = '{{#each value}}<li>{{@index}} {{name}} {{#if done}}yes{{else}}no{{/if}} {{../unit}}</li>{{/each}}'
  const value = [{ name: 'a' }, { name: 'b', done: true }]
  expect(fill(list, { value, unit: 'kg' }, engine)).toBe('<li>0 a no kg</li><li>1 b yes kg</li>')
})

test('neither language of a template reads what the other has put in', () => {
  const value = '${secret} {{secret}}'
  expect(fill('{{{value}}} | ${value}', { value, secret: 's' }, engine)).toBe(`${value} | ${value}`)
})

test('an expression with braces of its own stands beside handlebars', () => {
  const template = '{{unit}}: ${value.map((item) => `<i>${item}</i>`).join("")}'
  expect(fill(template, { value: [1, 2], unit: 'kg' }, engine)).toBe('kg: <i>1</i><i>2</i>')
})

test('handlebars that are none leave the template as it is, and the console says why', () => {
  const error = vi.spyOn(console, 'error').mockImplementation(() => undefined)
  expect(fill('{{ bad ${value}', { value: 'v' }, engine)).toBe('{{ bad v')
  expect(error).toHaveBeenCalledOnce()
  error.mockRestore()
})

test('the usual script makes every click an event', () => {
  const element = new EventTarget() as unknown as HTMLElement
  const trigger = vi.fn()
  onLoad(CLICK_SCRIPT, { ...hands, element, trigger })
  element.dispatchEvent(new Event('click'))
  expect(trigger).toHaveBeenCalledExactlyOnceWith('click')
})

test("the author's script sees the element, the trigger and the properties", () => {
  const trigger = vi.fn()
  onLoad("trigger('submit', props.value)", { ...hands, trigger, props: { value: 3 } })
  expect(trigger).toHaveBeenCalledExactlyOnceWith('submit', 3)
})

test('a watcher is called back for changes from outside, of its own properties only', () => {
  const watchers = new Watchers()
  const [value, both] = [vi.fn(), vi.fn()]
  watchers.changed({ value: 1, note: 'a' })
  watchers.add('value', value)
  watchers.add(['value', 'note'], both)
  watchers.changed({ value: 1, note: 'b' }).forEach((call) => call())
  expect([value.mock.calls.length, both.mock.calls.length]).toEqual([0, 1])
  watchers.wrote('value', 2)
  expect(watchers.changed({ value: 2, note: 'b' })).toEqual([])
  expect(watchers.changed({ value: [3], note: 'b' })).toEqual([value, both])
  expect(watchers.changed({ value: [3], note: 'b' })).toEqual([])
})
