import { describe, expect, it } from '@jest/globals'
import type { Backend } from '../../../ingress/route-table/route-table.ts'
import { answerCall, timeline } from '../../support/answered-call.ts'
import {
  B1,
  B2,
  type Harness,
  PEER,
  routeAction,
  ruleEntry,
  startHarness,
  trunkEntry,
} from '../../support/engine-harness.ts'
import { headerOf, methodOf, type RequestText, requestText, responseText, statusOf } from '../../support/sip-text.ts'

function routed(change: Parameters<typeof routeAction>[0]): Promise<Harness> {
  return startHarness({ entries: [trunkEntry(), ruleEntry({ action: routeAction(change) })] })
}

/** What becomes of one request from the caller. */
async function sent(change: RequestText) {
  const harness = await startHarness()
  harness.network.deliver(PEER, requestText(change))
  return { ...harness, statuses: harness.sentTo(PEER).map(statusOf), invites: harness.sentTo(B1) }
}

describe('Max-Forwards', () => {
  it.each([
    [70, ['69']],
    [1, ['0']],
    [255, ['254']],
    [null, ['70']],
  ])('R-01: of %s goes on as %s', async (maxForwards, expected) => {
    const { invites } = await sent({ maxForwards })
    expect(headerOf(invites[0] ?? '', 'Max-Forwards')).toEqual(expected)
  })

  it('R-01: of 0 is a 483, and nothing is forwarded', async () => {
    const { statuses, invites } = await sent({ maxForwards: 0 })
    expect([statuses, invites]).toEqual([[483], []])
  })

  it.each(['BYE', 'OPTIONS', 'INVITE'])('R-01: of 0 is a 483 for a %s inside a dialog', async (method) => {
    const harness = await startHarness()
    const { inDialog } = answerCall(harness)
    const before = harness.sentTo(B1).length
    harness.network.deliver(PEER, requestText({ method, cseq: 2, ...inDialog, branch: 'z9hG4bK-2', maxForwards: 0 }))
    expect(harness.sentTo(PEER).map(statusOf).at(-1)).toBe(483)
    expect(harness.sentTo(B1)).toHaveLength(before)
  })

  it('R-01: an ACK with 0 ends here without a word', async () => {
    const harness = await startHarness()
    const { inDialog } = answerCall(harness)
    const before = harness.network.sent.length
    harness.network.deliver(PEER, requestText({ method: 'ACK', ...inDialog, branch: 'z9hG4bK-2', maxForwards: 0 }))
    expect(harness.network.sent).toHaveLength(before)
  })
})

describe('what a proxy checks before it forwards', () => {
  it.each(['foo:1', 'http://a.example', 'urn:service:sos'])(
    'R-02: the scheme of %s is refused with 416',
    async (uri) => {
      const { statuses, invites } = await sent({ uri })
      expect([statuses, invites]).toEqual([[416], []])
    },
  )

  it.each(['sip:+15551234567@h', 'tel:+15551234567'])('R-02: %s is known', async (uri) => {
    const { invites } = await sent({ uri })
    expect(invites[0]).toMatch(`INVITE sip:+15551234567@${B1} SIP/2.0`)
  })

  it('R-08: the parameters of a tel URI go into the user part, in their order (RFC 3261 §19.1.6)', async () => {
    const { invites } = await sent({ uri: 'tel:+1-555-1234567;rn=+12025550199;npdi;phone-context=H.example;ISUB=14' })
    const user = '+1-555-1234567;isub=14;phone-context=h.example;npdi;rn=+12025550199'
    expect(invites[0]).toMatch(`INVITE sip:${user}@${B1} SIP/2.0`)
  })

  it('R-05: a Proxy-Require that we do not know is a 420 that lists it', async () => {
    const { statuses, sentTo, invites } = await sent({ extra: ['Proxy-Require: foo, bar', 'Proxy-Require: baz'] })
    expect([statuses, invites]).toEqual([[420], []])
    expect(headerOf(sentTo(PEER)[0] ?? '', 'Unsupported')).toEqual(['foo, bar, baz'])
  })

  it('R-05: Require is for the user agent at the end, and passes', async () => {
    const { invites } = await sent({ extra: ['Require: foo'] })
    expect(headerOf(invites[0] ?? '', 'Require')).toEqual(['foo'])
  })

  it('R-06: a merged request, equal but for its branch, is forwarded like the first', async () => {
    const { network, sentTo } = await sent({ branch: 'z9hG4bK-fork-1' })
    network.deliver(PEER, requestText({ branch: 'z9hG4bK-fork-2' }))
    expect(sentTo(B1).map(methodOf)).toEqual(['INVITE', 'INVITE'])
    expect(sentTo(PEER).map(statusOf)).toEqual([100, 100])
  })
})

