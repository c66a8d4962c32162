import { describe, expect, it } from '@jest/globals'
import { HEADER } from '../../../../../ingress/sip/message/header-name.ts'
import { parseMessage } from '../../../../../ingress/sip/message/parse-message.ts'
import { SipMessage } from '../../../../../ingress/sip/message/sip-message.ts'
import { inviteText, parsed } from '../../../../support/parsed-message.ts'

describe('the index of a message', () => {
  it('finds rows by id in order and says -1 behind the last', () => {
    const message = parsed(inviteText(['v: SIP/2.0/UDP b.example', 'Via: SIP/2.0/UDP c.example']))
    const first = message.first(HEADER.via)
    const second = message.next(HEADER.via, first)
    const third = message.next(HEADER.via, second)
    expect([message.value(second), message.value(third)]).toEqual(['SIP/2.0/UDP b.example', 'SIP/2.0/UDP c.example'])
    expect(message.next(HEADER.via, third)).toBe(-1)
    expect(message.first(HEADER.reason)).toBe(-1)
  })

  it('points at names, values and line ends', () => {
    const message = parsed(inviteText(['X-Tenant  :\t blue \t']))
    const row = message.first(HEADER.other)
    const text = message.bytes.toString('latin1')
    expect(message.nameText(row)).toBe('X-Tenant')
    expect(text.slice(message.valueStart(row), message.valueEnd(row))).toBe('blue')
    expect(text.slice(message.lineStart(row), message.lineEnd(row))).toBe('X-Tenant  :\t blue \t\r\n')
    expect(message.requestUri()).toBe('sip:+15551234567@203.0.113.1:5060')
  })

  it('reads a folded value with each fold as one space (RFC 3261 §7.3.1)', () => {
    const message = parsed(inviteText(['Subject: one  \r\n\t two\r\n three\r\n ']))
    expect(message.value(message.first(HEADER.subject))).toBe('one two three')
  })

  it('splits the lines of a list header and no others', () => {
    const message = parsed(
      inviteText([
        'Route: <sip:a.example;lr>, "b, c" <sip:b,b.example>',
        'ROUTE: <sip:c.example>',
        'Authorization: Digest username="a", realm="b"',
        'Date: Thu, 19 Nov 2026 10:11:12 GMT',
        'X-Tenant: blue, green',
      ]),
    )
    expect(message.values('route')).toEqual(['<sip:a.example;lr>', '"b, c" <sip:b,b.example>', '<sip:c.example>'])
    expect(message.values('Authorization')).toEqual(['Digest username="a", realm="b"'])
    expect(message.values('Date')).toEqual(['Thu, 19 Nov 2026 10:11:12 GMT'])
    expect(message.values('x-TENANT')).toEqual(['blue, green'])
    expect(message.values('X-Other')).toEqual([])
  })

  it('gives the same values for compact and long names', () => {
    const message = parsed(inviteText(['k: timer', 'Supported: path, 100rel']))
    expect(message.values('K')).toEqual(['timer', 'path', '100rel'])
    expect(message.values('supported')).toEqual(message.values('k'))
  })

  it('keeps a copy that the next packet in the same buffer does not change', () => {
    const text = inviteText(['X-Tenant: blue'])
    const bytes = Buffer.from(`\r\n\r\n${text}behind`, 'latin1')
    const scratch = new SipMessage()
    expect(parseMessage(scratch, bytes, 0, bytes.length)).toBeUndefined()
    const kept = scratch.keep()
    const before = { value: scratch.value(scratch.first(HEADER.other)), uri: scratch.requestUri() }
    bytes.fill(0)
    parseMessage(scratch, Buffer.from('OPTIONS sip:x SIP/2.0\r\n\r\n'), 0, 25)
    expect(kept.bytes.toString('latin1', kept.start, kept.end)).toBe(text)
    expect({ value: kept.value(kept.first(HEADER.other)), uri: kept.requestUri() }).toEqual(before)
    expect([kept.start, kept.end, kept.headerCount, kept.method]).toEqual([0, text.length, 9, 'INVITE'])
    expect(kept.bytes.toString('latin1', kept.bodyStart, kept.bodyEnd)).toBe('v=0\r\n')
  })

  it('keeps every line of a copy where it is in the copy', () => {
    const scratch = new SipMessage()
    const text = inviteText(['X-Tenant: blue'])
    const bytes = Buffer.from(`padding${text}`, 'latin1')
    parseMessage(scratch, bytes, 7, text.length)
    const kept = scratch.keep()
    for (let row = 0; row < kept.headerCount; row++) {
      expect(kept.lineStart(row)).toBe(scratch.lineStart(row) - 7)
      expect(kept.lineEnd(row)).toBe(scratch.lineEnd(row) - 7)
      expect([kept.id(row), kept.value(row)]).toEqual([scratch.id(row), scratch.value(row)])
    }
    expect([kept.headersStart, kept.headersEnd]).toEqual([scratch.headersStart - 7, scratch.headersEnd - 7])
  })
})
