import { describe, expect, it } from '@jest/globals'
import { answerCall, timeline } from '../../support/answered-call.ts'
import { B1, B2, type Harness, PEER, startHarness } from '../../support/engine-harness.ts'
import { headerOf, methodOf, requestText, responseText, statusOf } from '../../support/sip-text.ts'

const CANCEL = requestText({ method: 'CANCEL' })
const NOWHERE = 'sip:+4930123456@192.0.2.1'

/** A call that has reached B1. */
async function callAtB1() {
  const harness = await startHarness()
  harness.network.deliver(PEER, requestText())
  return { ...harness, b1: harness.sentTo(B1)[0] ?? '', caller: () => timeline(harness.packetsTo(PEER)) }
}

/** A call that B1 was given up for after 2 s, and that has reached B2. */
async function callAtB2() {
  const call = await callAtB1()
  call.clock.advance(2_000)
  return { ...call, b2: call.sentTo(B2)[0] ?? '' }
}

/** Everything that a call leaves behind is gone in the end. */
function expectNothingLeft({ clock, engine, events }: Pick<Harness, 'clock' | 'engine' | 'events'>): void {
  clock.advance(300_000)
  expect(engine.openTransactions).toBe(0)
  expect(clock.pending).toBe(0)
  expect(events.filter((event) => event.type === 'unanswered')).toEqual([])
}

describe('interaction 1', () => {
  it('interaction 1: a CANCEL that crosses the 200 gets 200, the 200 to the INVITE goes up, and no 487 does', async () => {
    const call = await callAtB1()
    const { network, b1, caller, sentTo } = call
    network.deliver(B1, responseText(b1, 180))
    network.deliver(PEER, CANCEL)
    const ok = responseText(b1, 200, { extra: [`Contact: <sip:agent@${B1}>`] })
    network.deliver(B1, ok)
    network.deliver(B1, responseText(sentTo(B1)[1] ?? '', 481))
    expect(caller()).toEqual(['0 100', '0 180', '0 200', '0 200'])
    expect(sentTo(PEER).map((text) => headerOf(text, 'CSeq')[0])).toEqual([
      '1 INVITE',
      '1 INVITE',
      '1 CANCEL',
      '1 INVITE',
    ])
    expect(call.calls()).toMatchObject([{ outcome: 'forwarded', status: 200 }])
    expectNothingLeft(call)
    expect(caller()).toHaveLength(4)
  })

  it('interaction 1: the caller then acknowledges and hangs up along the route', async () => {
    const harness = await startHarness()
    const { network, sentTo } = harness
    const { inDialog } = answerCall(harness)
    network.deliver(PEER, CANCEL)
    network.deliver(PEER, requestText({ method: 'ACK', branch: 'z9hG4bK-ack', ...inDialog }))
    network.deliver(PEER, requestText({ method: 'BYE', branch: 'z9hG4bK-bye', cseq: 2, ...inDialog }))
    expect(sentTo(B1).map(methodOf)).toEqual(['INVITE', 'ACK', 'BYE'])
  })
})

describe('interaction 2', () => {
  it('interaction 2: a CANCEL before any response of a silent backend gets its 487 when the backend timeout ends', async () => {
    const call = await callAtB1()
    const { network, clock, caller, sentTo, packetsTo } = call
    clock.advance(300)
    network.deliver(PEER, CANCEL)
    clock.advance(1_699)
    expect(caller()).toEqual(['0 100', '0.3 200'])
    clock.advance(1)
    expect(caller()).toEqual(['0 100', '0.3 200', '2 487'])
    clock.advance(30_000)
    expect(sentTo(B2)).toEqual([])
    expect(timeline(packetsTo(B1)).every((line) => line.endsWith('INVITE'))).toBe(true)
    expect(call.calls()).toMatchObject([{ outcome: 'cancelled', status: 487 }])
    expectNothingLeft(call)
  })

  it('interaction 2: the backend that speaks up after that 487 gets its CANCEL', async () => {
    const { network, clock, b1, caller, packetsTo } = await callAtB1()
    network.deliver(PEER, CANCEL)
    clock.advance(2_100)
    network.deliver(B1, responseText(b1, 180))
    expect(timeline(packetsTo(B1)).at(-1)).toBe('2.1 CANCEL')
    expect(caller().slice(0, 3)).toEqual(['0 100', '0 200', '2 487'])
    expect(caller().some((line) => line.endsWith('180'))).toBe(false)
  })
})

