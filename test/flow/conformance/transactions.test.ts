import { describe, expect, it } from '@jest/globals'
import { timeline, viaOf } from '../../support/answered-call.ts'
import { B1, B2, PEER, routeAction, ruleEntry, startHarness, trunkEntry } from '../../support/engine-harness.ts'
import { headerOf, requestText, responseText, statusOf } from '../../support/sip-text.ts'

/** No rule matches it: answered with 503 at once. */
const NOWHERE = 'sip:+4930123456@192.0.2.1'
const TRANSPORTS = ['UDP', 'TCP'] as const
const BRANCH = 'z9hG4bK-caller-1'

/** The ACK to a refusal: the INVITE's branch, the response's To. */
function ackText(refusal: string, change: { via?: string; uri?: string } = {}): string {
  return requestText({ method: 'ACK', uri: NOWHERE, to: headerOf(refusal, 'To')[0] ?? '', ...change })
}

describe('the transaction that a request belongs to', () => {
  it.each([
    ['the same branch with another sent-by host', { via: `SIP/2.0/UDP pbx.example:5060;branch=${BRANCH}` }],
    ['the same branch with another sent-by port', { via: `SIP/2.0/UDP 198.51.100.7:5066;branch=${BRANCH}` }],
    ['another branch', { branch: 'z9hG4bK-caller-2' }],
  ])('X-01: %s is a new request', async (_name, change) => {
    const { network, sentTo } = await startHarness()
    network.deliver(PEER, requestText())
    network.deliver(PEER, requestText(change))
    expect(sentTo(B1)).toHaveLength(2)
  })

  it('X-01: the same branch and sent-by in another case of the host is the same request', async () => {
    const { network, sentTo } = await startHarness()
    network.deliver(PEER, requestText({ via: `SIP/2.0/UDP pbx.example:5060;branch=${BRANCH}` }))
    network.deliver(PEER, requestText({ via: `SIP/2.0/UDP PBX.Example:5060;branch=${BRANCH}` }))
    expect(sentTo(B1)).toHaveLength(1)
  })

  it('X-01: the same branch and sent-by from another address is another request', async () => {
    const { network, sentTo } = await startHarness()
    network.deliver(PEER, requestText())
    network.deliver('198.51.100.8:5060', requestText())
    expect(sentTo(B1)).toHaveLength(2)
  })

  it.each([
    ['a branch without the cookie', ';branch=1'],
    ['the cookie alone as its branch', ';branch=z9hG4bK'],
    ['no branch', ''],
  ])('X-01: a request with %s is matched by the keys of RFC 2543', async (_name, branch) => {
    const { network, sentTo, clock } = await startHarness()
    const invite = { uri: NOWHERE, via: `SIP/2.0/UDP ${PEER}${branch}` }
    network.deliver(PEER, requestText(invite))
    network.deliver(PEER, requestText(invite))
    const [refusal = '', again] = sentTo(PEER)
    expect(again).toBe(refusal)
    network.deliver(PEER, ackText(refusal, invite))
    clock.advance(4_000)
    expect(sentTo(PEER)).toHaveLength(2)
    network.deliver(PEER, requestText({ ...invite, callId: 'other' }))
    network.deliver(PEER, requestText({ ...invite, uri: 'sip:+49301@192.0.2.1' }))
    network.deliver(PEER, requestText({ ...invite, cseq: 2 }))
    network.deliver(PEER, requestText({ ...invite, from: '<sip:+15559876543@198.51.100.7>;tag=other' }))
    network.deliver(PEER, requestText({ ...invite, via: `SIP/2.0/UDP pbx.example${branch}` }))
    expect(sentTo(PEER)).toHaveLength(7)
  })
})

describe('the 100 of an INVITE', () => {
  it('X-02: goes out at once for a call that is routed, with the Timestamp and without a To tag', async () => {
    const { network, packetsTo, sentTo } = await startHarness()
    network.deliver(PEER, requestText({ extra: ['Timestamp: 54.25'] }))
    expect(timeline(packetsTo(PEER))).toEqual(['0 100'])
    const [trying = ''] = sentTo(PEER)
    expect(headerOf(trying, 'Timestamp')).toEqual(['54.25'])
    expect(headerOf(trying, 'To')).toEqual(['<sip:+15551234567@192.0.2.1>'])
  })

  it('X-02: does not go out for a call that is refused', async () => {
    const { network, packetsTo } = await startHarness()
    network.deliver(PEER, requestText({ uri: NOWHERE }))
    expect(timeline(packetsTo(PEER))).toEqual(['0 503'])
  })

  it('X-02: a repeat of the INVITE gets the last provisional response again', async () => {
    const { network, sentTo } = await startHarness()
    network.deliver(PEER, requestText())
    network.deliver(PEER, requestText())
    network.deliver(B1, responseText(sentTo(B1)[0] ?? '', 183))
    network.deliver(PEER, requestText())
    const [trying, tryingAgain, progress, progressAgain] = sentTo(PEER)
    expect(sentTo(PEER).map(statusOf)).toEqual([100, 100, 183, 183])
    expect([tryingAgain, progressAgain]).toEqual([trying, progress])
    expect(sentTo(B1)).toHaveLength(1)
  })
})

