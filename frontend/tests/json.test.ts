import { expect, test } from 'vitest'
import { parse, stepped } from '../src/components/number/number'
import { equal } from '../src/page/equal'
import { parseJson, writeJson } from '../src/protocol/json'

const TEXT =
  '{"id":1152921504606846977,"all":[-9007199254740993,9007199254740991,12345678901234567890123],"say":"\\"1152921504606846977 \\\\","f":1.2345678901234567890,"e":1e300}'

test('whole numbers of any size are exact both ways, and nothing else is touched', () => {
  const value = parseJson(TEXT) as { id: bigint; all: unknown[]; say: string }
  expect(value.id).toBe(1152921504606846977n)
  expect(value.all).toEqual([-9007199254740993n, 9007199254740991, 12345678901234567890123n])
  expect(value.say).toBe('"1152921504606846977 \\')
  expect(writeJson(value)).toBe(
    JSON.stringify(JSON.parse(TEXT))
      .replace(/"id":\d+/, '"id":1152921504606846977')
      .replace(/"all":\[.*?\]/, '"all":[-9007199254740993,9007199254740991,12345678901234567890123]'),
  )
  expect(equal(parseJson(TEXT), value)).toBe(true)
})

test('a Number takes such a number', () => {
  expect(parse('1152921504606846977')).toBe(1152921504606846977n)
  expect(stepped(1152921504606846977n, 1, {})).toBe(1152921504606846978n)
  expect(parse('12')).toBe(12)
})
