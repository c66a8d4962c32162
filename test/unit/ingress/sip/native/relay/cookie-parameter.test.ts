import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { cookieIn, hasCookie, withCookie } from '../../../../../../ingress/sip/native/relay/cookie-parameter.ts'

const cookie = fc.string({ unit: fc.constantFrom(...Array.from('ABCxyz0189-_')), minLength: 24, maxLength: 60 })
const escapes = fc.array(fc.boolean(), { minLength: 3, maxLength: 50 })

function escaped(text: string, which: readonly boolean[], upper: boolean): string {
  return Array.from(text, (character, at) => {
    const hex = character.charCodeAt(0).toString(16)
    return which[at % which.length] ? `%${upper ? hex.toUpperCase() : hex}` : character
  }).join('')
}

describe('the cookie of a URI', () => {
  it('is the same however its name and value are written (RFC 3261 §19.1.4)', () => {
    fc.assert(
      fc.property(cookie, fc.constantFrom('sdc', 'SDC', 'Sdc'), escapes, fc.boolean(), (text, name, which, upper) => {
        const parameters = `;lr;${escaped(name, which, upper)}=${escaped(text, which, upper)};x=y`
        expect([cookieIn(parameters), hasCookie(parameters)]).toEqual([text, true])
      }),
    )
  })

  it.each(['', ';lr', ';sdcx=A', ';xsdc=A', ';sdc', ';lr=sdc=A', '?sdc=A', ';s%64=A'])(
    'is none in %j',
    (parameters) => {
      expect([cookieIn(parameters), hasCookie(parameters)]).toEqual([undefined, false])
    },
  )

  it('is none where it stands twice', () => {
    expect([cookieIn(';sdc=A;lr;SDC=A'), hasCookie(';sdc=A;lr;SDC=A')]).toEqual([undefined, true])
  })

  it('is replaced by another in every spelling, and no other is', () => {
    fc.assert(
      fc.property(cookie, escapes, (text, which) => {
        const before = `<sip:a;lr;sdc=${escaped(text, which, true)}>, <sip:b;sdc=.other>;x="y"`
        expect(withCookie(before, text, '!')).toBe('<sip:a;lr;sdc=!>, <sip:b;sdc=.other>;x="y"')
      }),
    )
  })
})