describe('a request that comes back', () => {
  /** What a pod sent to B1, as another element hands it to a second pod of ours with this Request-URI. */
  async function comesBack(uri: string) {
    const { invites } = await sent({})
    const other = await startHarness()
    const vias = headerOf(invites[0] ?? '', 'Via').map((via) => `Via: ${via}`)
    const via = 'SIP/2.0/UDP 198.51.100.8;branch=z9hG4bK-edge'
    other.network.deliver(PEER, requestText({ via, uri, extra: vias }))
    return { statuses: other.network.sent.map((packet) => statusOf(packet.text)), forwarded: other.sentTo(B1) }
  }

  it('R-03: unchanged is a loop, also at another pod: 482', async () => {
    expect(await comesBack('sip:+15551234567@192.0.2.1')).toEqual({ statuses: [482], forwarded: [] })
  })

  it('R-03: with another Request-URI is a spiral and is forwarded', async () => {
    const { statuses, forwarded } = await comesBack('sip:+15551230000@192.0.2.1')
    expect(statuses[0]).toBe(100)
    expect(forwarded).toHaveLength(1)
  })

  it('R-03: the part of the branch that finds loops does not depend on the method', async () => {
    const { network, sentTo, invites } = await sent({})
    network.deliver(B1, responseText(invites[0] ?? '', 180))
    network.deliver(PEER, requestText({ method: 'CANCEL' }))
    const cancel = sentTo(B1).find((text) => methodOf(text) === 'CANCEL') ?? ''
    expect(headerOf(cancel, 'Via')).toEqual(headerOf(invites[0] ?? '', 'Via').slice(0, 1))
  })
})

describe('Max-Breadth', () => {
  it.each([
    ['no', [], '59'],
    ['a large', ['Max-Breadth: 1000'], '59'],
    ['a small', ['Max-Breadth: 5'], '4'],
  ])(
    'R-04: %s Max-Breadth gives the branch what the cap of 60 allows, less one kept back for B2',
    async (_what, extra, value) => {
      const { invites } = await sent({ extra })
      expect(headerOf(invites[0] ?? '', 'Max-Breadth')).toEqual([value])
    },
  )

  it('R-04: a branch that has ended gives back its share', async () => {
    const { network, sentTo, invites } = await sent({ extra: ['Max-Breadth: 5'] })
    network.deliver(B1, responseText(invites[0] ?? '', 503))
    expect(headerOf(sentTo(B2)[0] ?? '', 'Max-Breadth')).toEqual(['5'])
  })

  it('R-04: with 1 and a branch that was given up but is alive, no other is made: 440', async () => {
    const { clock, sentTo } = await sent({ extra: ['Max-Breadth: 1'] })
    clock.advance(3000)
    expect(sentTo(PEER).map(statusOf).slice(0, 2)).toEqual([100, 440])
    expect(sentTo(B2)).toEqual([])
  })

  it('R-04: 0 allows no branch at all: 440', async () => {
    const { statuses, invites } = await sent({ extra: ['Max-Breadth: 0'] })
    expect([statuses, invites]).toEqual([[440], []])
  })

  it.each([
    [[], ['60']],
    [['Max-Breadth: 7'], ['7']],
  ])('R-04: a BYE with %j goes on with %j', async (extra, expected) => {
    const harness = await startHarness()
    const { inDialog } = answerCall(harness)
    const bye = {
      method: 'BYE',
      cseq: 2,
      ...inDialog,
      branch: 'z9hG4bK-2',
      extra: [...(inDialog.extra ?? []), ...extra],
    }
    harness.network.deliver(PEER, requestText(bye))
    expect(headerOf(harness.sentTo(B1).at(-1) ?? '', 'Max-Breadth')).toEqual(expected)
  })
})

describe('the target', () => {
  it('R-08: becomes the Request-URI, with the user of the caller and the parameters of the rule', async () => {
    const [first] = routeAction().backends
    if (!first) throw new Error('a backend')
    const harness = await routed({ backends: [{ ...first, transport: 'TCP', uriParameters: ';x=1' }] })
    harness.network.deliver(PEER, requestText({ uri: 'sip:+15551234567;isub=1@192.0.2.1:5060;user=phone' }))
    expect(harness.sentTo(B1)[0]).toMatch(`INVITE sip:+15551234567;isub=1@${B1};transport=tcp;x=1 SIP/2.0\r\n`)
  })

  it('R-08: is used once, however often the rule names it', async () => {
    const [first, second] = routeAction().backends
    if (!first || !second) throw new Error('two backends')
    const again: Backend = { ...first, uri: 'sip:again', tier: 1 }
    const { network, sentTo } = await routed({ backends: [first, again, second] })
    network.deliver(PEER, requestText())
    network.deliver(B1, responseText(sentTo(B1)[0] ?? '', 503))
    expect(sentTo(B1).map(methodOf)).toEqual(['INVITE', 'ACK'])
    expect(sentTo(B2).map(methodOf)).toEqual(['INVITE'])
  })

  it('R-12: each attempt has a branch and a transaction of its own', async () => {
    const { network, sentTo, clock, invites } = await sent({})
    clock.advance(2000)
    const [branch1, branch2] = [invites[0], sentTo(B2)[0]].map((text) => headerOf(text ?? '', 'Via')[0])
    expect(branch1).not.toBe(branch2)
    network.deliver(B2, responseText(sentTo(B2)[0] ?? '', 486))
    expect(sentTo(B1).map(methodOf)).not.toContain('ACK')
    expect(sentTo(PEER).map(statusOf)).toEqual([100, 486])
  })

  it('R-12: a request that came without Content-Length has one on a stream', async () => {
    const [first] = routeAction().backends
    if (!first) throw new Error('a backend')
    const { network, sentTo } = await routed({ backends: [{ ...first, transport: 'TCP' }] })
    network.deliver(PEER, requestText({ body: 'v=0\r\n' }).replace(/^Content-Length: .*\r\n/m, ''))
    expect(headerOf(sentTo(B1)[0] ?? '', 'Content-Length')).toEqual(['5'])
  })
})

