import { createHash } from 'node:crypto'
import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import {
  BLOCK_BYTES,
  hashAfterKey,
  keyState,
  PADDING_BYTES,
} from '../../../../../../ingress/sip/native/relay/keyed-hash.ts'

function hashed(key: Uint8Array, text: Uint8Array, before: number): string {
  const bytes = Buffer.alloc(before + text.length + PADDING_BYTES, 0xff)
  bytes.set(text, before)
  const words = hashAfterKey(keyState(key), bytes, before, before + text.length)
  return Buffer.from(words.buffer.slice(0)).swap32().toString('hex')
}

describe('the hash of a key and a text', () => {
  it('is SHA-256, for every key and for every length of the text', () => {
    const key = fc.uint8Array({ minLength: BLOCK_BYTES, maxLength: BLOCK_BYTES })
    const text = fc.uint8Array({ maxLength: 5 * BLOCK_BYTES })
    fc.assert(
      fc.property(key, text, fc.nat(9), (block, bytes, before) => {
        expect(hashed(block, bytes, before)).toBe(createHash('sha256').update(block).update(bytes).digest('hex'))
      }),
    )
  })

  it('is SHA-256 where the padding begins a block of its own', () => {
    const key = Buffer.alloc(BLOCK_BYTES, 7)
    for (let length = 0; length <= 2 * BLOCK_BYTES; length++) {
      const text = Buffer.alloc(length, 0xa5)
      expect(hashed(key, text, 0)).toBe(createHash('sha256').update(key).update(text).digest('hex'))
    }
  })
})
