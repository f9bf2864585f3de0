import { expect, test, vi } from 'vitest'
import { CLICK_SCRIPT, fill, onLoad } from './html'

test('the usual template is the value itself, whatever is in it', () => {
  expect(fill('${value}', { value: '<b>${1+1}`</b>' })).toBe('<b>${1+1}`</b>')
  expect(fill('${value}', { value: null })).toBe('')
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

test('the usual script makes every click an event', () => {
  const element = new EventTarget() as unknown as HTMLElement
  const trigger = vi.fn()
  onLoad(CLICK_SCRIPT, { element, trigger, props: {}, server: {} })
  element.dispatchEvent(new Event('click'))
  expect(trigger).toHaveBeenCalledExactlyOnceWith('click')
})

test("the author's script sees the element, the trigger and the properties", () => {
  const trigger = vi.fn()
  onLoad("trigger('submit', props.value)", { element: {} as HTMLElement, trigger, props: { value: 3 }, server: {} })
  expect(trigger).toHaveBeenCalledExactlyOnceWith('submit', 3)
})
