import { describe, expect, it } from '@jest/globals'
import { answerCall, timeline, viaOf } from '../../support/answered-call.ts'
import { B1, B2, type Harness, PEER, startHarness } from '../../support/engine-harness.ts'
import { headerOf, methodOf, requestText, responseText, statusOf } from '../../support/sip-text.ts'

describe('interaction 8', () => {
  it('interaction 8: the ACK to a refusal stops here, and the backend gets ours', async () => {
    const { network, sentTo } = await startHarness()
    network.deliver(PEER, requestText())
    network.deliver(B1, responseText(sentTo(B1)[0] ?? '', 486))
    const [invite = '', ack = ''] = sentTo(B1)
    expect(headerOf(ack, 'Via')).toEqual(headerOf(invite, 'Via').slice(0, 1))
    network.deliver(PEER, requestText({ method: 'ACK', to: headerOf(sentTo(PEER)[1] ?? '', 'To')[0] ?? '' }))
    expect(sentTo(B1).map(methodOf)).toEqual(['INVITE', 'ACK'])
  })

  it('interaction 8: the ACK to a 200 passes with a branch of our own', async () => {
    const harness = await startHarness()
    const { network, sentTo } = harness
    const { inDialog } = answerCall(harness)
    network.deliver(PEER, requestText({ method: 'ACK', branch: 'z9hG4bK-ack', ...inDialog }))
    const [ours, caller] = headerOf(sentTo(B1)[1] ?? '', 'Via')
    expect(ours).toMatch(/^SIP\/2\.0\/UDP 192\.0\.2\.1:5060;branch=z9hG4bK/)
    expect(caller).toBe(`SIP/2.0/UDP ${PEER};branch=z9hG4bK-ack`)
  })

  it('interaction 8: an ACK that matches neither a transaction nor a cookie is dropped', async () => {
    const { network, events } = await startHarness()
    network.deliver(PEER, requestText({ method: 'ACK' }))
    network.deliver(PEER, requestText({ method: 'ACK', to: '<sip:+15551234567@192.0.2.1>;tag=backend' }))
    expect(network.sent).toEqual([])
    expect(events).toMatchObject([
      { type: 'dropped', reason: 'no_transaction', method: 'ACK' },
      { type: 'dropped', reason: 'no_transaction', method: 'ACK' },
    ])
  })
})

