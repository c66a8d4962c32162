import { describe, expect, it } from '@jest/globals'
import { parseIpAddress } from '../../../ingress/address/ip-address.ts'
import { answerCall, timeline } from '../../support/answered-call.ts'
import { B1, B2, PEER, ruleEntry, STRANGER, startHarness, trunkEntry } from '../../support/engine-harness.ts'
import { headerOf, methodOf, requestText, responseText, statusOf } from '../../support/sip-text.ts'

/** No rule matches it: answered with 503 at once. */
const NOWHERE = 'sip:+4930123456@192.0.2.1'

/** Where the 503 to a request with this top Via goes, and the Via that it carries. */
async function refusalOf(via: string, transport: 'UDP' | 'TCP' = 'UDP') {
  const { network } = await startHarness()
  network.deliver('198.51.100.7:40000', requestText({ uri: NOWHERE, via }), transport)
  return network.sent.map((packet) => ({ to: packet.to, via: headerOf(packet.text, 'Via') }))
}

describe('the top Via of a request', () => {
  it('T-02: received is added where sent-by is a name', async () => {
    const [response] = await refusalOf('SIP/2.0/UDP pbx.example:5066;branch=z9hG4bK-1')
    expect(response?.via).toEqual(['SIP/2.0/UDP pbx.example:5066;branch=z9hG4bK-1;received=198.51.100.7'])
  })

  it('T-02: received is added where sent-by is another address, and replaces one that the sender wrote', async () => {
    const [response] = await refusalOf('SIP/2.0/UDP 10.9.9.9:5066;received=203.0.113.99;branch=z9hG4bK-1')
    expect(response?.via).toEqual(['SIP/2.0/UDP 10.9.9.9:5066;received=198.51.100.7;branch=z9hG4bK-1'])
  })

  it('T-02: a sent-by that is the source is left as it is', async () => {
    const [response] = await refusalOf('SIP/2.0/UDP 198.51.100.7:5066;branch=z9hG4bK-1')
    expect(response?.via).toEqual(['SIP/2.0/UDP 198.51.100.7:5066;branch=z9hG4bK-1'])
  })

  it.each(['UDP', 'TCP'] as const)(
    'T-02: an empty rport is filled and received added even if equal, over %s',
    async (transport) => {
      const [response] = await refusalOf(`SIP/2.0/${transport} 198.51.100.7:5066;rport;branch=z9hG4bK-1`, transport)
      const filled = `SIP/2.0/${transport} 198.51.100.7:5066;rport=40000;branch=z9hG4bK-1;received=198.51.100.7`
      expect(response?.via).toEqual([filled])
    },
  )

  it('T-02: what is recorded goes on to the backend', async () => {
    const { network, sentTo } = await startHarness()
    network.deliver('198.51.100.7:40000', requestText({ via: 'SIP/2.0/UDP pbx.example;rport;branch=z9hG4bK-1' }))
    const [, lower] = headerOf(sentTo(B1)[0] ?? '', 'Via')
    expect(lower).toBe('SIP/2.0/UDP pbx.example;rport=40000;branch=z9hG4bK-1;received=198.51.100.7')
  })
})

/** Ways to write a source into one's own Via: nobody's word but ours may stand there. */
const CLAIMS: readonly (readonly [string, string])[] = [
  ['received', ';received=203.0.113.99'],
  ['received in capitals', ';RECEIVED=203.0.113.99'],
  ['received with white space', ' ; received = 203.0.113.99'],
  ['received on a folded line', ';\r\n received\r\n\t=203.0.113.99'],
  ['received in quotes', ';received="203.0.113.99"'],
  ['received without a value', ';received'],
  ['received as an address of IPv6', ';received=2001:db8::99'],
  ['rport with a value', ';rport=5999'],
  ['both', ';received=203.0.113.99;rport=5999'],
  ['both, the other way round', ' ;rport=5999 ;branch=z9hG4bK-1; Received=203.0.113.99'],
]

const SENDER = '198.51.100.7:40000'

/** The parameters of a Via that say where its request came from. */
function sourcesIn(via = ''): string[] {
  return Array.from(via.matchAll(/;\s*((?:received|rport)\b[^;,]*)/gi), ([, parameter = '']) =>
    parameter.replaceAll(/\s/g, '').toLowerCase(),
  ).toSorted()
}

/** What must stand in its place. */
function truth(claim: string): string[] {
  return /rport/.test(claim) ? ['received=198.51.100.7', 'rport=40000'] : ['received=198.51.100.7']
}

