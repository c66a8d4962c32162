import { describe, expect, it } from '@jest/globals'
import { answerCall, backendSide } from '../../support/answered-call.ts'
import {
  B1,
  B2,
  PEER,
  routeAction,
  ruleEntry,
  STRANGER,
  startHarness,
  trunkEntry,
} from '../../support/engine-harness.ts'
import { requestText, responseText, statusOf } from '../../support/sip-text.ts'

const rule = ruleEntry({ action: routeAction({ contactNetworks: ['10.44.0.0/16', 'not a network'] }) })

/** What the caller hears when the INVITE to B1 is answered from somewhere. */
async function heard(from: string, transport: 'UDP' | 'TCP' = 'UDP') {
  const harness = await startHarness({ entries: [trunkEntry(), rule] })
  harness.network.deliver(PEER, requestText())
  harness.network.deliver(from, responseText(harness.sentTo(B1)[0] ?? '', 486), transport)
  return { statuses: harness.sentTo(PEER).map(statusOf), events: harness.events }
}

describe('a response', () => {
  it.each([
    ['from the address that was asked', B1],
    ['from another port of it', '10.0.0.1:49152'],
    ['from another backend of the table', B2],
    ['from a network in which the backend may move', '10.44.3.2:5060'],
    ["from a trunk's source", '198.51.100.99:5060'],
  ])('T-05: counts %s', async (_where, from) => {
    expect((await heard(from)).statuses).toEqual([100, 486])
  })

  it.each(['UDP', 'TCP'] as const)('T-05: is dropped and counted from anywhere else, over %s', async (transport) => {
    for (const from of [STRANGER, '10.45.0.1:5080', '[2001:db8::1]:5080']) {
      const { statuses, events } = await heard(from, transport)
      expect(statuses).toEqual([100])
      const dropped = { type: 'dropped', reason: 'response_source', method: 'response' }
      expect(events).toContainEqual(expect.objectContaining(dropped))
    }
  })

  it.each(['BYE', 'INFO', 'INVITE'])('T-05: to a request inside a dialog likewise: %s', async (method) => {
    const harness = await startHarness()
    const call = answerCall(harness)
    harness.network.deliver(PEER, requestText({ method, cseq: 2, ...call.inDialog, branch: 'z9hG4bK-in' }))
    const sent = harness.sentTo(B1).at(-1) ?? ''
    const before = harness.sentTo(PEER).length
    harness.network.deliver(STRANGER, responseText(sent, 200))
    expect(harness.sentTo(PEER).slice(before).map(statusOf)).toEqual([])
    harness.network.deliver('10.0.0.1:6000', responseText(sent, 200))
    expect(harness.sentTo(PEER).slice(before).map(statusOf)).toEqual([200])
  })

  it("T-05: of a caller to the backend's request counts from the caller's address", async () => {
    const harness = await startHarness()
    const call = answerCall(harness)
    harness.network.deliver(B1, requestText({ ...backendSide(call), method: 'BYE', cseq: 7 }))
    const sent = harness.sentTo(PEER).at(-1) ?? ''
    harness.network.deliver(STRANGER, responseText(sent, 200))
    expect(harness.sentTo(B1).map(statusOf)).not.toContain(200)
    harness.network.deliver('198.51.100.7:40000', responseText(sent, 200))
    expect(harness.sentTo(B1).map(statusOf).at(-1)).toBe(200)
  })

  it('T-05: a network that the table no longer names may answer no more', async () => {
    const harness = await startHarness({ entries: [trunkEntry(), rule] })
    harness.network.deliver(PEER, requestText())
    harness.table.apply({ upserted: [ruleEntry()], removed: [] }, 2)
    harness.network.deliver('10.44.3.2:5060', responseText(harness.sentTo(B1)[0] ?? '', 486))
    expect(harness.sentTo(PEER).map(statusOf)).toEqual([100])
  })
})
