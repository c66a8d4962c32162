import { describe, expect, it } from '@jest/globals'
import type { TransportName } from '../../../ingress/sip/port/engine.ts'
import { answerCall, timeline, viaOf } from '../../support/answered-call.ts'
import { B1, type Harness, PEER, startHarness } from '../../support/engine-harness.ts'
import { headerOf, methodOf, requestText, responseText, statusOf } from '../../support/sip-text.ts'

const TRANSPORTS = ['UDP', 'TCP'] as const

/** A call that was answered at 0 s, and its BYE, not sent yet. */
async function callWithBye(transport: TransportName = 'UDP') {
  const harness = await startHarness()
  const { inDialog } = answerCall(harness, transport)
  const bye = requestText({ method: 'BYE', cseq: 2, ...inDialog, via: viaOf(transport, 'z9hG4bK-bye') })
  const invites = harness.sentTo(B1).length
  const responses = harness.sentTo(PEER).length
  return {
    ...harness,
    bye,
    sendBye: () => harness.network.deliver(PEER, bye, transport),
    atBackend: () => harness.packetsTo(B1).slice(invites),
    atCaller: () => timeline(harness.packetsTo(PEER).slice(responses)),
  }
}

function openings(harness: Pick<Harness, 'engine'>): number {
  return harness.engine.openTransactions
}

describe.each(TRANSPORTS)('an INVITE over %s that was answered with 200', (transport) => {
  const invite = requestText({ via: viaOf(transport, 'z9hG4bK-caller-1') })

  it('X-04: absorbs its repeats for 64*T1', async () => {
    const harness = await startHarness()
    const { network, clock, sentTo } = harness
    answerCall(harness, transport)
    const before = network.sent.length
    for (const pause of [500, 31_499]) {
      network.deliver(PEER, invite, transport)
      clock.advance(pause)
    }
    network.deliver(PEER, invite, transport)
    expect(network.sent).toHaveLength(before)
    expect(sentTo(B1)).toHaveLength(1)
    clock.advance(1)
    expect(openings(harness)).toBe(0)
    network.deliver(PEER, invite, transport)
    expect(sentTo(B1)).toHaveLength(2)
  })

  it('X-04: its 200 is repeated by the backend only', async () => {
    const harness = await startHarness()
    const { network, clock, sentTo } = harness
    const call = answerCall(harness, transport)
    clock.advance(5_000)
    expect(sentTo(PEER).map(statusOf)).toEqual([100, 200])
    network.deliver(B1, responseText(call.invite, 200, { extra: [`Contact: <sip:agent@${B1}>`] }))
    expect(sentTo(PEER)[2]).toBe(call.ok)
  })

  it.each(['z9hG4bK-ack', 'z9hG4bK-caller-1'])(
    'X-04: the ACK to its 200 with branch %s is passed on',
    async (branch) => {
      const harness = await startHarness()
      const { network, sentTo } = harness
      const { inDialog } = answerCall(harness, transport)
      network.deliver(PEER, requestText({ method: 'ACK', ...inDialog, via: viaOf(transport, branch) }), transport)
      expect(sentTo(B1).map(methodOf)).toEqual(['INVITE', 'ACK'])
    },
  )
})