describe.each(['UDP', 'TCP'] as const)('what a sender over %s writes of its own source', (transport) => {
  const viaWith = (claim: string, branch = 'z9hG4bK-1') =>
    `SIP/2.0/${transport} ${SENDER}${claim.includes('branch') ? '' : `;branch=${branch}`}${claim}`

  it.each(CLAIMS)('T-02: %s is replaced in a refusal', async (_what, claim) => {
    const [response] = await refusalOf(viaWith(claim), transport)
    expect(sourcesIn(response?.via[0])).toEqual(truth(claim))
  })

  it.each(CLAIMS)(
    'T-02: %s is replaced in every response to a call and in the request that goes on',
    async (_what, claim) => {
      const { network, sentTo } = await startHarness()
      const invite = requestText({ via: viaWith(claim) })
      network.deliver(SENDER, invite, transport)
      const forwarded = sentTo(B1)[0] ?? ''
      expect(sourcesIn(forwarded.split('\r\nVia: ')[2]?.split(/\r\n(?![ \t])/)[0])).toEqual(truth(claim))
      network.deliver(B1, responseText(forwarded, 486))
      network.deliver(SENDER, invite, transport)
      const vias = network.sent.filter(({ to }) => to === SENDER || to === '198.51.100.7:5060')
      expect(vias.map(({ text }) => statusOf(text))).toEqual([100, 486, 486])
      for (const { text } of vias) {
        expect(sourcesIn(text.replaceAll(/\r\n[ \t]/g, ' ').match(/^Via: (.*)$/m)?.[1])).toEqual(truth(claim))
      }
    },
  )

  it.each(['BYE', 'ACK', 'INFO', 'INVITE'] as const)('T-02: is replaced in a %s inside a dialog', async (method) => {
    const harness = await startHarness()
    const { inDialog } = answerCall(harness)
    const via = viaWith(';received=203.0.113.99;rport=5999', 'z9hG4bK-2')
    harness.network.deliver(
      SENDER,
      requestText({ ...inDialog, method, cseq: method === 'ACK' ? 1 : 2, via }),
      transport,
    )
    const forwarded = harness.sentTo(B1).at(-1) ?? ''
    expect(methodOf(forwarded)).toBe(method)
    expect(sourcesIn(headerOf(forwarded, 'Via')[1])).toEqual(truth('rport'))
  })

  it.each([
    ['a header that cannot be read', (text: string) => text.replace('Max-Forwards: 70', 'Max-Forwards: x')],
    ['a parameter that stands twice', (text: string) => text.replace(/^(Via: .*)$/m, '$1;Received=203.0.113.98;rport')],
    ['a Via that cannot be read', (text: string) => text.replace(/^(Via: .*)$/m, '$1;;x')],
    ['a wrong line break', (text: string) => text.replace('\r\nMax', '\nMax')],
    ['another version', (text: string) => text.replace('SIP/2.0\r\n', 'SIP/3.0\r\n')],
  ])('T-02: is replaced in the answer to a request with %s', async (_what, change) => {
    const { network } = await startHarness()
    network.deliver(SENDER, change(requestText({ via: viaWith(';received=203.0.113.99;rport=5999') })), transport)
    const [answer] = network.sent
    expect(statusOf(answer?.text ?? '')).toBeGreaterThanOrEqual(400)
    const sources = sourcesIn(headerOf(answer?.text ?? '', 'Via')[0])
    expect(sources).toContain('received=198.51.100.7')
    expect(sources.filter((source) => !truth('rport').includes(source))).toEqual([])
    expect(sources).toEqual([...new Set(sources)])
  })
})

it('T-02: a source of IPv6 replaces what its sender claims', async () => {
  const address = parseIpAddress('2001:db8::1')
  if (!address) throw new Error('an address')
  const entries = [trunkEntry({ sources: ['2001:db8::/32'] }), ruleEntry()]
  const { network } = await startHarness({ entries, engine: { listen: [{ transport: 'UDP', address, port: 5060 }] } })
  const via = 'SIP/2.0/UDP [2001:db8::7]:5066;received=203.0.113.99;rport=1;branch=z9hG4bK-1'
  network.deliver('[2001:db8::7]:40000', requestText({ uri: NOWHERE, via }))
  expect(network.sent.map(({ text }) => headerOf(text, 'Via'))).toEqual([
    ['SIP/2.0/UDP [2001:db8::7]:5066;received=2001:db8::7;rport=40000;branch=z9hG4bK-1'],
  ])
})

