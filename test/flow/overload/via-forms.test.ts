/** An INVITE is known again, and answered to the right place, in every form of its Via. */
import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { MAX_INVITE_WAIT_MS } from '../../../ingress/sip/native/overload/limits.ts'
import { PEER, ruleEntry, trunkEntry } from '../../support/engine-harness.ts'
import { startOverloaded } from '../../support/overloaded-engine.ts'
import { headerOf, requestText, statusOf } from '../../support/sip-text.ts'

const NAT = '198.51.100.7:40000'

/** The Via as it comes, and as the 503 has it. */
const FORMS: readonly (readonly [string, string])[] = [
  ['SIP/2.0/UDP 198.51.100.7:5060;branch=z9hG4bK-a', 'SIP/2.0/UDP 198.51.100.7:5060;branch=z9hG4bK-a'],
  ['SIP/2.0/UDP 198.51.100.7;branch=z9hG4bK-a', 'SIP/2.0/UDP 198.51.100.7;branch=z9hG4bK-a'],
  [
    'SIP/2.0/UDP 198.51.100.7:5060;rport;branch=z9hG4bK-a;x=y',
    'SIP/2.0/UDP 198.51.100.7:5060;rport=40000;branch=z9hG4bK-a;x=y;received=198.51.100.7',
  ],
  [
    'SIP/2.0/UDP Edge.Example.COM:5060 ; branch = z9hG4bK-a, SIP/2.0/UDP 10.0.0.9;branch=z9hG4bK-b',
    'SIP/2.0/UDP Edge.Example.COM:5060 ; branch = z9hG4bK-a;received=198.51.100.7, SIP/2.0/UDP 10.0.0.9;branch=z9hG4bK-b',
  ],
  [
    'SIP/2.0/UDP 198.51.100.70:5060;branch=z9hG4bK-a\r\nVia: SIP/2.0/UDP 10.0.0.9;branch=z9hG4bK-b',
    'SIP/2.0/UDP 198.51.100.70:5060;branch=z9hG4bK-a;received=198.51.100.7',
  ],
]

describe.each(FORMS)('an INVITE with Via %j', (via, answered) => {
  it('that is shed is answered to where the Via asks for it', async () => {
    const harness = await startOverloaded()
    harness.fallBehind()
    harness.network.deliver(NAT, requestText({ via }))
    harness.clock.advance(MAX_INVITE_WAIT_MS + 1)
    harness.catchUp()
    const [packet] = harness.network.sent
    expect(statusOf(packet?.text ?? '')).toBe(503)
    expect(packet?.to).toBe(via.includes('rport') ? NAT : PEER)
    expect(headerOf(packet?.text ?? '', 'Via')[0]).toBe(answered)
  })

  it('that was accepted is known again, and is not shed', async () => {
    const harness = await startOverloaded()
    harness.network.deliver(NAT, requestText({ via }))
    harness.fallBehind()
    harness.network.deliver(NAT, requestText({ via }))
    harness.clock.advance(MAX_INVITE_WAIT_MS + 1)
    harness.catchUp()
    const statuses = harness.network.sent.map(({ text }) => statusOf(text)).filter((status) => status !== 0)
    expect(statuses).toEqual([100, 100])
  })
})

describe('an INVITE that is shed', () => {
  it('gets its 503 over IPv6', async () => {
    const entries = [trunkEntry({ sources: ['2001:db8::/32'] }), ruleEntry()]
    const harness = await startOverloaded({ entries })
    harness.fallBehind()
    const via = 'SIP/2.0/UDP [2001:db8::7]:5060;branch=z9hG4bK-a'
    harness.network.deliver('[2001:db8::7]:5060', requestText({ via }))
    harness.clock.advance(MAX_INVITE_WAIT_MS + 1)
    harness.catchUp()
    const [packet] = harness.network.sent
    expect(packet?.to).toBe('[2001:db8::7]:5060')
    expect(headerOf(packet?.text ?? '', 'Via')).toEqual([via])
  })

  it('may have headers in compact form and in any order', async () => {
    const harness = await startOverloaded()
    harness.fallBehind()
    const text = [
      'INVITE sip:+15551234567@192.0.2.1 SIP/2.0',
      'i: call-1',
      't:\r\n <sip:+15551234567@192.0.2.1>',
      'CSEQ: 1 INVITE',
      'f: <sip:+15559876543@198.51.100.7>;tag=caller',
      'v: SIP/2.0/UDP 198.51.100.7;branch=z9hG4bK-c',
      'l: 0\r\n\r\n',
    ].join('\r\n')
    harness.network.deliver(PEER, text)
    harness.clock.advance(MAX_INVITE_WAIT_MS + 1)
    harness.catchUp()
    const [answer = ''] = harness.sentTo(PEER)
    expect(answer.replace(/tag=[0-9a-f]{16}/, 'tag=OURS').split('\r\n')).toEqual([
      'SIP/2.0 503 Service Unavailable',
      'i: call-1',
      't:',
      ' <sip:+15551234567@192.0.2.1>;tag=OURS',
      'CSEQ: 1 INVITE',
      'f: <sip:+15559876543@198.51.100.7>;tag=caller',
      'v: SIP/2.0/UDP 198.51.100.7;branch=z9hG4bK-c',
      'Warning: 399 192.0.2.1:5060 "over_limit overload"',
      'Content-Length: 0',
      '',
      '',
    ])
  })
})

describe('a process that is behind', () => {
  it('is not broken by damaged messages, and answers no stranger', async () => {
    const harness = await startOverloaded()
    harness.fallBehind()
    const text = requestText({ via: 'SIP/2.0/UDP 203.0.113.99:5060;branch=z9hG4bK-a;rport' })
    const damage = fc.tuple(fc.nat(text.length), fc.nat(12), fc.string({ unit: 'binary', maxLength: 8 }))
    fc.assert(
      fc.property(damage, fc.constantFrom(PEER, '203.0.113.99:5060'), ([from, length, instead], sender) => {
        harness.network.deliver(sender, text.slice(0, from) + instead + text.slice(from + length))
      }),
    )
    harness.clock.advance(MAX_INVITE_WAIT_MS + 1)
    harness.catchUp()
    expect(harness.sentTo('203.0.113.99:5060')).toEqual([])
    expect(harness.events.filter(({ type }) => type === 'fault')).toEqual([])
  })
})
