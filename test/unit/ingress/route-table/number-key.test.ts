import { describe, expect, it } from '@jest/globals'
import { NO_KEY, numberKey, readPrefixKeys } from '../../../../ingress/route-table/number-key.ts'

describe('the key of a number', () => {
  it.each<[string, number]>([
    ['+', 1],
    ['+0', 10],
    ['+42', 142],
    ['+042', 1042],
    ['+999999999999999', 1_999_999_999_999_999],
  ])('%s is %d', (text, key) => {
    expect(numberKey(text)).toBe(key)
  })

  it.each(['', '42', '++42', '+4x', 'alice', '+1000000000000000', '+4 2', '+٤٢'])('%s has none', (text) => {
    expect(numberKey(text)).toBe(NO_KEY)
  })

  it('is read for every prefix at once, as far as there are digits', () => {
    const keys = readPrefixKeys('+420x')
    expect(Array.from(keys.byLength.subarray(0, keys.digits + 1))).toEqual([1, 14, 142, 1420])
    expect(readPrefixKeys('+1234567890123456').digits).toBe(15)
    expect(readPrefixKeys('420').digits).toBe(-1)
  })
})