it('T-02: the next ingress that trusts this one sees the source and not the claim', async () => {
  const first = await startHarness()
  first.network.deliver(PEER, requestText({ via: `SIP/2.0/UDP ${PEER};branch=z9hG4bK-1;received=203.0.113.99` }))
  const entries = [trunkEntry({ sources: ['203.0.113.0/24'], trustedProxies: ['192.0.2.1'] }), ruleEntry()]
  const second = await startHarness({ entries })
  second.network.deliver('192.0.2.1:5060', first.sentTo(B1)[0] ?? '')
  expect(second.network.sent.map(({ text }) => statusOf(text))).toEqual([403])
})

describe('the way back of a response', () => {
  it.each([
    ['with rport to the source port', 'SIP/2.0/UDP 198.51.100.7:5066;rport;branch=z9hG4bK-1', '198.51.100.7:40000'],
    ['without rport to the port of sent-by', 'SIP/2.0/UDP 198.51.100.7:5066;branch=z9hG4bK-1', '198.51.100.7:5066'],
    ['without any port to 5060', 'SIP/2.0/UDP pbx.example;branch=z9hG4bK-1', '198.51.100.7:5060'],
  ])('T-03: a UDP response goes to the source address, %s', async (_name, via, to) => {
    expect((await refusalOf(via)).map((response) => response.to)).toEqual([to])
  })

  it('T-03: a maddr in the Via is ignored, which departs from the text: it would reflect (Z10)', async () => {
    const responses = await refusalOf('SIP/2.0/UDP 198.51.100.7:5066;maddr=203.0.113.99;branch=z9hG4bK-1')
    expect(responses.map((response) => response.to)).toEqual(['198.51.100.7:5066'])
  })

  it('T-03: a UDP response leaves from the address and port that took the request', async () => {
    const address = parseIpAddress('192.0.2.1')
    if (!address) throw new Error('an address')
    const listen = [5060, 5070].map((port) => ({ transport: 'UDP' as const, address, port }))
    const { network } = await startHarness({ engine: { listen } })
    network.deliver(PEER, requestText({ uri: NOWHERE, branch: 'z9hG4bK-1' }), 'UDP', '192.0.2.1:5070')
    network.deliver(PEER, requestText({ uri: NOWHERE, branch: 'z9hG4bK-2' }), 'UDP', '192.0.2.1:5060')
    expect(network.sent.map((packet) => packet.from)).toEqual(['192.0.2.1:5070', '192.0.2.1:5060'])
  })

  it('T-04: a response goes over the connection of its request, whatever sent-by says', async () => {
    expect(await refusalOf('SIP/2.0/TCP 198.51.100.7:5066;branch=z9hG4bK-1', 'TCP')).toMatchObject([
      { to: '198.51.100.7:40000' },
    ])
  })

  it.each([
    ['198.51.100.7:5066', 'the port of sent-by', '198.51.100.7:5066'],
    ['pbx.example', '5060 where it has none', '198.51.100.7:5060'],
  ])(
    'T-04: once the connection of %s is closed, a new one is opened to the source at %s',
    async (sentBy, _port, to) => {
      const { network, sentTo } = await startHarness()
      const via = `SIP/2.0/TCP ${sentBy};branch=z9hG4bK-1`
      const flow = network.deliver('198.51.100.7:40000', requestText({ via }), 'TCP')
      flow.open = false
      network.deliver(B1, responseText(sentTo(B1)[0] ?? '', 486))
      expect(network.sent.filter((packet) => statusOf(packet.text) === 486)).toMatchObject([{ transport: 'TCP', to }])
    },
  )

  it('T-04: no connection is opened to a source that nobody knows, which departs from the text: it would reflect (Z10)', async () => {
    const harness = await startHarness()
    const { network, sentTo } = harness
    const { inDialog } = answerCall(harness)
    const via = `SIP/2.0/TCP ${STRANGER};branch=z9hG4bK-bye`
    const flow = network.deliver(STRANGER, requestText({ method: 'BYE', cseq: 2, ...inDialog, via }), 'TCP')
    const bye = sentTo(B1).at(-1) ?? ''
    expect(bye).toMatch(/^BYE /)
    flow.open = false
    network.deliver(B1, responseText(bye, 200))
    expect(sentTo(STRANGER)).toEqual([])
  })
})