describe('interaction 10', () => {
  async function callOverTcp() {
    const harness = await startHarness()
    const flow = harness.network.deliver(PEER, requestText({ via: viaOf('TCP', 'z9hG4bK-caller-1') }), 'TCP')
    return { ...harness, flow, invite: harness.sentTo(B1)[0] ?? '' }
  }

  it('interaction 10: a connection that closes before the response does not cancel the backend, and is opened again', async () => {
    const { network, clock, flow, invite, packetsTo, sentTo, calls } = await callOverTcp()
    network.deliver(B1, responseText(invite, 180))
    flow.open = false
    clock.advance(1_000)
    expect(sentTo(B1).map(methodOf)).toEqual(['INVITE'])
    network.deliver(B1, responseText(invite, 200))
    expect(timeline(packetsTo(PEER))).toEqual(['0 100', '0 180', '1 200'])
    expect(calls()).toMatchObject([{ outcome: 'forwarded', status: 200 }])
  })

  it('interaction 10: a response that no new connection can carry is lost, and nothing else', async () => {
    const { network, clock, flow, invite, packetsTo, sentTo, events, engine } = await callOverTcp()
    network.refuse(PEER)
    flow.open = false
    network.deliver(B1, responseText(invite, 486))
    clock.advance(1)
    expect(timeline(packetsTo(PEER))).toEqual(['0 100', '0 486'])
    expect(events).toContainEqual(expect.objectContaining({ type: 'fault', code: 'response-not-sent' }))
    expect(sentTo(B1).map(methodOf)).toEqual(['INVITE', 'ACK'])
    clock.advance(64_000)
    expect(packetsTo(PEER)).toHaveLength(2)
    expect(engine.openTransactions).toBe(0)
  })

  it('interaction 10: the connection of a call is held until its final response', async () => {
    const { network, flow, invite } = await callOverTcp()
    network.deliver(B1, responseText(invite, 180))
    expect(flow.held).toBe(1)
    network.deliver(B1, responseText(invite, 486))
    expect(flow.held).toBe(0)
  })

  it.each([
    [
      'is answered',
      (harness: Harness) => harness.network.deliver(B1, responseText(harness.sentTo(B1).at(-1) ?? '', 200)),
    ],
    ['has had its time', (harness: Harness) => harness.clock.advance(32_000)],
  ])('interaction 10: the connection of a request inside a call is held until that %s', async (_how, ends) => {
    const harness = await startHarness()
    const { inDialog } = answerCall(harness)
    const bye = requestText({ method: 'BYE', cseq: 2, ...inDialog, via: viaOf('TCP', 'z9hG4bK-bye') })
    const flow = harness.network.deliver(PEER, bye, 'TCP')
    expect(flow.held).toBe(1)
    ends(harness)
    expect(flow.held).toBe(0)
  })

  it('interaction 10: the connection of a request inside a call that cannot be passed on is let go', async () => {
    const harness = await startHarness()
    const { inDialog } = answerCall(harness)
    harness.network.refuse(B1)
    const bye = requestText({ method: 'BYE', cseq: 2, ...inDialog, via: viaOf('TCP', 'z9hG4bK-bye') })
    const flow = harness.network.deliver(PEER, bye, 'TCP')
    harness.clock.advance(1)
    expect(harness.sentTo(PEER).map(statusOf).at(-1)).toBe(500)
    expect(flow.held).toBe(0)
  })
})

describe('interaction 13', () => {
  it('interaction 13: a CANCEL that reaches another pod gets 481, an ACK nothing, and a repeat of the INVITE is a second call', async () => {
    const first = await startHarness()
    const second = await startHarness()
    first.network.deliver(PEER, requestText())
    second.network.deliver(PEER, requestText({ method: 'CANCEL' }))
    second.network.deliver(PEER, requestText({ method: 'ACK', to: '<sip:+15551234567@192.0.2.1>;tag=backend' }))
    expect(second.sentTo(PEER).map(statusOf)).toEqual([481])
    second.network.deliver(PEER, requestText())
    expect([first.sentTo(B1).length, second.sentTo(B1).length]).toEqual([1, 1])
  })
})

describe('interaction 14', () => {
  it('interaction 14: a backend that rings too long is cancelled, and the caller gets 408 instead of its 487', async () => {
    const { network, clock, packetsTo, sentTo, calls, engine } = await startHarness()
    network.deliver(PEER, requestText())
    const [invite = ''] = sentTo(B1)
    clock.advance(1_000)
    network.deliver(B1, responseText(invite, 180))
    clock.advance(100_000)
    network.deliver(B1, responseText(invite, 180))
    clock.advance(20_000)
    expect(timeline(packetsTo(B1))).toEqual(['0 INVITE', '0.5 INVITE', '121 CANCEL'])
    network.deliver(B1, responseText(invite, 487))
    expect(timeline(packetsTo(PEER))).toEqual(['0 100', '1 180', '101 180', '121 408'])
    expect(sentTo(B2)).toEqual([])
    expect(calls()).toMatchObject([{ status: 408, backend: `sip:${B1}` }])
    clock.advance(64_000)
    expect(engine.openTransactions).toBe(0)
    expect(clock.pending).toBe(0)
  })

  it('interaction 14: the 408 goes out after 64*T1 where the backend does not react to the CANCEL', async () => {
    const { network, clock, packetsTo, sentTo } = await startHarness()
    network.deliver(PEER, requestText())
    network.deliver(B1, responseText(sentTo(B1)[0] ?? '', 180))
    clock.advance(152_000)
    expect(timeline(packetsTo(PEER))).toEqual(['0 100', '0 180', '152 408'])
  })
})