describe('a refusal that no ACK has come for', () => {
  const REPEATS = ['0', '0.5', '1.5', '3.5', '7.5', '11.5', '15.5', '19.5', '23.5', '27.5', '31.5']

  it('X-03: is repeated over UDP after T1, doubling up to T2, until 64*T1', async () => {
    const { network, clock, packetsTo, sentTo } = await startHarness()
    network.deliver(PEER, requestText({ uri: NOWHERE }))
    clock.advance(120_000)
    expect(timeline(packetsTo(PEER))).toEqual(REPEATS.map((at) => `${at} 503`))
    expect(new Set(sentTo(PEER)).size).toBe(1)
    expect(clock.pending).toBe(0)
  })

  it('X-03: is sent once over TCP, and its transaction ends at 64*T1', async () => {
    const { network, clock, packetsTo } = await startHarness()
    const invite = requestText({ uri: NOWHERE, via: viaOf('TCP', BRANCH) })
    network.deliver(PEER, invite, 'TCP')
    clock.advance(31_999)
    expect(timeline(packetsTo(PEER))).toEqual(['0 503'])
    expect(clock.pending).toBe(1)
    clock.advance(1)
    expect(clock.pending).toBe(0)
  })

  it('X-03: is not repeated after the ACK over UDP, and repeats of the INVITE are absorbed for T4', async () => {
    const { network, clock, packetsTo, sentTo, calls } = await startHarness()
    const invite = requestText({ uri: NOWHERE })
    network.deliver(PEER, invite)
    clock.advance(700)
    network.deliver(PEER, ackText(sentTo(PEER)[0] ?? ''))
    clock.advance(4_999)
    network.deliver(PEER, invite)
    expect(timeline(packetsTo(PEER))).toEqual(['0 503', '0.5 503'])
    clock.advance(1)
    expect(clock.pending).toBe(0)
    network.deliver(PEER, invite)
    expect(timeline(packetsTo(PEER)).slice(2)).toEqual(['5.7 503'])
    expect(calls()).toHaveLength(2)
  })

  it('X-03: ends its transaction with the ACK over TCP', async () => {
    const { network, clock, sentTo } = await startHarness()
    const via = viaOf('TCP', BRANCH)
    network.deliver(PEER, requestText({ uri: NOWHERE, via }), 'TCP')
    network.deliver(PEER, ackText(sentTo(PEER)[0] ?? '', { via }), 'TCP')
    expect(clock.pending).toBe(0)
  })

  it('X-03: is acknowledged by an ACK of which only the top Via can be read', async () => {
    const { network, clock, packetsTo, sentTo } = await startHarness()
    network.deliver(PEER, requestText({ uri: NOWHERE }))
    network.deliver(PEER, ackText(sentTo(PEER)[0] ?? '').replace(/^CSeq:.*$/m, 'CSeq: none'))
    clock.advance(10_000)
    expect(timeline(packetsTo(PEER))).toEqual(['0 503'])
    expect(clock.pending).toBe(0)
  })

  it('X-03: is not acknowledged by an ACK with another branch', async () => {
    const { network, clock, packetsTo, sentTo } = await startHarness()
    network.deliver(PEER, requestText({ uri: NOWHERE }))
    network.deliver(PEER, ackText(sentTo(PEER)[0] ?? '').replace(BRANCH, `${BRANCH}0`))
    clock.advance(1_000)
    expect(timeline(packetsTo(PEER))).toEqual(['0 503', '0.5 503'])
  })

  it('X-03: is not acknowledged by an ACK from another address, which departs from the text (Z9)', async () => {
    const { network, clock, packetsTo, sentTo } = await startHarness()
    network.deliver(PEER, requestText({ uri: NOWHERE }))
    network.deliver('198.51.100.8:5060', ackText(sentTo(PEER)[0] ?? ''))
    clock.advance(1_000)
    expect(timeline(packetsTo(PEER))).toEqual(['0 503', '0.5 503'])
    network.deliver('198.51.100.7:40000', ackText(sentTo(PEER)[0] ?? ''))
    clock.advance(10_000)
    expect(timeline(packetsTo(PEER))).toEqual(['0 503', '0.5 503'])
  })

  it('X-05: stays in its transaction when it could not be sent', async () => {
    const { network, clock, packetsTo, sentTo } = await startHarness()
    const flow = network.deliver(PEER, requestText())
    flow.failing = true
    network.deliver(B1, responseText(sentTo(B1)[0] ?? '', 486))
    clock.advance(100)
    expect(timeline(packetsTo(PEER))).toEqual(['0 100'])
    flow.failing = false
    network.deliver(PEER, requestText())
    clock.advance(400)
    expect(timeline(packetsTo(PEER))).toEqual(['0 100', '0.1 486', '0.5 486'])
  })
})

