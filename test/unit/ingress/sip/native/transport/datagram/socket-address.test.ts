import { describe, expect, it } from '@jest/globals'
import { MAX_CACHED_SOURCE_ADDRESSES } from '../../../../../../../ingress/sip/limits.ts'
import {
  createSocketAddressReader,
  SOCKET_ADDRESS_BYTES,
  writeSocketAddress,
} from '../../../../../../../ingress/sip/native/transport/datagram/socket-address.ts'
import { addressOf } from '../recorded-events.ts'

const AT = 4

function written(text: string, port: number): { bytes: Buffer; length: number } {
  const bytes = Buffer.alloc(AT + SOCKET_ADDRESS_BYTES, 0xee)
  const length = writeSocketAddress(bytes, AT, { address: addressOf(text), port })
  return { bytes, length }
}

const hex = (text: string) => Buffer.concat([Buffer.alloc(AT), Buffer.from(text.replaceAll(' ', ''), 'hex')])

describe('a socket address in memory', () => {
  it.each([
    ['192.0.2.1', 5060, '0200 13c4 c0000201 0000000000000000'],
    ['255.255.255.255', 65_535, '0200 ffff ffffffff 0000000000000000'],
    ['2001:db8::1', 5060, '0a00 13c4 00000000 20010db8000000000000000000000001 00000000'],
    ['fe80::ffff:ffff', 1, '0a00 0001 00000000 fe8000000000000000000000ffffffff 00000000'],
  ])('%s, port %i, is written and read', (text, port, expected) => {
    const { bytes, length } = written(text, port)
    expect(bytes.subarray(AT, AT + length)).toEqual(hex(expected).subarray(AT))
    expect(createSocketAddressReader().read(bytes, AT)).toEqual({ address: addressOf(text), port })
  })

  it('is IPv4 where a socket of IPv6 has an IPv4-mapped one', () => {
    const mapped = hex('0a00 13c4 00000000 00000000000000000000ffffc0000201 00000000')
    const source = createSocketAddressReader().read(mapped, AT)
    expect(source).toEqual({ address: addressOf('192.0.2.1'), port: 5060 })
    expect(source?.address.family).toBe(4)
  })

  it.each([
    ['of no family', '0000 13c4 c0000201 0000000000000000'],
    ['of a socket of this machine', '0100 13c4 c0000201 0000000000000000'],
  ])('%s is none', (_, bytes) => {
    expect(createSocketAddressReader().read(hex(`${bytes}${'00'.repeat(12)}`), AT)).toBeUndefined()
  })
})

describe('the table of sources', () => {
  it('gives the same object for the same source', () => {
    const sources = createSocketAddressReader()
    const first = sources.read(written('192.0.2.1', 5060).bytes, AT)
    expect(sources.read(written('192.0.2.1', 5060).bytes, AT)).toBe(first)
    expect(sources.read(written('192.0.2.1', 5061).bytes, AT)).not.toBe(first)
  })

  it.each([
    ['IPv4', (i: number) => `10.${i >>> 16}.${(i >>> 8) & 255}.${i & 255}`],
    ['IPv6, by the last bits', (i: number) => `2001:db8::${i.toString(16)}`],
    ['IPv6, by the first bits', (i: number) => `2001:${i.toString(16)}::1`],
    ['IPv6, by bits of the network', (i: number) => `2001:db8:0:${i.toString(16)}::1`],
  ])('tells sources apart that share a place: %s', (_, textOf) => {
    const sources = createSocketAddressReader()
    const wrong: string[] = []
    // More sources than places: some of them must share one, whatever the hash.
    for (let i = 1; i <= 2 * MAX_CACHED_SOURCE_ADDRESSES; i++) {
      const text = textOf(i)
      if (sources.read(written(text, 5060).bytes, AT)?.address.text !== addressOf(text).text) wrong.push(text)
    }
    expect(wrong).toEqual([])
  })

  it('tells an IPv4 source from an IPv6 source whose last bits are the same', () => {
    const sources = createSocketAddressReader()
    for (const text of ['192.0.2.1', '::c000:201', '64:ff9b::c000:201', '192.0.2.1']) {
      expect(sources.read(written(text, 5060).bytes, AT)?.address).toEqual(addressOf(text))
    }
  })
})
