import { describe, expect, it } from '@jest/globals'
import * as fc from 'fast-check'
import { decodeUser, escapeUser, parseUri, sipUserOf, uriParameter } from '../../../../../ingress/sip/message/uri.ts'

const plain = { user: undefined, port: undefined, parameters: '', headers: '' }

describe('a URI is read', () => {
  it.each([
    ['sip:example.com', { ...plain, scheme: 'sip', host: 'example.com' }],
    ['SIPS:Alice@Example.COM:5061', { ...plain, scheme: 'sips', user: 'Alice', host: 'example.com', port: 5061 }],
    ['sip:a:b@h', { ...plain, scheme: 'sip', user: 'a', password: 'b', host: 'h' }],
    ['sip:h;lr?a=b', { ...plain, scheme: 'sip', host: 'h', parameters: ';lr', headers: '?a=b' }],
    ['sip:a;x=y?z@h;t=u', { ...plain, scheme: 'sip', user: 'a;x=y?z', host: 'h', parameters: ';t=u' }],
    ['sip:[2001:DB8::1]:5070', { ...plain, scheme: 'sip', host: '[2001:db8::1]', port: 5070 }],
    ['sip:[2001:db8::10:5070]', { ...plain, scheme: 'sip', host: '[2001:db8::10:5070]' }],
    ['sip:u@[2001:db8:::192.0.2.1]', { ...plain, scheme: 'sip', user: 'u', host: '[2001:db8:::192.0.2.1]' }],
    ['sip:*21*#@h_1.x.', { ...plain, scheme: 'sip', user: '*21*#', host: 'h_1.x.' }],
    [
      'tel:+1-201-555-0123;isub=1',
      { ...plain, scheme: 'tel', user: '+1-201-555-0123', host: '', parameters: ';isub=1' },
    ],
    ['tel:911;phone-context=+1', { ...plain, scheme: 'tel', user: '911', host: '', parameters: ';phone-context=+1' }],
    ['soap.beep://192.0.2.103:3002', { ...plain, scheme: 'soap.beep', host: '' }],
  ])('%s', (text, uri) => {
    expect(parseUri(text)).toMatchObject(uri)
  })

  it.each([
    '',
    'sip',
    'sip:',
    ':a',
    '1sip:a',
    'sip:@h',
    'sip::pw@h',
    'sip:a@b@c',
    'sip:a b@h',
    'sip:a@h;x y',
    '<sip:a@h>',
    'sip:a@h"',
    'sip:a\u0000@h',
    'sip:a@h\r\nVia: x',
    'sip:2001:db8::10',
    'sip:[2001:db8::10',
    'sip:[2001:db8::1%eth0]',
    'sip:[zz]',
    'sip:h:',
    'sip:h:65536',
    'sip:h:5a',
    'sip:-h',
    'sip:h/x',
    'tel:',
    'tel:+',
    'tel:alice',
    'tel:+1 2',
  ])('but not %j', (text) => {
    expect(parseUri(text)).toBeUndefined()
  })
})

describe('URI parameters', () => {
  it('are found in any case, flags are empty', () => {
    const uri = parseUri('sip:a@h;Transport=tcp;lr;maddr=192.0.2.1;lrx=1')
    expect(uri && ['transport', 'LR', 'maddr', 'lrx'].map((name) => uriParameter(uri, name))).toEqual([
      'tcp',
      '',
      '192.0.2.1',
      '1',
    ])
    expect(uri && uriParameter(uri, 'ttl')).toBeUndefined()
  })
})

describe('the user part (RFC 3261 §19.1.2)', () => {
  it.each([
    ['alice', 'alice'],
    ['%41lice', 'Alice'],
    ['j%C3%BCrgen', 'jürgen'],
    ['%', '%'],
    ['%4', '%4'],
    ['100%zz', '100%zz'],
    ['a;b=%40', 'a;b=@'],
    ['\u00c3\u00bc', 'ü'],
  ])('%j is decoded as %j', (raw, text) => {
    expect(decodeUser(raw)).toBe(text)
  })

  it('is escaped so that nothing can be injected', () => {
    expect(escapeUser('a@b>\r\nVia: x%"ü')).toBe('a%40b%3E%0D%0AVia%3A%20x%25%22%C3%BC')
  })

  it('comes back from its escaped form, and fits into a URI', () => {
    const text = fc.string({ unit: 'grapheme', minLength: 1 }).filter((value) => value.isWellFormed())
    fc.assert(
      fc.property(text, (user) => {
        const escaped = escapeUser(user)
        expect(decodeUser(escaped)).toBe(user)
        expect(parseUri(`sip:${escaped}@h`)).toMatchObject({ user: escaped, host: 'h' })
      }),
    )
  })
})

describe('the user part of a SIP URI for the same user (RFC 3261 §19.1.6)', () => {
  it.each([
    ['sip:h', undefined],
    ['sip:Alice;B=c;a@h;x', 'Alice;B=c;a'],
    ['tel:+1-202-555-0123', '+1-202-555-0123'],
    ['tel:911;phone-context=+1', '911;phone-context=+1'],
    [
      'tel:+1;rn=+2;NPDI;cic=%2B1;ISUB=9;ext=8;postd=pp7;phone-context=A',
      '+1;isub=9;ext=8;postd=pp7;phone-context=a;cic=%2b1;npdi;rn=+2',
    ],
    ['tel:+1;;b=[1]:2;', '+1;b=%5B1%5D%3A2'],
    ['tel:+1;isub-encoding=nsap-bcd;isub=1', '+1;isub=1;isub-encoding=nsap-bcd'],
  ])('of %s is %s', (text, user) => {
    const uri = parseUri(text)
    expect(uri && sipUserOf(uri)).toBe(user)
    expect(parseUri(`sip:${user === undefined ? '' : `${user}@`}h`)?.user).toBe(user)
  })
})

it('Any text is a URI or none, without an exception', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.constantFrom('', 'sip:', 'tel:', 'sip:a@'), (text, prefix) => {
      const uri = parseUri(prefix + text)
      if (uri?.scheme === 'sip') expect(uri.host).not.toBe('')
    }),
  )
})

describe('a zone in an IPv6 host', () => {
  it('is left out where it is escaped, as RFC 6874 writes it', () => {
    const uri = { user: 'a', host: '[fe80::1]', port: 5070, parameters: ';x' }
    expect(parseUri('sip:a@[fe80::1%25eth0]:5070;x')).toMatchObject(uri)
  })

  it.each(['sip:[%25eth0]', 'sip:[fe80::1%25eth0', 'sip:fe80%25eth0', 'sip:[fe80::%25eth0]x', 'sip:[fe80::1%eth0]'])(
    'makes none of %s',
    (text) => {
      expect(parseUri(text)).toBeUndefined()
    },
  )
})
