import { describe, expect, it } from '@jest/globals'
import * as fc from 'fast-check'
import { MAX_PARAMETERS } from '../../../../../ingress/sip/limits.ts'
import { parameterFault, uriParameterFault } from '../../../../../ingress/sip/message/repeated-parameter.ts'

/** The text as a part of more bytes, whose parameters are not its own. */
function part(text: string): readonly [Buffer, number, number] {
  const bytes = Buffer.from(`;a;a${text};a;a`, 'latin1')
  return [bytes, 4, bytes.length - 4]
}

const ofHeader = (text: string, list = true) => parameterFault(...part(text), list)
const ofUri = (text: string) => uriParameterFault(...part(text))

describe('a header value', () => {
  it.each([
    ['twice the same', 'SIP/2.0/UDP h;received=1.1.1.1;received=1.1.1.1'],
    ['another case', 'SIP/2.0/UDP h;received=1.1.1.1;branch=b;ReCeIvEd=2.2.2.2'],
    ['white space and folds', 'SIP / 2.0 / UDP h ; received = 1.1.1.1;\r\n\treceived\r\n =2.2.2.2'],
    ['an escape', 'SIP/2.0/UDP h;received=1.1.1.1;rece%69ved=2.2.2.2'],
    ['an escaped capital', 'SIP/2.0/UDP h;%52port;rport=7'],
    ['a flag and a value', 'SIP/2.0/UDP h;rport;rport=7'],
    ['a value in quotes between', 'SIP/2.0/UDP h;rport;x="a;b\\";c";rport=7'],
    ['a parameter that nobody knows', 'SIP/2.0/UDP h;i=1;j=2;i=3'],
    ['a host that is none', 'SIP/2.0/UDP [fe80::1%25eth0];received=1.1.1.1;received=2.2.2.2'],
    ['the second value of a list', 'SIP/2.0/UDP h;branch=a, SIP/2.0/UDP i;branch=b;branch=c'],
    ['behind a URI', '"a;tag=1" <sip:a@h;tag=2>;tag=3;tag=4'],
    ['inside a URI', '<sip:h;transport=udp;Transport=tcp>'],
    ['inside a URI, escaped', '<sip:h;lr;maddr=a;%6daddr=b>'],
    ['inside the second URI of a list', '<sip:h;lr>, <sip:h;lr;sdc=a;SDC=b>'],
  ])('says something twice: %s', (_how, text) => {
    expect(ofHeader(text)).toBe('repeated')
  })

  it.each([
    ['one of each', 'SIP/2.0/UDP h;received=1.1.1.1;rport=7;branch=b'],
    ['the same in two values of a list', 'SIP/2.0/UDP h;branch=a, SIP/2.0/UDP i;branch=b'],
    ['one as parameter of the URI and one of the header', '<sip:a@h;tag=2>;tag=3'],
    ['one in a quoted string', 'SIP/2.0/UDP h;x=";branch=a";branch=b'],
    ['one inside the user part', '<sip:+1;ext=7;phone-context=x@h;ext=7>'],
    ['one among the headers of a URI', '<sip:h;a=1?x=;a=2>'],
    ['names that begin alike', 'SIP/2.0/UDP h;r=1;rp=2;rport'],
    ['empty names', 'SIP/2.0/UDP h;;;branch=b;'],
    ['an escape that is none', 'SIP/2.0/UDP h;a%4=1;a%=2;a=3'],
  ])('may have %s', (_what, text) => {
    expect(ofHeader(text)).toBeUndefined()
  })

  it('that is no list has one set of parameters, whatever commas stand in it', () => {
    const text = 'Doe, John <sip:a@h>;tag=1, x;tag=2'
    expect([ofHeader(text, false), ofHeader(text, true)]).toEqual(['repeated', undefined])
  })

  it('of more parameters than are compared is told apart', () => {
    const most = Array.from({ length: MAX_PARAMETERS }, (_, i) => `;p${i}`).join('')
    expect([ofHeader(`h${most}`), ofHeader(`h${most};q`), ofUri(`sip:h${most};q`)]).toEqual([
      undefined,
      'too-many',
      'too-many',
    ])
  })
})

describe('a Request-URI', () => {
  it.each(['sip:a@h;user=phone;user=ip', 'sip:h;ttl=1;method=INVITE;TTL=2', 'tel:+1;phone-context=a;phone-context=b'])(
    'says something twice: %s',
    (text) => {
      expect(ofUri(text)).toBe('repeated')
    },
  )

  it.each(['sip:a;b=1;b=2@h', 'sip:h;lr?lr=1&lr=2', 'tel:+1;ext=1;isub=2', 'sip:h'])(
    'says nothing twice: %s',
    (text) => {
      expect(ofUri(text)).toBeUndefined()
    },
  )
})

const name = fc.constantFrom('received', 'rport', 'branch', 'ttl', 'maddr', 'lr', 'transport', 'x-1', 'tag')
const space = fc.constantFrom('', ' ', '\t', '\r\n ', '  ')
const value = fc.constantFrom('', '=1', '=198.51.100.7', '="a;b"', '="\\";rport"', '=z9hG4bK-1')
const spelled = (text: string) =>
  fc
    .array(fc.constantFrom('same', 'upper', 'escape'), { minLength: text.length, maxLength: text.length })
    .map((ways) => Array.from(text, (character, i) => spelledAs(character, ways[i])).join(''))

function spelledAs(character: string, way: string | undefined): string {
  if (way === 'upper') return character.toUpperCase()
  return way === 'escape' ? `%${character.charCodeAt(0).toString(16)}` : character
}

const parameter = name.chain((plain) =>
  fc
    .tuple(spelled(plain), space, space, value)
    .map(([written, before, after, rest]) => ({ plain, text: `;${before}${written}${after}${rest}` })),
)

describe('any parameters in any spelling', () => {
  it('are refused exactly where a name comes again', () => {
    fc.assert(
      fc.property(fc.array(parameter, { maxLength: 8 }), (parameters) => {
        const text = `SIP/2.0/UDP h${parameters.map((one) => one.text).join('')}`
        const names = parameters.map(({ plain }) => plain)
        expect(ofHeader(text)).toBe(new Set(names).size < names.length ? 'repeated' : undefined)
      }),
    )
  })

  it('are looked at in bounded steps, and whatever the bytes are', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.boolean(), (bytes, list) => {
        expect([undefined, 'repeated', 'too-many']).toContain(parameterFault(bytes, 0, bytes.length, list))
        expect([undefined, 'repeated', 'too-many']).toContain(uriParameterFault(bytes, 0, bytes.length))
      }),
    )
  })
})