describe.each(TRANSPORTS)('the INVITE that a backend gets over %s', (transport) => {
  const onlyB1 = routeAction()
    .backends.slice(0, 1)
    .map((backend) => ({ ...backend, transport }))
  const patient = ruleEntry({ action: { ...routeAction({ backends: onlyB1 }), backendTimeout: 120_000 } })
  const start = () => startHarness({ entries: [trunkEntry(), patient] })

  it('X-07: is repeated over UDP only, and given up at 64*T1', async () => {
    const { network, clock, packetsTo, sentTo } = await start()
    network.deliver(PEER, requestText())
    clock.advance(40_000)
    const repeats = ['0', '0.5', '1.5', '3.5', '7.5', '15.5', '31.5'].map((at) => `${at} INVITE`)
    expect(timeline(packetsTo(B1))).toEqual(transport === 'UDP' ? repeats : ['0 INVITE'])
    expect(new Set(sentTo(B1)).size).toBe(1)
    expect(timeline(packetsTo(PEER)).slice(0, 2)).toEqual(['0 100', '32 503'])
  })

  it('X-07: is not repeated after a provisional response', async () => {
    const { network, clock, packetsTo, sentTo } = await start()
    network.deliver(PEER, requestText())
    clock.advance(600)
    network.deliver(B1, responseText(sentTo(B1)[0] ?? '', 100), transport)
    clock.advance(31_000)
    expect(timeline(packetsTo(B1))).toEqual(transport === 'UDP' ? ['0 INVITE', '0.5 INVITE'] : ['0 INVITE'])
  })

  it('X-07: its transaction outlives a refusal by 32 s over UDP, and not at all over TCP', async () => {
    const { network, clock, sentTo, packetsTo } = await start()
    network.deliver(PEER, requestText())
    const busy = responseText(sentTo(B1)[0] ?? '', 486)
    network.deliver(B1, busy, transport)
    clock.advance(31_999)
    network.deliver(B1, busy, transport)
    clock.advance(1)
    network.deliver(B1, busy, transport)
    expect(timeline(packetsTo(B1))).toEqual(
      transport === 'UDP' ? ['0 INVITE', '0 ACK', '31.999 ACK'] : ['0 INVITE', '0 ACK'],
    )
  })

  it('X-08: its refusal gets an ACK like the INVITE, with the To of the response', async () => {
    const { network, sentTo, packetsTo } = await start()
    network.deliver(PEER, requestText({ extra: ['Require: 100rel', 'X-Tenant: blue'], body: 'v=0' }))
    const [invite = ''] = sentTo(B1)
    network.deliver(B1, responseText(invite, 486), transport)
    const [via = ''] = headerOf(invite, 'Via')
    const ack = [
      `ACK sip:+15551234567@10.0.0.1:5080;transport=${transport.toLowerCase()} SIP/2.0`,
      `Via: ${via}`,
      'Max-Forwards: 70',
      'From: <sip:+15559876543@198.51.100.7>;tag=caller',
      'To: <sip:+15551234567@192.0.2.1>;tag=backend',
      'Call-ID: call-1@198.51.100.7',
      'CSeq: 1 ACK',
      'Content-Length: 0',
      '',
      '',
    ]
    expect(sentTo(B1)[1]?.split('\r\n')).toEqual(ack)
    expect(packetsTo(B1)[1]?.transport).toBe(transport)
  })

  it('X-08: its refusal is acknowledged again at each repeat over UDP, and goes up once', async () => {
    const { network, sentTo } = await start()
    network.deliver(PEER, requestText({ via: viaOf('TCP', BRANCH) }), 'TCP')
    const busy = responseText(sentTo(B1)[0] ?? '', 486)
    network.deliver(B1, busy, transport)
    network.deliver(B1, busy, transport)
    const acks = sentTo(B1).slice(1)
    expect(acks).toHaveLength(transport === 'UDP' ? 2 : 1)
    expect(new Set(acks).size).toBe(1)
    expect(sentTo(PEER).map(statusOf)).toEqual([100, 486])
  })

  it('X-09: every 2xx to it goes up for 64*T1, and none is acknowledged', async () => {
    const { network, clock, sentTo, packetsTo } = await start()
    network.deliver(PEER, requestText())
    const ok = responseText(sentTo(B1)[0] ?? '', 200)
    for (const pause of [500, 1_000, 30_499, 1]) {
      network.deliver(B1, ok, transport)
      clock.advance(pause)
    }
    network.deliver(B1, ok, transport)
    expect(timeline(packetsTo(PEER))).toEqual(['0 100', '0 200', '0.5 200', '1.5 200', '31.999 200'])
    expect(sentTo(B1)).toHaveLength(1)
    expect(sentTo(B2)).toEqual([])
  })

  it('X-09: 2xx of two user agents behind it both go up', async () => {
    const { network, sentTo } = await start()
    network.deliver(PEER, requestText())
    const [invite = ''] = sentTo(B1)
    network.deliver(B1, responseText(invite, 200, { toTag: 'one' }), transport)
    network.deliver(B1, responseText(invite, 200, { toTag: 'two' }), transport)
    const tags = sentTo(PEER).map((text) => headerOf(text, 'To')[0]?.split(';tag=')[1])
    expect(tags).toEqual([undefined, 'one', 'two'])
  })
})