describe('a BYE', () => {
  it.each(TRANSPORTS)('X-06: over %s, a repeat that comes before the answer is dropped', async (transport) => {
    const { sendBye, atBackend, atCaller } = await callWithBye(transport)
    sendBye()
    sendBye()
    expect(timeline(atBackend())).toEqual(['0 BYE'])
    expect(atCaller()).toEqual([])
  })

  it('X-06: a repeat that comes after the answer gets it again, for 64*T1 over UDP', async () => {
    const { sendBye, atBackend, atCaller, network, clock } = await callWithBye()
    sendBye()
    network.deliver(B1, responseText(atBackend()[0]?.text ?? '', 200))
    clock.advance(31_999)
    sendBye()
    expect(atCaller()).toEqual(['0 200', '31.999 200'])
    clock.advance(1)
    sendBye()
    expect(timeline(atBackend())).toEqual(['0 BYE', '32 BYE'])
  })

  it('X-06: over TCP its transaction ends with the answer', async () => {
    const { sendBye, atBackend, atCaller, network } = await callWithBye('TCP')
    sendBye()
    network.deliver(B1, responseText(atBackend()[0]?.text ?? '', 200))
    sendBye()
    expect(atCaller()).toEqual(['0 200'])
    expect(timeline(atBackend())).toEqual(['0 BYE', '0 BYE'])
  })

  it('X-10: is repeated towards a silent backend after T1, doubling up to T2, for 64*T1', async () => {
    const { sendBye, atBackend, clock } = await callWithBye()
    sendBye()
    clock.advance(60_000)
    const repeats = ['0', '0.5', '1.5', '3.5', '7.5', '11.5', '15.5', '19.5', '23.5', '27.5', '31.5']
    expect(timeline(atBackend())).toEqual(repeats.map((at) => `${at} BYE`))
  })

  it('X-10: is repeated every T2 after a provisional response', async () => {
    const { sendBye, atBackend, network, clock } = await callWithBye()
    sendBye()
    clock.advance(100)
    network.deliver(B1, responseText(atBackend()[0]?.text ?? '', 100))
    clock.advance(13_000)
    expect(timeline(atBackend())).toEqual(['0 BYE', '0.5 BYE', '4.5 BYE', '8.5 BYE', '12.5 BYE'])
  })

  it('X-10: absorbs repeats of the answer for T4 after it, and goes up once', async () => {
    const { sendBye, atBackend, atCaller, network, clock, events } = await callWithBye()
    const strays = () => events.filter((event) => event.type === 'dropped' && event.reason === 'no_transaction').length
    sendBye()
    const ok = responseText(atBackend()[0]?.text ?? '', 200)
    network.deliver(B1, ok)
    clock.advance(4_999)
    network.deliver(B1, ok)
    expect(strays()).toBe(0)
    clock.advance(1)
    network.deliver(B1, ok)
    expect(strays()).toBe(1)
    expect(atCaller()).toEqual(['0 200'])
  })

  it.each(TRANSPORTS)('X-13: over %s, gets no provisional response of the backend', async (transport) => {
    const { sendBye, atBackend, atCaller, network, clock } = await callWithBye(transport)
    sendBye()
    const [bye] = atBackend()
    network.deliver(B1, responseText(bye?.text ?? '', 100))
    network.deliver(B1, responseText(bye?.text ?? '', 183))
    clock.advance(3_499)
    expect(atCaller()).toEqual([])
  })

  it.each(TRANSPORTS)(
    'X-13: over %s, gets a 100 of ours when there is no answer by the time that Timer E reaches T2',
    async (transport) => {
      const { sendBye, atBackend, atCaller, network, clock } = await callWithBye(transport)
      sendBye()
      clock.advance(3_500)
      expect(atCaller()).toEqual(['3.5 100'])
      clock.advance(500)
      network.deliver(B1, responseText(atBackend()[0]?.text ?? '', 200))
      expect(atCaller()).toEqual(['3.5 100', '4 200'])
    },
  )

  it('X-13: gets no 100 where it was answered before', async () => {
    const { sendBye, atBackend, atCaller, network, clock } = await callWithBye()
    sendBye()
    clock.advance(3_000)
    network.deliver(B1, responseText(atBackend()[0]?.text ?? '', 200))
    clock.advance(10_000)
    expect(atCaller()).toEqual(['3 200'])
  })

  it.each(TRANSPORTS)('X-14: over %s, gets no final response where the backend never answers', async (transport) => {
    const call = await callWithBye(transport)
    call.sendBye()
    call.clock.advance(120_000)
    expect(call.atCaller()).toEqual(['3.5 100'])
    expect(openings(call)).toBe(0)
  })

  it('X-14: gets no 408 that a backend sends', async () => {
    const { sendBye, atBackend, atCaller, network } = await callWithBye()
    sendBye()
    network.deliver(B1, responseText(atBackend()[0]?.text ?? '', 408))
    sendBye()
    expect(atCaller()).toEqual([])
  })
})

describe('a response from a backend', () => {
  it.each([180, 200, 486])('X-11: a %s that matches no transaction is not forwarded', async (status) => {
    const harness = await startHarness()
    const { network, clock, sentTo, events } = harness
    network.deliver(PEER, requestText())
    const stray = responseText(sentTo(B1)[0] ?? '', status).replace(/branch=z9hG4bK\S+?\./, 'branch=z9hG4bKsd.gone')
    network.deliver(B1, stray)
    clock.advance(100)
    expect(sentTo(PEER).map(statusOf)).toEqual([100])
    expect(events).toContainEqual(expect.objectContaining({ type: 'dropped', reason: 'no_transaction' }))
  })

  it('X-11: a 200 that comes after its transaction has ended is not forwarded', async () => {
    const harness = await startHarness()
    const { network, clock } = harness
    const call = answerCall(harness)
    clock.advance(32_000)
    const before = network.sent.length
    network.deliver(B1, responseText(call.invite, 200))
    expect(network.sent).toHaveLength(before)
  })

  it('X-12: a 200 to the CANCEL is no answer to the INVITE', async () => {
    const { network, sentTo } = await startHarness()
    network.deliver(PEER, requestText())
    const [invite = ''] = sentTo(B1)
    network.deliver(B1, responseText(invite, 180))
    network.deliver(PEER, requestText({ method: 'CANCEL' }))
    const cancel = sentTo(B1)[1] ?? ''
    expect(headerOf(cancel, 'Via')).toEqual(headerOf(invite, 'Via').slice(0, 1))
    network.deliver(B1, responseText(cancel, 200))
    expect(sentTo(PEER).map(statusOf)).toEqual([100, 180, 200])
    network.deliver(B1, responseText(invite, 183))
    network.deliver(B1, responseText(invite, 487))
    expect(sentTo(PEER).map(statusOf)).toEqual([100, 180, 200, 487])
  })
})
