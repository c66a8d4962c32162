import { describe, expect, it } from '@jest/globals'
import * as fc from 'fast-check'
import { NO_KEY, numberKey, readPrefixKeys } from '../../../../ingress/route-table/number-key.ts'

describe('the key of a number', () => {
  it.each<[string, number]>([
    ['+', 1],
    ['+0', 10],
    ['+42', 142],
    ['+042', 1042],
    ['+999999999999999', 1_999_999_999_999_999],
    ['42', -142],
    ['042', -1042],
    ['911', -1911],
    ['999999999999999', -1_999_999_999_999_999],
  ])('%s is %d', (text, key) => {
    expect(numberKey(text)).toBe(key)
  })

  it.each(['', '++42', '4x', '1000000000000000', '+4x', 'alice', '+1000000000000000', '+4 2', '+٤٢'])(
    '%s has none',
    (text) => {
      expect(numberKey(text)).toBe(NO_KEY)
    },
  )

  it('is read for every prefix at once, as far as there are digits', () => {
    const keys = readPrefixKeys('+420x')
    expect(Array.from(keys.byLength.subarray(0, keys.digits + 1))).toEqual([1, 14, 142, 1420])
    expect(readPrefixKeys('+1234567890123456').digits).toBe(15)
    const bare = readPrefixKeys('420x')
    expect(Array.from(bare.byLength.subarray(1, bare.digits + 1))).toEqual([-14, -142, -1420])
    expect(['', 'x42', '*21'].map((text) => readPrefixKeys(text).digits)).toEqual([-1, -1, -1])
  })

  it('is the negative of what it is with +', () => {
    const digits = fc.stringMatching(/^[0-9]{1,15}$/)
    fc.assert(fc.property(digits, (text) => expect(numberKey(text)).toBe(-numberKey(`+${text}`))))
  })
})
