import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { printableLine, printableText } from '../../../../ingress/text/printable-text.ts'

const HARMFUL = [
  ...[
    '\u0000',
    '\u0007',
    '\u0008',
    '\u000b',
    '\u000c',
    '\r',
    '\u001b',
    '\u007f',
    '\u0085',
    '\u008d',
    '\u009b',
    '\u009d',
  ],
  ...['\u00ad', '\u061c', '\u200b', '\u200d', '\u200e', '\u200f', '\u2028', '\u2029', '\u202a', '\u202e', '\u2060'],
  ...['\u2066', '\u2069', '\ufeff', '\ufff9', '\u{e0041}'],
]

describe('text that is shown', () => {
  it.each(HARMFUL.map((character) => [character.codePointAt(0)?.toString(16), character]))(
    'has no U+%s',
    (_, character) => {
      const shown = printableText(`a${character}b`)
      expect(shown).toMatch(/^a(\\u[0-9a-f]{4})+b$/)
      expect(JSON.parse(`"${shown}"`)).toBe(`a${character}b`)
    },
  )

  it('keeps what people write', () => {
    const text = '"Zoë" <sip:+49 30 123@[2001:db8::1]>\t%00 \u00e9 日本 🙂\n'
    expect(printableText(text)).toBe(text)
    expect(printableLine('a\nb')).toBe('a\\nb')
  })

  it('as JSON says what it said before, on one line by any reckoning', () => {
    const part = fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom(...HARMFUL))
    fc.assert(
      fc.property(fc.array(part), (parts) => {
        const value = parts.join('')
        const line = printableText(JSON.stringify({ value }))
        expect(JSON.parse(line)).toEqual({ value })
        expect(line).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u)
      }),
    )
  })
})