describe('interaction 3', () => {
  it('interaction 3: the late 200 of a backend given up is forwarded, and the one that rings is cancelled', async () => {
    const call = await callAtB2()
    const { network, b1, b2, caller, packetsTo, calls } = call
    network.deliver(B2, responseText(b2, 180, { toTag: 'second' }))
    network.deliver(B1, responseText(b1, 200))
    expect(caller()).toEqual(['0 100', '2 180', '2 200'])
    expect(timeline(packetsTo(B2))).toEqual(['2 INVITE', '2 CANCEL'])
    expect(calls()).toMatchObject([{ outcome: 'forwarded', status: 200, backend: `sip:${B1}` }])
    network.deliver(B2, responseText(b2, 487, { toTag: 'second' }))
    expect(caller()).toHaveLength(3)
    expectNothingLeft(call)
  })

  it('interaction 3: the backend that has answered nothing yet is cancelled when it does', async () => {
    const { network, b1, b2, packetsTo } = await callAtB2()
    network.deliver(B1, responseText(b1, 200))
    expect(timeline(packetsTo(B2))).toEqual(['2 INVITE'])
    network.deliver(B2, responseText(b2, 180))
    expect(timeline(packetsTo(B2))).toEqual(['2 INVITE', '2 CANCEL'])
  })

  it('interaction 3: two 200 both go up, and none is acknowledged or hung up by us', async () => {
    const call = await callAtB2()
    const { network, b1, b2, sentTo } = call
    network.deliver(B2, responseText(b2, 200, { toTag: 'second' }))
    network.deliver(B1, responseText(b1, 200, { toTag: 'first' }))
    expect(sentTo(PEER).map(statusOf)).toEqual([100, 200, 200])
    expect(sentTo(PEER).map((text) => headerOf(text, 'To')[0]?.split('=')[1])).toEqual([undefined, 'second', 'first'])
    expectNothingLeft(call)
    expect([...sentTo(B1), ...sentTo(B2)].every((text) => methodOf(text) === 'INVITE')).toBe(true)
  })

  it('interaction 3: a late 200 is told as late, and a repeat of it as nothing', async () => {
    const { network, b1, b2, events } = await callAtB2()
    network.deliver(B1, responseText(b1, 200))
    network.deliver(B1, responseText(b1, 200))
    network.deliver(B2, responseText(b2, 200))
    network.deliver(B2, responseText(b2, 200))
    expect(events.filter((event) => event.type === 'backend-attempt')).toEqual([
      { type: 'backend-attempt', backend: `sip:${B1}`, result: 'timeout', status: 0, heard: false },
      { type: 'backend-attempt', backend: `sip:${B1}`, result: 'late', status: 200, heard: true },
      { type: 'backend-attempt', backend: `sip:${B2}`, result: 'answered', status: 200, heard: true },
    ])
  })

  it('interaction 3: a caller that cancels while the late 200 is on its way leaves nothing behind', async () => {
    const call = await callAtB2()
    const { network, b1, b2, caller } = call
    network.deliver(B2, responseText(b2, 180))
    network.deliver(PEER, CANCEL)
    network.deliver(B1, responseText(b1, 200))
    expect(caller()).toEqual(['0 100', '2 180', '2 200', '2 200'])
    expectNothingLeft(call)
  })
})

