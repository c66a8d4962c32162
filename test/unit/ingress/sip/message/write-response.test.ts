import { describe, expect, it } from '@jest/globals'
import { HEADER } from '../../../../../ingress/sip/message/header-name.ts'
import { parseMessage } from '../../../../../ingress/sip/message/parse-message.ts'
import { SipMessage } from '../../../../../ingress/sip/message/sip-message.ts'
import { viaWithSource, writeResponse } from '../../../../../ingress/sip/message/write-response.ts'
import { inviteText, parsed } from '../../../../support/parsed-message.ts'

const refusal = { status: 503, reason: 'Service Unavailable' }

function requestWith(via: string): SipMessage {
  return parsed(`OPTIONS sip:a SIP/2.0\r\n${via}\r\nVia: SIP/2.0/UDP below;rport\r\n\r\n`)
}

function markedVia(via: string, source: { received?: string; rport?: number }): string {
  const message = requestWith(via)
  return viaWithSource(message, message.first(HEADER.via), source)
}

describe('a response', () => {
  it('copies Via, From, To, Call-ID and CSeq and adds the To tag (RFC 3261 §8.2.6.2)', () => {
    const request = parsed(inviteText(['v: SIP/2.0/UDP second, SIP/2.0/UDP third', 'Timestamp: 5']))
    const source = { received: '203.0.113.10', rport: 5060 }
    const written = writeResponse(request, { ...refusal, ...source, toTag: 't1', extra: 'Warning: 399 h "x"\r\n' })
    expect(written.toString('latin1')).toBe(
      [
        'SIP/2.0 503 Service Unavailable',
        'Via: SIP/2.0/UDP 203.0.113.10:5060;rport=5060;branch=z9hG4bKPj3a2f1c9d;received=203.0.113.10',
        'v: SIP/2.0/UDP second, SIP/2.0/UDP third',
        'From: "Alice" <sip:+14155550100@carrier.example>;tag=as58f4201b',
        'To: <sip:+15551234567@203.0.113.1:5060>;tag=t1',
        'Call-ID: 3848276298220188511@203.0.113.10',
        'CSeq: 102 INVITE',
        'Warning: 399 h "x"',
        'Content-Length: 0',
        '',
        '',
      ].join('\r\n'),
    )
  })

  it('leaves a To tag that is there as it is', () => {
    const request = parsed(inviteText().replace('To: <sip:+15551234567@203.0.113.1:5060>', 'To: <sip:a@h>;tag=theirs'))
    expect(writeResponse(request, { ...refusal, toTag: 't1' }).toString()).toContain('\r\nTo: <sip:a@h>;tag=theirs\r\n')
  })

  it('has no tag where none is given, and Timestamp only in a 100 (RFC 3261 §8.2.6.1)', () => {
    const request = parsed(inviteText(['Timestamp: 5']))
    const trying = writeResponse(request, { status: 100, reason: 'Trying' }).toString()
    expect(trying).toContain('\r\nTo: <sip:+15551234567@203.0.113.1:5060>\r\n')
    expect(trying).toContain('\r\nTimestamp: 5\r\n')
    expect(writeResponse(request, refusal).toString()).not.toContain('Timestamp')
  })

  it('copies folded and compact headers as they are', () => {
    const text =
      'OPTIONS sip:a SIP/2.0\r\nv:SIP/2.0/UDP\r\n h\r\nf: a;tag=1\r\nt :\r\n b\r\ni:c\r\nCSEQ: 1\r\n OPTIONS\r\n\r\n'
    expect(writeResponse(parsed(text), refusal).toString()).toBe(
      'SIP/2.0 503 Service Unavailable\r\nv:SIP/2.0/UDP\r\n h\r\nf: a;tag=1\r\nt :\r\n b\r\ni:c\r\nCSEQ: 1\r\n OPTIONS\r\nContent-Length: 0\r\n\r\n',
    )
  })

  it('is well-formed even to a request that is not, with what that request has', () => {
    const bytes = Buffer.from('INVITE sip:a SIP/2.0\nVia: SIP/2.0/UDP h;;,\nTo: b\nbad\n\n')
    const request = new SipMessage()
    expect(parseMessage(request, bytes, 0, bytes.length)?.status).toBe(400)
    const written = writeResponse(request, { status: 400, reason: 'Bad Request', toTag: 't', received: '192.0.2.1' })
    expect(written.toString()).toBe(
      'SIP/2.0 400 Bad Request\r\nVia: SIP/2.0/UDP h;;;received=192.0.2.1,\r\nTo: b;tag=t\r\nContent-Length: 0\r\n\r\n',
    )
  })

  it('marks the top Via and only that', () => {
    const request = requestWith('Via: SIP/2.0/UDP h;rport;branch=b')
    const written = writeResponse(request, { ...refusal, received: '192.0.2.1', rport: 7 }).toString()
    expect(written).toContain(
      'Via: SIP/2.0/UDP h;rport=7;branch=b;received=192.0.2.1\r\nVia: SIP/2.0/UDP below;rport\r\n',
    )
  })
})

describe('the source in the top Via (RFC 3261 §18.2.1, RFC 3581 §4)', () => {
  it.each([
    ['Via: SIP/2.0/UDP h', {}, 'Via: SIP/2.0/UDP h'],
    ['Via: SIP/2.0/UDP h;rport', { rport: 7 }, 'Via: SIP/2.0/UDP h;rport=7'],
    ['Via: SIP/2.0/UDP h', { received: '192.0.2.1', rport: 7 }, 'Via: SIP/2.0/UDP h;received=192.0.2.1;rport=7'],
    ['Via: SIP/2.0/UDP h;received=x;rport=1;a', { received: 'y', rport: 2 }, 'Via: SIP/2.0/UDP h;received=y;rport=2;a'],
    ['Via: SIP/2.0/UDP h;rport=1;received=x', { received: 'y', rport: 2 }, 'Via: SIP/2.0/UDP h;rport=2;received=y'],
    ['Via: SIP/2.0/UDP h; RPORT ;a=b', { rport: 2 }, 'Via: SIP/2.0/UDP h;rport=2;a=b'],
    ['Via: SIP/2.0/UDP h;x=";rport";rported', { rport: 2 }, 'Via: SIP/2.0/UDP h;x=";rport";rported;rport=2'],
    ['v: SIP/2.0/UDP h;rport , SIP/2.0/UDP i;rport', { rport: 2 }, 'v: SIP/2.0/UDP h;rport=2, SIP/2.0/UDP i;rport'],
    ['Via: SIP/2.0/UDP h', { received: '2001:db8::1' }, 'Via: SIP/2.0/UDP h;received=2001:db8::1'],
  ])('%j with %j becomes %j', (via, source, line) => {
    expect(markedVia(via, source)).toBe(`${line}\r\n`)
  })

  it('has no line to stand in without a Via', () => {
    expect(viaWithSource(parsed('OPTIONS sip:a SIP/2.0\r\n\r\n'), -1, { rport: 1 })).toBe('')
  })
})
