import { describe, expect, it } from '@jest/globals'
import type { CallSource } from '../../ingress/call/call-events.ts'
import { judgedSourceText } from '../../ingress/lookup/judged-source.ts'
import { PEER, ruleEntry, startHarness, trunkEntry } from '../support/engine-harness.ts'
import { type RequestText, requestText } from '../support/sip-text.ts'

const PROXY = '10.8.8.8'
const SECOND_PROXY = '10.8.8.9'
const CARRIER = '198.51.100.7'
const STRANGER = '203.0.113.9'
const NOWHERE = 'sip:+4930123456@192.0.2.1'

const EDGE = trunkEntry({ trustedProxies: [PROXY, SECOND_PROXY], called: [{ type: 'prefix', value: '+' }] })

/** Who sent the packet and who was judged, as log lines name them. */
function named({ address, judged }: CallSource): readonly [string, string | undefined] {
  return [address.text, judged && judgedSourceText(judged)]
}

/** Everything that was told of one request of the proxy, with these Vias below its own. */
async function told(below: readonly string[], change: RequestText = {}, trunks = [EDGE]) {
  const { network, events, sentTo } = await startHarness({ entries: [...trunks, ruleEntry()] })
  const via = [`SIP/2.0/UDP ${PROXY}:5060;branch=z9hG4bK-p`, ...below].join(', ')
  network.deliver(`${PROXY}:5060`, requestText({ via, uri: NOWHERE, ...change }))
  const sourced = events.flatMap((event) => ('source' in event ? [{ type: event.type, who: named(event.source) }] : []))
  return { sourced, events, answers: sentTo(`${PROXY}:5060`).length }
}

const NONE = 'none: no Via stands below that of the proxy'
const UNREADABLE = 'unreadable: the Via below that of the proxy names no address'
const AMBIGUOUS = 'ambiguous: the Via below that of the proxy says something twice'

describe('a call behind a trusted proxy is told with the proxy and with whom it was judged by', () => {
  it.each([
    ['an admitted carrier', [`SIP/2.0/UDP h;received=${CARRIER}`], CARRIER],
    ['a carrier behind a second proxy', [`SIP/2.0/UDP ${SECOND_PROXY}`, `SIP/2.0/UDP ${CARRIER}`], CARRIER],
    ['a stranger, refused', [`SIP/2.0/UDP ${CARRIER};received=${STRANGER}`], STRANGER],
    ['a stranger behind a second proxy', [`SIP/2.0/UDP ${SECOND_PROXY}`, `SIP/2.0/UDP ${STRANGER}`], STRANGER],
    ['a stranger in front of the carrier', [`SIP/2.0/UDP ${STRANGER}`, `SIP/2.0/UDP ${CARRIER}`], STRANGER],
    ['a second proxy that names nobody', [`SIP/2.0/UDP ${SECOND_PROXY}`], SECOND_PROXY],
    ['an address of IPv6', ['SIP/2.0/UDP [2001:db8::7]:5060'], '2001:db8::7'],
    ['nobody', [], NONE],
    ['a name', ['SIP/2.0/UDP sbc.example'], UNREADABLE],
    ['what is no Via', ['SIP/2.0/UDP [fe80::1%25eth0]'], UNREADABLE],
    ['an address in a comment', [`SIP/2.0/UDP ${STRANGER};x=(;received=${CARRIER};)`], UNREADABLE],
    ['an empty received', [`SIP/2.0/UDP ${CARRIER};received`], UNREADABLE],
    ['two received', [`SIP/2.0/UDP h;received=${CARRIER};received=${STRANGER}`], AMBIGUOUS],
    ['two received in two spellings', [`SIP/2.0/UDP h;received=${CARRIER};rece%69ved=${STRANGER}`], AMBIGUOUS],
  ])('%s', async (_who, below, judged) => {
    const { sourced } = await told(below)
    expect(sourced).toEqual([{ type: 'call', who: [PROXY, judged] }])
  })

  it.each([
    ['Max-Forwards that is none', { maxForwards: 999 }],
    ['Max-Forwards at its end', { maxForwards: 0 }],
    ['an extension', { extra: ['Proxy-Require: x'] }],
    ['a To header twice', { extra: ['To: <sip:b@h>'] }],
  ])('also where it cannot be used: %s', async (_why, change) => {
    const { sourced } = await told([`SIP/2.0/UDP ${CARRIER}`], change)
    expect(sourced).toEqual([{ type: 'call', who: [PROXY, CARRIER] }])
  })

  it('also where it almost was a call of the trunk', async () => {
    const called = [{ type: 'prefix', value: '+1555' }] as const
    const { sourced } = await told([`SIP/2.0/UDP ${CARRIER}`], {}, [trunkEntry({ trustedProxies: [PROXY], called })])
    expect(sourced.toSorted((a, b) => a.type.localeCompare(b.type))).toEqual([
      { type: 'call', who: [PROXY, CARRIER] },
      { type: 'near-miss', who: [PROXY, CARRIER] },
    ])
  })

  it.each([
    ['an ACK of nothing', { method: 'ACK' }],
    ['an ACK that cannot be read', { method: 'ACK', maxForwards: 999 }],
  ])('also where a packet is dropped: %s', async (_what, change) => {
    const { sourced, answers } = await told([`SIP/2.0/UDP ${CARRIER}`], change)
    expect([sourced, answers]).toEqual([[{ type: 'dropped', who: [PROXY, CARRIER] }], 0])
  })

  it('names the source by which the trunk of the call has judged, where another trusts another chain', async () => {
    const near = trunkEntry({
      name: 'default/near',
      sources: [`${SECOND_PROXY}/32`],
      trustedProxies: [PROXY],
      createdAt: 0,
    })
    const below = [`SIP/2.0/UDP ${SECOND_PROXY}`, `SIP/2.0/UDP ${CARRIER}`]
    expect((await told(below, {}, [near])).sourced).toEqual([{ type: 'call', who: [PROXY, SECOND_PROXY] }])
    expect((await told(below, {}, [near, EDGE])).events).toMatchObject([{ trunk: 'default/carrier' }])
    expect((await told(below, {}, [near, EDGE])).sourced).toEqual([{ type: 'call', who: [PROXY, CARRIER] }])
  })
})

describe('a call that comes by itself', () => {
  it('is told with its source alone, whatever its Vias say', async () => {
    const { network, events } = await startHarness({ entries: [EDGE, ruleEntry()] })
    network.deliver(PEER, requestText({ uri: NOWHERE, extra: [`Via: SIP/2.0/UDP ${STRANGER}`] }))
    network.deliver(`${STRANGER}:5060`, requestText({ extra: [`Via: SIP/2.0/UDP ${CARRIER}`] }))
    const sources = events.flatMap((event) => ('source' in event ? [named(event.source)] : []))
    expect(sources).toEqual([
      [CARRIER, undefined],
      [STRANGER, undefined],
      [STRANGER, undefined],
    ])
  })
})
