import { describe, expect, it } from '@jest/globals'
import { answerCall, timeline, viaOf } from '../../support/answered-call.ts'
import { B1, B2, type HarnessOptions, PEER, STRANGER, startHarness } from '../../support/engine-harness.ts'
import { headerOf, methodOf, requestText, responseText, statusOf } from '../../support/sip-text.ts'

const TRANSPORTS = ['UDP', 'TCP'] as const
const BRANCH = 'z9hG4bK-caller-1'
const CANCEL = requestText({ method: 'CANCEL' })

/** A call that has reached B1, and B1's INVITE. */
async function callAtB1(options: HarnessOptions = {}, invite = requestText()) {
  const harness = await startHarness(options)
  harness.network.deliver(PEER, invite)
  const [atB1 = ''] = harness.sentTo(B1)
  return { ...harness, invite: atB1, caller: () => timeline(harness.packetsTo(PEER)) }
}

function toTag(message: string | undefined): string | undefined {
  return headerOf(message ?? '', 'To')[0]?.split(';tag=')[1]
}

describe.each(TRANSPORTS)('a CANCEL over %s of a call that rings', (transport) => {
  async function ringing() {
    const harness = await startHarness()
    const via = viaOf(transport, BRANCH)
    harness.network.deliver(PEER, requestText({ via }), transport)
    const [invite = ''] = harness.sentTo(B1)
    harness.network.deliver(B1, responseText(invite, 180))
    const cancel = () => harness.network.deliver(PEER, requestText({ method: 'CANCEL', via }), transport)
    return { ...harness, invite, cancel }
  }

  it('C-01: gets 200 at once, the backend gets a CANCEL, and its 487 goes up', async () => {
    const { network, clock, cancel, invite, packetsTo, sentTo, calls } = await ringing()
    clock.advance(1_000)
    cancel()
    expect(timeline(packetsTo(PEER))).toEqual(['0 100', '0 180', '1 200'])
    expect(headerOf(sentTo(PEER)[2] ?? '', 'CSeq')).toEqual(['1 CANCEL'])
    expect(timeline(packetsTo(B1))).toEqual(['0 INVITE', '1 CANCEL'])
    clock.advance(20)
    network.deliver(B1, responseText(sentTo(B1)[1] ?? '', 200))
    network.deliver(B1, responseText(invite, 487))
    expect(timeline(packetsTo(PEER)).slice(3)).toEqual(['1.02 487'])
    expect(toTag(sentTo(PEER)[3])).toBe('backend')
    expect(sentTo(B1).map(methodOf)).toEqual(['INVITE', 'CANCEL', 'ACK'])
    expect(calls()).toMatchObject([{ outcome: 'cancelled', status: 487 }])
  })

  it('C-04: repeated, gets the same 200 again, and the backend no second CANCEL', async () => {
    const { network, cancel, invite, sentTo } = await ringing()
    cancel()
    const [, , ok] = sentTo(PEER)
    // RFC 3261 §17.2.2: over TCP the transaction ends with its response, so a repeat is a new CANCEL of the same INVITE.
    cancel()
    network.deliver(B1, responseText(invite, 487))
    cancel()
    const answers = sentTo(PEER).slice(2)
    expect(answers.map(statusOf)).toEqual([200, 200, 487, 200])
    expect([answers[1], answers[3]]).toEqual([ok, ok])
    expect(sentTo(B1).map(methodOf)).toEqual(['INVITE', 'CANCEL', 'ACK'])
  })
})

