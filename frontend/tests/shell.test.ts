import { describe, expect, test } from 'vitest'
import { configOf, currentPage, type ComponentEntry } from '../src/page/config'
import { equal } from '../src/page/equal'
import { slots } from '../src/page/script'
import { headingOf, pageUrl } from '../src/shell/pages'

const markdown = (value: string): ComponentEntry => ({ id: 1, type: 'markdown', props: { value } })

describe('the heading of the header', () => {
  test('is the page’s own where the app has none', () => {
    expect(headingOf(configOf({ title: 'Cart', components: [markdown('Just text')] }))).toEqual({
      text: 'Cart',
      element: 'h1',
    })
  })

  test('stands beside another heading of the app', () => {
    expect(headingOf(configOf({ title: 'Cart', components: [markdown('# Welcome')] })).element).toBe('span')
  })

  test('is not left to a sidebar, which may be folded away', () => {
    const components = [markdown('# Settings'), { id: 2, type: 'sidebar', props: {} }]
    const layout = { id: 0, children: [{ id: 2, children: [{ id: 1 }] }] }
    expect(headingOf(configOf({ title: 'Cart', components, layout })).element).toBe('h1')
  })

  test('is left out where the app says the same', () => {
    expect(headingOf(configOf({ title: 'Cart', components: [markdown('# Cart\nmore')] })).element).toBe('none')
    const html = markdown("<h1 style='text-align: center'>Cart</h1>")
    expect(headingOf(configOf({ title: 'Cart', components: [html] })).element).toBe('none')
  })
})

test('pages have addresses under the root', () => {
  expect(pageUrl('http://h/sub', '')).toBe('http://h/sub/')
  expect(pageUrl('http://h/sub', 'second')).toBe('http://h/sub/second')
})

test('a page has the components and listeners of its own', () => {
  const layout = { id: 0, children: [{ id: 2 }] }
  const page = currentPage(
    configOf({
      current_page: 'b',
      components: [markdown(''), { id: 2, type: 'textbox', props: {} }],
      dependencies: [{ id: 0 }, { id: 1 }],
      page: { b: { layout, components: [2], dependencies: [1] } },
    }),
  )
  expect(page.components.map(({ id }) => id)).toEqual([2])
  expect(page.dependencies.map(({ id, trigger_mode }) => [id, trigger_mode])).toEqual([[1, 'once']])
  expect(page.layout).toBe(layout)
})

describe('values are the same', () => {
  test.each([
    [1, 1, true],
    [1, '1', false],
    [NaN, NaN, true],
    [null, {}, false],
    [[1, [2]], [1, [2]], true],
    [[1], { 0: 1 }, false],
    [{ a: 1, b: 2 }, { b: 2, a: 1 }, true],
    [{ a: undefined }, { b: undefined }, false],
  ])('%j and %j: %s', (a, b, same) => {
    expect(equal(a, b)).toBe(same)
  })
})

describe('what a script returned', () => {
  test.each([
    ['one value for one slot', 'x', 1, ['x']],
    ['a list of one for one slot', ['x'], 1, ['x']],
    ['a list that is the value of one slot', ['x', 'y'], 1, [['x', 'y']]],
    ['a list for several slots', ['x', 'y'], 2, ['x', 'y']],
    ['nothing', undefined, 1, ['before']],
    ['something that nobody asked for', 'x', 0, ['before']],
  ])('%s', (_, result, wanted, expected) => {
    expect(slots(result, wanted, ['before'])).toEqual(expected)
  })
})
