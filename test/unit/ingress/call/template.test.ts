import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { expandHeader, expandUser, type TemplateValues } from '../../../../ingress/call/template.ts'
import { parseHeaderTemplate } from '../../../../ingress/route-table/header-template.ts'
import { parseNameAddr, splitList } from '../../../../ingress/sip/message/name-addr.ts'
import { decodeUser, parseUri, uriParameter } from '../../../../ingress/sip/message/uri.ts'

const VALUES = { called: '+15551234567', calling: '+1555987', trunk: 'default/acme', rule: 'default/route' }

function header(template: string, change: Partial<TemplateValues> = {}): string | undefined {
  return expandHeader(parseHeaderTemplate(template), { ...VALUES, ...change })
}

/** The header as it stands on the wire: latin1, a character a byte. */
function wire(text: string): string {
  return Buffer.from(text, 'utf8').toString('latin1')
}

describe('the value of a header', () => {
  it.each([
    ['{called}', '+15551234567'],
    ['9{called}', '9+15551234567'],
    ['{trunk}|{rule}|{calling}', 'default/acme|default/route|+1555987'],
    ['<sip:a@b;t={trunk}>;t={trunk}', '<sip:a@b;t=default/acme>;t=default%2Facme'],
    ['{other} {called', '{other} {called'],
  ])('%s becomes %s', (template, expected) => {
    expect(header(template)).toBe(expected)
  })

  it('is filled in once: a value in braces is not a template', () => {
    expect(header('"{called}" {trunk}', { called: '{rule}', trunk: 'a/{rule}' })).toBe('"{rule}" a/{rule}')
  })

  it.each([
    ['<sip:{calling}@trusted.example>', 'x>,<sip:ceo', '<sip:x%3E%2C%3Csip%3Aceo@trusted.example>'],
    ['<sip:{calling}@trusted.example>', 'x;a=b?c', '<sip:x%3Ba%3Db%3Fc@trusted.example>'],
    ['<https://a.b/c?n={calling}&m=1>', '+1&m=2', '<https://a.b/c?n=%2B1%26m%3D2&m=1>'],
    ['{calling}', 'a, b;c=d', 'a%2C%20b%3Bc%3Dd'],
    ['{calling}', 'a\r\nX: b\0', 'a%0D%0AX%3A%20b%00'],
    ['{calling}', 'jürgen%', 'j%C3%BCrgen%25'],
    ['"{calling}"', 'jürgen "x" \\ <a>, 100%', '"jürgen \\"x\\" \\\\ <a>, 100%"'],
    ['"{calling}"', 'a\r\n\u0085\u2028\u200b%0D\u202e', '"a%0D%0A%C2%85%E2%80%A8%E2%80%8B%250D%E2%80%AE"'],
  ])('%s of %j is %s', (template, calling, expected) => {
    expect(header(template, { calling })).toBe(expected)
  })

  it.each(['<sip:{calling}@b>', '<sip:a@b;c={calling}>', 'a;b={calling}', '"{calling}" <sip:{calling}@b>'])(
    '%s is not made of an empty user, because it would be malformed',
    (template) => {
      expect(header(template, { calling: '' })).toBeUndefined()
    },
  )

  it.each([
    ['{calling}', ''],
    ['"{calling}"', '""'],
    ['<sip:9{calling}@b>', '<sip:9@b>'],
  ])('%s is made of an empty user: %s', (template, expected) => {
    expect(header(template, { calling: '' })).toBe(expected)
  })

  it('is not made of a value that is not known', () => {
    expect([header('a{calling}', { calling: undefined }), header('{called}', { calling: undefined })]).toEqual([
      undefined,
      '+15551234567',
    ])
  })
})

/** What a percent-escape can bring into a user part: any bytes, and what has a meaning somewhere more often than not. */
const user = fc
  .oneof(
    fc.string({ unit: 'binary', minLength: 1 }),
    fc
      .array(fc.constantFrom(...'"\\<>,;:@?=&%/ \t\r\n\0\u0085\u2028\u2029\u200b\u202eaB1+é€{}()[]'.split('')), {
        minLength: 1,
      })
      .map((characters) => characters.join('')),
    fc.constantFrom('{called}', '{rule}', '%41', '%', '\\', '"', 'a">', '\\"', 'x>,<sip:ceo@a>', 'a\r\nVia: x'),
  )
  .map((text) => Buffer.from(text, 'utf8').toString('utf8'))

const literal = fc.constantFrom('', '9', 'pre-', '+')

/** A template, and what reads the value back out of the one header that it makes; undefined where there is not one. */
const place = fc.oneof(
  fc.tuple(literal, fc.constantFrom('', ';user=phone', ';a=b')).map(([before, after]) => ({
    template: `<sip:${before}{calling}@trusted.example${after}>`,
    read: (value: string) => addressUser(value, { before, after }),
  })),
  literal.map((before) => ({
    template: `sip:${before}{calling}@trusted.example`,
    read: (value: string) => addressUser(value, { before, after: '' }),
  })),
  literal.map((before) => ({
    template: `"${before}{calling}" <sip:a@trusted.example>`,
    read: (value: string) => quotedUser(value, before),
  })),
  literal.map((before) => ({ template: `"${before}{calling}"`, read: (value: string) => quotedUser(value, before) })),
  literal.map((before) => ({
    template: `<sip:a@trusted.example;x=${before}{calling};y=1>`,
    read: (value: string) => parameterUser(value, before),
  })),
  literal.map((before) => ({
    template: `<sip:a@trusted.example>;x=${before}{calling};y=1`,
    read: (value: string) => headerParameterUser(value, before),
  })),
  literal.map((before) => ({ template: `${before}{calling}`, read: (value: string) => tokenUser(value, before) })),
)

