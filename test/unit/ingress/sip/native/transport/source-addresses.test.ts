import { describe, expect, it } from '@jest/globals'
import { MAX_CACHED_SOURCE_ADDRESSES } from '../../../../../../ingress/sip/limits.ts'
import { createSourceAddresses } from '../../../../../../ingress/sip/native/transport/source-addresses.ts'

const sweep = (read: (text: string) => unknown, count: number) => {
  for (let i = 0; i < count; i++) read(`10.${i >>> 16}.${(i >>> 8) & 255}.${i & 255}`)
}

describe('source addresses', () => {
  it('gives the same object for the same text', () => {
    const read = createSourceAddresses()
    expect(read('192.0.2.1')).toBe(read('192.0.2.1'))
  })

  it('reads an IPv4-mapped source of a dual-stack socket as IPv4', () => {
    expect(createSourceAddresses()('::ffff:192.0.2.1')).toMatchObject({ family: 4, text: '192.0.2.1' })
  })

  it('takes the zone off a link-local source', () => {
    expect(createSourceAddresses()('fe80::1%eth0')).toMatchObject({ family: 6, text: 'fe80::1' })
  })

  it('has no address for what is none', () => {
    expect(createSourceAddresses()('sip.example.com')).toBeUndefined()
  })

  it('keeps an active peer through a sweep of other sources', () => {
    const read = createSourceAddresses()
    const peer = read('192.0.2.1')
    sweep(read, MAX_CACHED_SOURCE_ADDRESSES)
    expect(read('192.0.2.1')).toBe(peer)
  })

  it('forgets a silent one after two sweeps', () => {
    const read = createSourceAddresses()
    const peer = read('192.0.2.1')
    sweep(read, 3 * MAX_CACHED_SOURCE_ADDRESSES)
    expect(read('192.0.2.1')).not.toBe(peer)
    expect(read('192.0.2.1')).toEqual(peer)
  })
})
