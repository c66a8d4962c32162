import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { parseIpAddress } from '../../../../../../ingress/address/ip-address.ts'
import { createCookieSealer } from '../../../../../../ingress/sip/native/relay/dialog-cookie.ts'
import type { DialogCookie } from '../../../../../../ingress/sip/port/engine.ts'

const KEY = Buffer.alloc(32, 1)
const OLD_KEY = Buffer.alloc(32, 2)
const TAGS = { callId: 'a@b', fromTag: 'caller', toTag: 'backend' }
const DIALOG = { callId: 'a@b', callerTag: 'caller' }

function cookie(from: DialogCookie['from'], address = '10.0.0.5'): DialogCookie {
  const parsed = parseIpAddress(address)
  if (!parsed) throw new Error(address)
  return { from, signedTarget: { address: parsed, port: 5080, transport: 'TCP' }, dialogData: 'default/route' }
}

describe('the dialog cookie', () => {
  it.each(['10.0.0.5', '2001:db8::5'])('says what was sealed into it, for %s', (address) => {
    const sealer = createCookieSealer([KEY])
    expect(sealer.open(sealer.seal(cookie('caller', address), DIALOG), TAGS)).toEqual(cookie('caller', address))
  })

  it.each([
    ['10.0.0.5', '192.0.2.8'],
    ['10.0.0.5', '2001:db8::8'],
    ['2001:db8::5', '192.0.2.8'],
  ])("says both where the packet came from and where the caller's route leads: %s, %s", (source, next) => {
    const sealer = createCookieSealer([KEY])
    const both = { ...cookie('backend', source), routeTarget: cookie('backend', next).signedTarget }
    expect(sealer.open(sealer.seal(both, DIALOG), { callId: 'a@b', fromTag: 'backend', toTag: 'caller' })).toEqual(both)
  })

  it.each([
    { from: 'caller', untagged: true },
    { from: 'backend', callerTarget: 'public-contact' },
    { from: 'backend', callerTarget: 'source' },
  ] as const)('says %j', (side) => {
    const sealer = createCookieSealer([KEY])
    const sealed = { ...cookie(side.from), ...side }
    const tags = side.from === 'caller' ? TAGS : { callId: 'a@b', fromTag: 'backend', toTag: 'caller' }
    expect(sealer.open(sealer.seal(sealed, DIALOG), tags)).toEqual(sealed)
  })

  it('is bound to the absence of the tag as to a tag', () => {
    const sealer = createCookieSealer([KEY])
    const untagged = { callId: 'a@b', callerTag: '' }
    const text = sealer.seal(cookie('caller'), untagged)
    expect(sealer.open(text, { callId: 'a@b', fromTag: undefined, toTag: 'backend' })).toEqual(cookie('caller'))
    expect(sealer.open(text, TAGS)).toBeUndefined()
    const back = sealer.seal(cookie('backend'), untagged)
    expect(sealer.open(back, { callId: 'a@b', fromTag: 'backend', toTag: undefined })).toEqual(cookie('backend'))
    expect(sealer.open(back, TAGS)).toBeUndefined()
  })

  it.each([
    ['192.0.2.8', '192.0.2.1', 11],
    ['2001:db8::8', '2001:db8::1', 27],
  ])('says at which pod a connection ends, with one hop and with two: %s, %s', (next, at, characters) => {
    const sealer = createCookieSealer([KEY])
    const tags = { callId: 'a@b', fromTag: 'backend', toTag: 'caller' }
    const pod = cookie('backend', at).signedTarget
    for (const rest of [
      cookie('backend'),
      { ...cookie('backend'), routeTarget: cookie('backend', next).signedTarget },
    ]) {
      const text = sealer.seal({ ...rest, pod }, DIALOG)
      expect(sealer.open(text, tags)).toEqual({ ...rest, pod })
      expect(text.length - sealer.seal(rest, DIALOG).length).toBeLessThanOrEqual(characters)
    }
  })

  it.each([
    [cookie('caller'), DIALOG, 'AQAEAhPYCgAABWRlZmF1bHQvcm91dGXeDUlak3_CeN0bB9c'],
    [
      {
        ...cookie('backend'),
        routeTarget: cookie('backend', '2001:db8::5').signedTarget,
        pod: cookie('backend', '192.0.2.1').signedTarget,
        callerTarget: 'source',
      },
      DIALOG,
      'EgUEAhPYCgAABQYCE9ggAQ24AAAAAAAAAAAAAAAFBAIT2MAAAgFkZWZhdWx0L3JvdXRlVA1lc2-UUONFkkPV',
    ],
    [
      { ...cookie('caller'), untagged: true },
      { callId: 'c'.repeat(2000), callerTag: 'x' },
      'AQIEAhPYCgAABWRlZmF1bHQvcm91dGXYc7EyqpWTEdKqfXc',
    ],
  ] as const)('is written as the pods of earlier releases write it: %j', (sealed, dialog, text) => {
    expect(createCookieSealer([KEY]).seal(sealed, dialog)).toBe(text)
  })

  it('has only characters that a URI parameter may hold (RFC 3261 §25.1)', () => {
    expect(createCookieSealer([KEY]).seal(cookie('caller'), DIALOG)).toMatch(/^[A-Za-z0-9_-]+$/)
  })

  it("finds the caller's tag in From or in To, by who sends", () => {
    const sealer = createCookieSealer([KEY])
    const text = sealer.seal(cookie('backend'), DIALOG)
    expect(sealer.open(text, { callId: 'a@b', fromTag: 'backend', toTag: 'caller' })).toEqual(cookie('backend'))
    expect(sealer.open(text, TAGS)).toBeUndefined()
  })

  it('is good for no other Call-ID and no other tag', () => {
    const sealer = createCookieSealer([KEY])
    const text = sealer.seal(cookie('caller'), DIALOG)
    expect(sealer.open(text, { ...TAGS, callId: 'a@c' })).toBeUndefined()
    expect(sealer.open(text, { ...TAGS, fromTag: 'someone' })).toBeUndefined()
    expect(sealer.open(text, { ...TAGS, fromTag: undefined })).toBeUndefined()
  })

  it('is accepted under a previous key, and made under the current one', () => {
    const rotated = createCookieSealer([KEY, OLD_KEY])
    const old = createCookieSealer([OLD_KEY])
    expect(rotated.open(old.seal(cookie('caller'), DIALOG), TAGS)).toEqual(cookie('caller'))
    expect(old.open(rotated.seal(cookie('caller'), DIALOG), TAGS)).toBeUndefined()
  })

  it('is refused when it is cut or when a single character of it is another', () => {
    const sealer = createCookieSealer([KEY])
    const text = sealer.seal(cookie('caller'), DIALOG)
    const bytes = Buffer.from(text, 'base64url')
    for (let at = 0; at < bytes.length; at++) {
      const changed = Buffer.from(bytes)
      changed[at] = (changed[at] ?? 0) ^ 1
      expect(sealer.open(changed.toString('base64url'), TAGS)).toBeUndefined()
      expect(sealer.open(bytes.subarray(0, at).toString('base64url'), TAGS)).toBeUndefined()
    }
  })

  it('never throws, whatever it is given', () => {
    const sealer = createCookieSealer([KEY])
    fc.assert(fc.property(fc.string({ maxLength: 400 }), (text) => sealer.open(text, TAGS) === undefined))
    expect(sealer.open('A'.repeat(100_000), TAGS)).toBeUndefined()
  })

  it('needs a key, and one of 16 bytes or more', () => {
    expect(() => createCookieSealer([])).toThrow('needs at least one key')
    expect(() => createCookieSealer([Buffer.alloc(15)])).toThrow('at least 16 bytes')
  })
})