function addressUser(value: string, { before, after }: { before: string; after: string }): string | undefined {
  const uri = parseUri(parseNameAddr(value)?.uri ?? '')
  if (splitList(value).length !== 1 || uri?.host !== 'trusted.example' || uri.parameters !== after) return undefined
  return uri.headers === '' && uri.user?.startsWith(before) ? decodeUser(uri.user.slice(before.length)) : undefined
}

function quotedUser(value: string, before: string): string | undefined {
  const [whole = '', inside = ''] = /^"((?:[^"\\]|\\[^\r\n])*)"/.exec(value) ?? []
  const rest = value.slice(whole.length)
  const isWhole = whole !== '' && (rest === '' || rest === ' <sip:a@trusted.example>')
  if (!isWhole || splitList(value).length !== 1 || !inside.startsWith(before)) return undefined
  return decodeUser(inside.slice(before.length).replace(/\\(.)/g, '$1'))
}

function parameterUser(value: string, before: string): string | undefined {
  const uri = parseUri(parseNameAddr(value)?.uri ?? '')
  const text = uri && uriParameter(uri, 'x')
  if (uri?.host !== 'trusted.example' || uri.parameters !== `;x=${text};y=1` || !text?.startsWith(before))
    return undefined
  return splitList(value).length === 1 ? decodeUser(text.slice(before.length)) : undefined
}

function headerParameterUser(value: string, before: string): string | undefined {
  const [, text] = /^<sip:a@trusted\.example>;x=([A-Za-z0-9.!%*_+`'~-]+);y=1$/.exec(value) ?? []
  return text?.startsWith(before) ? decodeUser(text.slice(before.length)) : undefined
}

function tokenUser(value: string, before: string): string | undefined {
  const isToken = /^[A-Za-z0-9.!%*_+`'~-]*$/.test(value)
  return isToken && value.startsWith(before) ? decodeUser(value.slice(before.length)) : undefined
}

it('whatever a caller is called makes one header of the shape that was written, and reads back as it was', () => {
  fc.assert(
    fc.property(place, user, ({ template, read }, calling) => {
      const value = header(template, { calling })
      expect(value).toBeDefined()
      expect(value).not.toMatch(/[\p{Cc}\p{Zl}\p{Zp}]/u)
      expect(read(wire(value ?? ''))).toBe(calling)
    }),
    { numRuns: 500 },
  )
})

/** The delimiters of a header's value, with everything between two of them as one letter. */
function skeleton(value: string): string {
  return value.replace(/"(?:[^"\\]|\\.)*"/gs, '"x"').replace(/[^"<>,;:@?=\s\\]+/g, 'x')
}

it('in any template that is taken, no user changes the shape of the value', () => {
  const piece = fc.constantFrom(
    ...'"|<|>|sip:|@|;|=|,|?|:| |\\|%|a|tel:|https://a?|{calling}|{calling}|{calling}'.split('|'),
  )
  const template = fc.array(piece, { minLength: 1, maxLength: 12 }).map((pieces) => pieces.join(''))
  fc.assert(
    fc.property(template, user, (text, calling) => {
      const parsed = parseHeaderTemplate(text)
      fc.pre(parsed.unclear === undefined && parsed.parts.length > 1)
      const value = expandHeader(parsed, { ...VALUES, calling }) ?? ''
      expect(skeleton(value)).toBe(skeleton(header(text, { calling: 'x' }) ?? ''))
    }),
    { numRuns: 500 },
  )
})

it('at a place that is unclear a value is letters, digits and escapes all the same', () => {
  fc.assert(
    fc.property(fc.constantFrom('<sip:a@{calling}>', '"{calling}', 'a;{calling}'), user, (template, calling) => {
      const [before = '', after = ''] = template.split('{calling}')
      const value = header(template, { calling }) ?? ''
      expect(value.slice(before.length, value.length - after.length)).toMatch(/^[A-Za-z0-9_.!~*'+%-]*$/)
    }),
  )
})

describe('the user of a Request-URI', () => {
  it.each([
    ['{called}', '+15551234567'],
    ['9{called};ext={rule}', '9+15551234567;ext=default/route'],
    ['a%3Bb', 'a%3Bb'],
    ['é', '%C3%A9'],
  ])('%s becomes %s', (template, expected) => {
    expect(expandUser(template, VALUES)).toBe(expected)
  })

  it('is one user part whatever was dialled, and reads back', () => {
    fc.assert(
      fc.property(user, (called) => {
        const text = expandUser('9{called};ext=1', { ...VALUES, called })
        const uri = parseUri(`sip:${text}@10.0.0.1:5060;transport=tcp`)
        expect([uri?.host, uri?.port, uri?.parameters]).toEqual(['10.0.0.1', 5060, ';transport=tcp'])
        const [first = '', ...others] = text.split(';')
        expect([decodeUser(first), others]).toEqual([`9${called}`, ['ext=1']])
      }),
    )
  })
})
