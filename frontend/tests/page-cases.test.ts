// @vitest-environment happy-dom
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { CasePage, filled, type PageCase, type Step } from './page-cases'

const files = import.meta.glob<PageCase[]>('../../tests/page_cases/*.json', { eager: true, import: 'default' })

beforeEach(() => {
  vi.useFakeTimers()
  vi.spyOn(console, 'error').mockImplementation(() => undefined)
})

afterEach(() => {
  vi.useRealTimers()
  vi.restoreAllMocks()
})

test('there are cases', () => expect(Object.values(files).flat().length).toBeGreaterThanOrEqual(40))

for (const [file, cases] of Object.entries(files)) {
  describe(file.replace(/^.*\/|\.json$/g, ''), () => {
    for (const given of cases) {
      test(given.name, async () => {
        const page = new CasePage(given)
        const script: Step[] = given.script[0]?.load ? given.script : [{ load: true }, ...given.script]
        for (const step of script) {
          const { frames = [], toasts = [], values = {}, props = {}, invalid = {}, missing = [] } = step
          expect(await page.run(step)).toEqual({ frames: frames.map(filled), toasts, values, props, invalid, missing })
        }
        await page.close()
      })
    }
  })
}