describe('interaction 4', () => {
  it('interaction 4: a 200 after our 503 goes up while its transaction lives, and only then', async () => {
    const call = await callAtB2()
    const { network, clock, b1, b2, sentTo, caller } = call
    network.deliver(B2, responseText(b2, 503))
    const refusal = sentTo(PEER)[1] ?? ''
    network.deliver(PEER, requestText({ method: 'ACK', to: headerOf(refusal, 'To')[0] ?? '' }))
    clock.advance(28_000)
    network.deliver(B1, responseText(b1, 200))
    expect(caller()).toEqual(['0 100', '2 503', '30 200'])
    expect(sentTo(B1).some((text) => methodOf(text) === 'ACK')).toBe(false)
    expect(call.calls()).toMatchObject([{ outcome: 'no_backend', status: 503 }])
    expectNothingLeft(call)
  })

  it('interaction 4: a 200 after Timer B does not go up', async () => {
    const { network, clock, b1, b2, caller } = await callAtB2()
    network.deliver(B2, responseText(b2, 486))
    clock.advance(30_000)
    const before = caller().length
    network.deliver(B1, responseText(b1, 200))
    expect(caller()).toHaveLength(before)
  })
})

describe('interaction 5', () => {
  it.each([180, 100])(
    'interaction 5: a backend given up that sends %s gets a CANCEL at once, and nothing goes up (Z11)',
    async (status) => {
      const call = await callAtB2()
      const { network, clock, b1, b2, caller, packetsTo } = call
      clock.advance(500)
      network.deliver(B1, responseText(b1, status))
      expect(timeline(packetsTo(B1)).at(-1)).toBe('2.5 CANCEL')
      expect(caller()).toEqual(['0 100'])
      network.deliver(B1, responseText(b1, 487))
      network.deliver(B2, responseText(b2, 486))
      expect(caller()).toEqual(['0 100', '2.5 486'])
      expectNothingLeft(call)
    },
  )

  it('interaction 5: after an 18x and 503 of the first, the 18x of the second goes up with another To tag', async () => {
    const { network, b1, sentTo } = await callAtB1()
    network.deliver(B1, responseText(b1, 180, { toTag: 'first' }))
    network.deliver(B1, responseText(b1, 503, { toTag: 'first' }))
    network.deliver(B2, responseText(sentTo(B2)[0] ?? '', 180, { toTag: 'second' }))
    expect(sentTo(PEER).map((text) => [statusOf(text), headerOf(text, 'To')[0]?.split('=')[1]])).toEqual([
      [100, undefined],
      [180, 'first'],
      [180, 'second'],
    ])
  })
})

describe('interaction 6', () => {
  it('interaction 6: an INVITE repeated while backends are tried makes no second decision and no branch', async () => {
    const { network, clock, caller, sentTo, events } = await callAtB2()
    network.deliver(PEER, requestText())
    clock.advance(0)
    expect(caller()).toEqual(['0 100', '2 100'])
    expect(sentTo(B2)).toHaveLength(1)
    expect(events.filter((event) => event.type === 'rule-won')).toHaveLength(1)
  })

  it('interaction 6: an INVITE repeated after the transaction of its 503 has ended is decided anew', async () => {
    const { network, clock, calls, sentTo } = await startHarness()
    const invite = requestText({ uri: NOWHERE })
    network.deliver(PEER, invite)
    clock.advance(31_999)
    network.deliver(PEER, invite)
    expect(calls()).toHaveLength(1)
    clock.advance(1)
    network.deliver(PEER, invite)
    expect(calls()).toHaveLength(2)
    const warnings = sentTo(PEER).map((text) => headerOf(text, 'Warning')[0])
    expect([warnings[0], warnings.at(-1)]).toEqual([
      '399 192.0.2.1:5060 "no_rule id1"',
      '399 192.0.2.1:5060 "no_rule id2"',
    ])
  })
})

describe('interaction 7', () => {
  it.each(['503', 'nothing'])(
    'interaction 7: after a CANCEL, a backend that answers %s ends the call with 487',
    async (what) => {
      const call = await callAtB1()
      const { network, clock, b1, caller, sentTo } = call
      network.deliver(B1, responseText(b1, 100))
      network.deliver(PEER, CANCEL)
      if (what === '503') network.deliver(B1, responseText(b1, 503))
      clock.advance(32_000)
      expect(caller().slice(0, 3)).toEqual(['0 100', '0 200', what === '503' ? '0 487' : '32 487'])
      expect(sentTo(B2)).toEqual([])
      expectNothingLeft(call)
    },
  )
})