describe('a response from a backend', () => {
  it.each([
    ['host', '10.66.66.66:5060'],
    ['port', '192.0.2.1:5099'],
  ])('T-05: is dropped where the %s of its top sent-by is not ours', async (_part, sentBy) => {
    const { network, sentTo, events } = await startHarness()
    network.deliver(PEER, requestText())
    const forged = responseText(sentTo(B1)[0] ?? '', 200).replace('192.0.2.1:5060', sentBy)
    network.deliver(B1, forged)
    expect(sentTo(PEER).map(statusOf)).toEqual([100])
    expect(events).toContainEqual(
      expect.objectContaining({ type: 'dropped', reason: 'no_transaction', method: 'response' }),
    )
  })
})

describe('a request that is large', () => {
  /** As long as makes the forwarded INVITE `bytes` long, our Via and Record-Route included. */
  async function invitePadded(bytes: number): Promise<string> {
    const { network, sentTo } = await startHarness()
    const padded = (padding: number) => requestText({ extra: [`X-Padding: ${'x'.repeat(padding)}`] })
    network.deliver(PEER, padded(1))
    return padded(1 + bytes - (sentTo(B1)[0] ?? '').length)
  }

  it('T-06: goes over UDP up to 1300 bytes, what we add included', async () => {
    const { network, packetsTo } = await startHarness()
    network.deliver(PEER, await invitePadded(1300))
    expect(packetsTo(B1)).toMatchObject([{ transport: 'UDP' }])
    expect(packetsTo(B1)[0]?.text).toHaveLength(1300)
  })

  it('T-06: goes over TCP above 1300 bytes, and says so in its Via', async () => {
    const { network, packetsTo } = await startHarness()
    network.deliver(PEER, await invitePadded(1301))
    expect(packetsTo(B1)).toMatchObject([{ transport: 'TCP' }])
    expect(headerOf(packetsTo(B1)[0]?.text ?? '', 'Via')[0]).toMatch(/^SIP\/2\.0\/TCP 192\.0\.2\.1:5060;branch=z9hG4bK/)
  })

  it('T-06: is tried over UDP where TCP is refused, as another branch', async () => {
    const { network, clock, packetsTo, sentTo } = await startHarness()
    network.refuse(B1, ['TCP'])
    network.deliver(PEER, await invitePadded(1301))
    const [first, second] = packetsTo(B1)
    expect([first?.transport, second]).toEqual(['TCP', undefined])
    clock.advance(0)
    const datagram = packetsTo(B1)[1]
    expect(datagram).toMatchObject({ transport: 'UDP', at: 0 })
    const [via = ''] = headerOf(datagram?.text ?? '', 'Via')
    expect(via).toMatch(/^SIP\/2\.0\/UDP /)
    expect(via).not.toBe(headerOf(first?.text ?? '', 'Via')[0]?.replace('TCP', 'UDP'))
    network.deliver(B1, responseText(datagram?.text ?? '', 486))
    expect(sentTo(PEER).map(statusOf)).toEqual([100, 486])
    expect(sentTo(B2)).toEqual([])
  })

  it('T-06: goes to the next backend where neither transport gets through', async () => {
    const { network, clock, packetsTo } = await startHarness()
    network.refuse(B1)
    network.deliver(PEER, await invitePadded(1301))
    clock.advance(0)
    expect(packetsTo(B1).map((packet) => packet.transport)).toEqual(['TCP', 'UDP'])
    expect(packetsTo(B2)).toMatchObject([{ transport: 'TCP', at: 0 }])
  })
})

describe('a backend that cannot be reached', () => {
  it('T-10: fails its branch at once, and the next backend is tried', async () => {
    const { network, clock, packetsTo } = await startHarness()
    network.refuse(B1)
    network.deliver(PEER, requestText())
    clock.advance(1)
    expect(timeline(packetsTo(B1))).toEqual(['0 INVITE'])
    expect(timeline(packetsTo(B2))).toEqual(['0 INVITE'])
  })

  it('T-10: ends the call at once where no backend is left', async () => {
    const { network, clock, packetsTo, calls } = await startHarness()
    network.refuse(B1)
    network.refuse(B2)
    network.deliver(PEER, requestText())
    clock.advance(1)
    expect(timeline(packetsTo(PEER))).toEqual(['0 100', '0 503'])
    expect(calls()).toMatchObject([{ outcome: 'no_backend', status: 503 }])
  })

  it('T-10: fails a request inside a dialog at once', async () => {
    const harness = await startHarness()
    const { network, clock, packetsTo } = harness
    const { inDialog } = answerCall(harness)
    network.refuse(B1)
    network.deliver(PEER, requestText({ method: 'BYE', branch: 'z9hG4bK-bye', cseq: 2, ...inDialog }))
    clock.advance(1)
    expect(timeline(packetsTo(PEER))).toEqual(['0 100', '0 200', '0 500'])
  })
})
