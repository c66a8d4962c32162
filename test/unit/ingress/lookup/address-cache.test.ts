import { describe, expect, it } from '@jest/globals'
import { fromWords, type IpAddress } from '../../../../ingress/address/ip-address.ts'
import { createAddressCache } from '../../../../ingress/lookup/address-cache.ts'
import { addressOf } from '../../../support/table-entries.ts'

const LIMIT = 256

function v4(i: number): IpAddress {
  return fromWords([0, 0, 0xffff, 0xcb007100 + i])
}

describe('a cache of addresses', () => {
  it('never gives the value of another address', () => {
    const cache = createAddressCache<string>(LIMIT)
    const asked = [
      ...Array.from({ length: 4 * LIMIT }, (_, i) => v4(i)),
      ...Array.from({ length: 4 * LIMIT }, (_, i) => addressOf(`2001:db8:${i.toString(16)}::1`)),
      ...Array.from({ length: 4 * LIMIT }, (_, i) => addressOf(`2001:db8::${i.toString(16)}`)),
    ]
    for (const address of asked) {
      expect([undefined, address.text]).toContain(cache.get(address))
      cache.set(address, address.text)
      expect(cache.get(address)).toBe(address.text)
    }
    for (const address of asked) expect([undefined, address.text]).toContain(cache.get(address))
  })

  it('keeps most of the addresses that fit, and no more than its limit', () => {
    const cache = createAddressCache<number>(LIMIT)
    const kept = (count: number) =>
      Array.from({ length: count }, (_, i) => cache.get(v4(i))).filter((i) => i !== undefined)
    for (let round = 0; round < 4; round++) for (let i = 0; i < LIMIT / 2; i++) cache.set(v4(i), i)
    expect(kept(LIMIT / 2).length).toBeGreaterThan(LIMIT / 4)
    for (let i = 0; i < 10 * LIMIT; i++) cache.set(v4(i), i)
    expect(kept(10 * LIMIT).length).toBeLessThanOrEqual(LIMIT)
    expect(kept(10 * LIMIT).length).toBeGreaterThan(LIMIT / 4)
  })

  it('finds an address by its numbers, whatever object has them', () => {
    const cache = createAddressCache<number>(LIMIT)
    cache.set(addressOf('::ffff:192.0.2.1'), 1)
    expect(cache.get(addressOf('192.0.2.1'))).toBe(1)
    cache.set(addressOf('192.0.2.1'), 2)
    expect(cache.get(addressOf('::ffff:192.0.2.1'))).toBe(2)
  })

  it('forgets everything when it is cleared', () => {
    const cache = createAddressCache<number>(LIMIT)
    for (let i = 0; i < LIMIT; i++) cache.set(v4(i), i)
    cache.clear()
    for (let i = 0; i < LIMIT; i++) expect(cache.get(v4(i))).toBeUndefined()
  })
})
