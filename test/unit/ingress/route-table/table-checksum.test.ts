import { describe, expect, it } from '@jest/globals'
import * as fc from 'fast-check'
import {
  addHash,
  checksumText,
  EMPTY_CHECKSUM,
  entryHash,
  subtractHash,
} from '../../../../ingress/route-table/table-checksum.ts'

const texts = fc.uniqueArray(fc.tuple(fc.string(), fc.string()), { selector: ([key]) => key })

function checksumOf(entries: readonly (readonly [string, string])[]): number {
  return entries.reduce((sum, [key, text]) => addHash(sum, entryHash(key, text)), EMPTY_CHECKSUM)
}

describe('the checksum of a table', () => {
  it('does not depend on the order of entries', () => {
    fc.assert(
      fc.property(texts, (entries) => {
        expect(checksumOf([...entries].reverse())).toBe(checksumOf(entries))
      }),
    )
  })

  it('takes an entry out as if it had never been in', () => {
    fc.assert(
      fc.property(texts, fc.string(), fc.string(), (entries, key, text) => {
        const hash = entryHash(key, text)
        expect(subtractHash(addHash(checksumOf(entries), hash), hash)).toBe(checksumOf(entries))
      }),
    )
  })

  it('differs where one character, or the border of key and text, differs', () => {
    const all = ['', 'a', 'b', 'ab', 'a\0', '\0a', 'é', 'a'.repeat(17), 'a'.repeat(18)]
    const pairs = all.flatMap((key) => all.map((text) => [key, text] as const))
    expect(new Set(pairs.map(([key, text]) => entryHash(key, text))).size).toBe(pairs.length)
  })

  it('finds any changed bit of a text', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1 }), fc.nat(), fc.nat(15), (text, place, bit) => {
        const at = place % text.length
        const changed = String.fromCharCode(text.charCodeAt(at) ^ (1 << bit))
        const other = text.slice(0, at) + changed + text.slice(at + 1)
        expect(entryHash('rule/a/b', other)).not.toBe(entryHash('rule/a/b', text))
      }),
    )
  })

  it('has no collision among 200,000 entries that hardly differ', () => {
    const seen = new Set<number>()
    for (let i = 0; i < 200_000; i++) seen.add(entryHash(`rule/team/r${i}`, `{"value":"+1555${i}"}`))
    expect(seen.size).toBe(200_000)
  })

  it('is written as 13 hexadecimal digits', () => {
    expect(checksumText(EMPTY_CHECKSUM)).toBe('0000000000000')
    expect(checksumText(2 ** 52 - 1)).toBe('fffffffffffff')
    expect(checksumText(entryHash('rule/a/b', '{}'))).toMatch(/^[0-9a-f]{13}$/)
  })
})
