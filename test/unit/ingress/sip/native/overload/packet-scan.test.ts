import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { createPacketScan, scanPacket } from '../../../../../../ingress/sip/native/overload/packet-scan.ts'
import { type RequestText, requestText } from '../../../../../support/sip-text.ts'

const TO = '<sip:+15551234567@192.0.2.1>'

function classOf(text: string): string {
  const bytes = Buffer.from(text, 'latin1')
  return scanPacket(createPacketScan(), bytes, 0, bytes.length)
}

describe('the class of a packet', () => {
  it.each<[string, string, RequestText]>([
    ['an INVITE', 'new-invite', {}],
    ['an INVITE with a tag in the display name only', 'new-invite', { to: `"a;tag=b" ${TO}` }],
    ['an INVITE with a tag in the URI only', 'new-invite', { to: '<sip:a@b;tag=c>' }],
    ['an INVITE with an empty tag', 'new-invite', { to: `${TO};tag=` }],
    ['an INVITE with a To tag', 'begun', { to: `${TO};tag=b` }],
    ['an INVITE with a To tag after a fold', 'begun', { to: `${TO}\r\n ;tag=b` }],
    ['an INVITE with a To tag in upper case', 'begun', { to: `${TO};TAG=b` }],
    ['a BYE', 'begun', { method: 'BYE', to: `${TO};tag=b` }],
    ['a BYE without a To tag', 'begun', { method: 'BYE' }],
    ['a method that nobody knows', 'begun', { method: 'HELLO' }],
    ['a CANCEL', 'cancel', { method: 'CANCEL' }],
    ['an ACK', 'ack', { method: 'ACK', to: `${TO};tag=b` }],
    ['OPTIONS', 'outside', { method: 'OPTIONS' }],
    ['OPTIONS of a dialog', 'begun', { method: 'OPTIONS', to: `${TO};tag=b` }],
    ['a REGISTER', 'outside', { method: 'REGISTER' }],
    ['a method in lower case', 'begun', { method: 'invite' }],
  ])('of %s is %s', (_, expected, change) => {
    expect(classOf(requestText(change))).toBe(expected)
  })

  it.each([
    ['new-invite', 't: <sip:a@b>'],
    ['begun', 't: <sip:a@b>;tag=c'],
    ['begun', 't : <sip:a@b>\r\n\t;\r\n tag = c'],
  ])('is %s for the compact form %j', (expected, line) => {
    expect(classOf(requestText().replace(/^To:.*$/m, line))).toBe(expected)
  })

  it('is found for every damaged message', () => {
    const text = requestText({ to: `"x" ${TO};tag=b` })
    const cut = fc.tuple(fc.nat(text.length), fc.nat(text.length), fc.string({ unit: 'binary' }))
    fc.assert(
      fc.property(cut, ([from, length, instead]) => {
        const damaged = text.slice(0, from) + instead + text.slice(from + length)
        expect(['begun', 'new-invite', 'cancel', 'ack', 'outside']).toContain(classOf(damaged))
      }),
    )
  })
})
