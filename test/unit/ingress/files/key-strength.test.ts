import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { keyFault } from '../../../../ingress/files/key-strength.ts'

const MIN = 32

describe('a key without entropy is refused', () => {
  it.each([
    ['zeros', Buffer.alloc(32)],
    ['one byte again and again', Buffer.alloc(64, 0xff)],
    ['blank lines', Buffer.from('\n'.repeat(40))],
    ['blanks of all sorts', Buffer.from(' \t\r\n'.repeat(16))],
    ['two bytes in turn', Buffer.from('ab'.repeat(32))],
    ['a word again and again', Buffer.from('password'.repeat(8))],
    ['a half that comes twice', Buffer.from('0123456789abcdef0123456789abcdef')],
    ['zeros with one byte of another kind', Buffer.concat([Buffer.alloc(40), Buffer.from([1])])],
    ['zeros as text, with a line end', Buffer.from(`${'0'.repeat(64)}\n`)],
    ['counting bytes', Buffer.from(Array.from({ length: 32 }, (_, n) => n))],
    ['bytes counted down in steps', Buffer.from(Array.from({ length: 48 }, (_, n) => (250 - 3 * n) & 255))],
    ['a short text between blanks', Buffer.from('  \nx9Kq!'.padEnd(70))],
    ['31 bytes and a line end', Buffer.from('T0pS3cret-but-31-bytes-long-abc\n')],
    ['nothing', Buffer.alloc(0)],
  ])('%s', (_what, key) => {
    expect(keyFault(key, MIN)).toEqual(expect.any(String))
  })
})

/** What programs draw that make keys. */
const random = fc.uint8Array({ minLength: 32, maxLength: 64 }).filter((bytes) => new Set(bytes).size > 16)

describe('a random key is taken', () => {
  it('as bytes, in hexadecimal and in base64, with a line end or without', () =>
    fc.assert(
      fc.property(random, fc.constantFrom('', '\n', '\r\n'), (bytes, end) => {
        const binary = Buffer.from(bytes)
        const texts = [binary.toString('hex') + end, binary.toString('base64') + end].map((text) => Buffer.from(text))
        for (const key of [binary, ...texts]) expect(keyFault(key, MIN)).toBeUndefined()
      }),
    ))

  it('also where its last bytes look like blanks', () => {
    const key = Buffer.from('9f3c1a77b2e05d48c6aa91f0e3d2b4578816fd23cc0991ab7e5502d7416b0a0a', 'hex')
    expect(keyFault(key, MIN)).toBeUndefined()
  })
})
