import { expect, test } from 'vitest'
import { percent } from './label'

test('confidences are whole percent', () => {
  expect([0.9, 0.004, 1, null].map(percent)).toEqual(['90%', '0%', '100%', '0%'])
})