describe('Timer C', () => {
  const slow = { ringingTimeout: 3_600_000, backendTimeout: 3_600_000 }

  async function ringing(statuses: readonly { readonly at: number; readonly status: number }[]) {
    const harness = await routed(slow)
    const { network, clock, sentTo } = harness
    network.deliver(PEER, requestText())
    for (const { at, status } of statuses) {
      clock.advance(at - clock.now())
      network.deliver(B1, responseText(sentTo(B1)[0] ?? '', status))
    }
    return harness
  }

  it('R-13: is longer than 180 s and ends a branch that rings by CANCEL', async () => {
    const { clock, packetsTo } = await ringing([{ at: 0, status: 180 }])
    clock.advance(180_000)
    expect(timeline(packetsTo(B1))).toEqual(['0 INVITE'])
    clock.advance(6000)
    expect(timeline(packetsTo(B1)).slice(0, 2)).toEqual(['0 INVITE', '185 CANCEL'])
  })

  it('R-13: is set anew by 101 to 199', async () => {
    const { clock, packetsTo } = await ringing([
      { at: 0, status: 180 },
      { at: 100_000, status: 183 },
    ])
    clock.advance(186_000)
    expect(timeline(packetsTo(B1))[1]).toBe('285 CANCEL')
  })

  it('R-13: is not set anew by 100', async () => {
    const { clock, packetsTo } = await ringing([
      { at: 0, status: 180 },
      { at: 100_000, status: 100 },
    ])
    clock.advance(90_000)
    expect(timeline(packetsTo(B1))[1]).toBe('185 CANCEL')
  })

  it('R-13: leaves the caller with 408 once the CANCEL has done its work', async () => {
    const { clock, network, sentTo, packetsTo } = await ringing([{ at: 0, status: 180 }])
    clock.advance(185_000)
    network.deliver(B1, responseText(sentTo(B1)[0] ?? '', 487))
    expect(timeline(packetsTo(PEER)).slice(0, 3)).toEqual(['0 100', '0 180', '185 408'])
  })

  it('R-13: a ringing timer of the rule cancels like Timer C, and the caller gets 408', async () => {
    const harness = await routed({ ringingTimeout: 20_000 })
    const { network, clock, sentTo, packetsTo } = harness
    network.deliver(PEER, requestText())
    network.deliver(B1, responseText(sentTo(B1)[0] ?? '', 180))
    clock.advance(20_000)
    expect(timeline(packetsTo(B1)).slice(0, 2)).toEqual(['0 INVITE', '20 CANCEL'])
    network.deliver(B1, responseText(sentTo(B1)[0] ?? '', 487))
    expect(timeline(packetsTo(PEER)).slice(0, 3)).toEqual(['0 100', '0 180', '20 408'])
  })
})

describe('what cannot be sent', () => {
  it('R-14: an INVITE counts as a 503 of its branch: the next target is tried at once', async () => {
    const { network, clock, packetsTo } = await startHarness()
    network.refuse(B1)
    network.deliver(PEER, requestText())
    clock.advance(1)
    expect(timeline(packetsTo(B2))).toEqual(['0 INVITE'])
  })

  it.each([
    ['INVITE', [100, 500]],
    ['BYE', [500]],
  ])('R-14: a %s inside a dialog is answered with 500, which is what a lone 503 becomes', async (method, expected) => {
    const harness = await startHarness()
    const { inDialog } = answerCall(harness)
    const before = harness.sentTo(PEER).length
    harness.network.refuse(B1)
    harness.network.deliver(PEER, requestText({ method, cseq: 2, ...inDialog, branch: 'z9hG4bK-2' }))
    harness.clock.advance(1)
    expect(harness.sentTo(PEER).slice(before).map(statusOf)).toEqual(expected)
  })

  it('R-14: a response that cannot be sent is dropped, and the backend is not cancelled', async () => {
    const { network, sentTo, clock } = await startHarness()
    const flow = network.deliver(PEER, requestText())
    flow.failing = true
    network.deliver(B1, responseText(sentTo(B1)[0] ?? '', 180))
    clock.advance(1000)
    expect(sentTo(PEER).map(statusOf)).toEqual([100])
    expect(sentTo(B1).map(methodOf)).toEqual(['INVITE'])
    flow.failing = false
    network.deliver(B1, responseText(sentTo(B1)[0] ?? '', 200))
    expect(sentTo(PEER).map(statusOf)).toEqual([100, 200])
  })
})