describe('a CANCEL', () => {
  it('C-01: and a 487 of our own carry one To tag', async () => {
    const { network, clock, invite, sentTo, caller } = await callAtB1()
    network.deliver(B1, responseText(invite, 100))
    network.deliver(PEER, CANCEL)
    network.deliver(B1, responseText(invite, 503))
    clock.advance(0)
    expect(caller()).toEqual(['0 100', '0 200', '0 487'])
    const [, ok, terminated] = sentTo(PEER)
    expect(toTag(ok)).toMatch(/^[\w-]{8,}$/)
    expect(toTag(terminated)).toBe(toTag(ok))
  })

  it('C-02: waits for a provisional response of its branch, and the INVITE goes on being repeated', async () => {
    const { network, clock, invite, packetsTo, caller } = await callAtB1()
    clock.advance(100)
    network.deliver(PEER, CANCEL)
    clock.advance(900)
    expect(timeline(packetsTo(B1))).toEqual(['0 INVITE', '0.5 INVITE'])
    network.deliver(B1, responseText(invite, 180))
    expect(timeline(packetsTo(B1))).toEqual(['0 INVITE', '0.5 INVITE', '1 CANCEL'])
    expect(caller()).toEqual(['0 100', '0.1 200'])
    network.deliver(B1, responseText(invite, 487))
    expect(caller()).toEqual(['0 100', '0.1 200', '1 487'])
  })

  it('C-02: that waits goes out with a 100 too', async () => {
    const { network, invite, packetsTo } = await callAtB1()
    network.deliver(PEER, CANCEL)
    network.deliver(B1, responseText(invite, 100))
    expect(timeline(packetsTo(B1))).toEqual(['0 INVITE', '0 CANCEL'])
  })

  it('C-02: never goes out where the backend answers with a final response', async () => {
    const { network, invite, sentTo, caller } = await callAtB1()
    network.deliver(PEER, CANCEL)
    network.deliver(B1, responseText(invite, 486))
    expect(sentTo(B1).map(methodOf)).toEqual(['INVITE', 'ACK'])
    expect(caller()).toEqual(['0 100', '0 200', '0 486'])
  })

  it('C-02: never goes out where the backend turns out to be unreachable, and the call ends with 487', async () => {
    const harness = await startHarness()
    const { network, clock, packetsTo, sentTo } = harness
    network.refuse(B1)
    network.deliver(PEER, requestText())
    network.deliver(PEER, CANCEL)
    clock.advance(1)
    expect(timeline(packetsTo(PEER))).toEqual(['0 100', '0 200', '0 487'])
    expect([sentTo(B1).map(methodOf), sentTo(B2)]).toEqual([['INVITE'], []])
  })

  it('C-03: of ours is like the INVITE, without Require and body, to the same place', async () => {
    const request = requestText({
      extra: ['Require: 100rel', 'Proxy-Authorization: Digest x="y"'],
      body: 'v=0',
      cseq: 7,
    })
    const { network, invite, sentTo, packetsTo } = await callAtB1({}, request)
    network.deliver(B1, responseText(invite, 180))
    network.deliver(PEER, requestText({ method: 'CANCEL', cseq: 7 }))
    const cancel = [
      'CANCEL sip:+15551234567@10.0.0.1:5080 SIP/2.0',
      `Via: ${headerOf(invite, 'Via')[0] ?? ''}`,
      'Max-Forwards: 70',
      'From: <sip:+15559876543@198.51.100.7>;tag=caller',
      'To: <sip:+15551234567@192.0.2.1>',
      'Call-ID: call-1@198.51.100.7',
      'CSeq: 7 CANCEL',
      'Content-Length: 0',
      '',
      '',
    ]
    expect(sentTo(B1)[1]?.split('\r\n')).toEqual(cancel)
    expect(packetsTo(B1).map((packet) => [packet.transport, packet.from])).toEqual([
      ['UDP', '192.0.2.1:5060'],
      ['UDP', '192.0.2.1:5060'],
    ])
  })

  it('C-03: of a re-INVITE carries its Route', async () => {
    const harness = await startHarness()
    const { network, sentTo } = harness
    const { inDialog } = answerCall(harness)
    const reInvite = { branch: 'z9hG4bK-again', cseq: 2, ...inDialog }
    reInvite.extra = [...(inDialog.extra ?? []), `Route: <sip:${B1};lr>, <sip:10.0.0.9;lr>`]
    network.deliver(PEER, requestText(reInvite))
    const invite = sentTo(B1)[1] ?? ''
    network.deliver(B1, responseText(invite, 180))
    network.deliver(PEER, requestText({ method: 'CANCEL', ...reInvite }))
    const cancel = sentTo(B1)[2] ?? ''
    expect(headerOf(cancel, 'Route')).toEqual([`<sip:${B1};lr>, <sip:10.0.0.9;lr>`])
    expect(headerOf(cancel, 'Route')).toEqual(headerOf(invite, 'Route'))
    expect(headerOf(cancel, 'To')).toEqual(headerOf(invite, 'To'))
    expect(cancel.split(' ')[1]).toBe(invite.split(' ')[1])
  })

  it('C-04: of ours is repeated over UDP until it is answered', async () => {
    const { network, clock, invite, packetsTo, sentTo } = await callAtB1()
    network.deliver(B1, responseText(invite, 180))
    network.deliver(PEER, CANCEL)
    clock.advance(1_600)
    network.deliver(B1, responseText(sentTo(B1)[1] ?? '', 200))
    clock.advance(10_000)
    expect(timeline(packetsTo(B1))).toEqual(['0 INVITE', '0 CANCEL', '0.5 CANCEL', '1.5 CANCEL'])
  })

  it('C-05: after a final response of ours gets 200 and has no effect', async () => {
    const { network, sentTo } = await startHarness()
    const nowhere = 'sip:+4930123456@192.0.2.1'
    network.deliver(PEER, requestText({ uri: nowhere }))
    network.deliver(PEER, requestText({ method: 'CANCEL', uri: nowhere }))
    expect(sentTo(PEER).map(statusOf)).toEqual([503, 200])
    expect(toTag(sentTo(PEER)[1])).toBe(toTag(sentTo(PEER)[0]))
  })

  it('C-05: after a final response of the backend gets 200 and has no effect', async () => {
    const { network, invite, sentTo, calls } = await callAtB1()
    network.deliver(B1, responseText(invite, 486))
    network.deliver(PEER, CANCEL)
    expect(sentTo(PEER).map(statusOf)).toEqual([100, 486, 200])
    expect(sentTo(B1).map(methodOf)).toEqual(['INVITE', 'ACK'])
    expect(calls()).toMatchObject([{ outcome: 'forwarded', status: 486 }])
  })

  it('C-06: of nothing that we know gets 481 and is not forwarded, which departs from the text (Z5)', async () => {
    const { network, sentTo } = await startHarness()
    network.deliver(PEER, requestText({ method: 'CANCEL', branch: 'z9hG4bK-unknown' }))
    expect(network.sent).toHaveLength(1)
    expect(sentTo(PEER).map(statusOf)).toEqual([481])
    expect(toTag(sentTo(PEER)[0])).toBeDefined()
  })

  it.each([
    ['the branch of an RFC 3261 sender', `SIP/2.0/UDP ${PEER};branch=${BRANCH}`],
    ['no branch', `SIP/2.0/UDP ${PEER}`],
  ])('C-06: of a call of another address finds nothing (Z9), with %s', async (_name, via) => {
    const { network, sentTo, invite } = await callAtB1({}, requestText({ via }))
    network.deliver(B1, responseText(invite, 180))
    network.deliver(STRANGER, requestText({ method: 'CANCEL', via }))
    network.deliver('198.51.100.8:5060', requestText({ method: 'CANCEL', via }))
    expect(sentTo(STRANGER)).toEqual([])
    expect(network.sent.filter((packet) => packet.to.startsWith('203.'))).toEqual([])
    expect(network.sent.map((packet) => statusOf(packet.text))).toEqual([100, 0, 180, 481])
    expect(sentTo(B1).map(methodOf)).toEqual(['INVITE'])
    network.deliver('198.51.100.7:40000', requestText({ method: 'CANCEL', via }))
    expect(sentTo(B1).map(methodOf)).toEqual(['INVITE', 'CANCEL'])
  })

  it.each([503, 500, 408])('C-08: is followed by no other backend, whatever the first answers: %s', async (status) => {
    const { network, clock, invite, sentTo, caller, calls } = await callAtB1()
    network.deliver(B1, responseText(invite, 180))
    network.deliver(PEER, CANCEL)
    network.deliver(B1, responseText(invite, status))
    clock.advance(120_000)
    expect(sentTo(B2)).toEqual([])
    expect(caller().slice(0, 4)).toEqual(['0 100', '0 180', '0 200', `0 ${status < 500 ? status : 487}`])
    expect(calls()).toMatchObject([{ outcome: 'cancelled' }])
  })

  it('C-08: ends the call after 64*T1 where the backend sends no final response', async () => {
    const { network, clock, invite, caller, engine } = await callAtB1()
    network.deliver(B1, responseText(invite, 180))
    clock.advance(1_000)
    network.deliver(PEER, CANCEL)
    clock.advance(31_999)
    expect(caller()).toEqual(['0 100', '0 180', '1 200'])
    clock.advance(1)
    expect(caller()).toEqual(['0 100', '0 180', '1 200', '33 487'])
    clock.advance(64_000)
    expect(engine.openTransactions).toBe(0)
    expect(clock.pending).toBe(0)
  })

  it('C-09: has its Reason copied to ours', async () => {
    const { network, invite, sentTo } = await callAtB1()
    network.deliver(B1, responseText(invite, 180))
    const reasons = ['SIP;cause=200;text="Call completed elsewhere"', 'Q.850;cause=26']
    network.deliver(PEER, requestText({ method: 'CANCEL', extra: reasons.map((reason) => `Reason: ${reason}`) }))
    expect(headerOf(sentTo(B1)[1] ?? '', 'Reason')).toEqual(reasons)
  })

  it('C-09: that waited for a provisional response has its Reason copied too', async () => {
    const { network, invite, sentTo } = await callAtB1()
    network.deliver(PEER, requestText({ method: 'CANCEL', extra: ['Reason: SIP;cause=200'] }))
    network.deliver(B1, responseText(invite, 180))
    expect(headerOf(sentTo(B1)[1] ?? '', 'Reason')).toEqual(['SIP;cause=200'])
  })
})
