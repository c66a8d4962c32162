import { describe, expect, it } from '@jest/globals'
import { answerCall, backendSide } from '../support/answered-call.ts'
import {
  B1,
  type Harness,
  type HarnessOptions,
  OWN_HOST,
  PEER,
  ruleEntry,
  STRANGER,
  startHarness,
  trunkEntry,
} from '../support/engine-harness.ts'
import { headerOf, methodOf, type RequestText, requestText, responseText, statusOf } from '../support/sip-text.ts'

/** What one request gets from a process that is draining. */
async function answered(change: RequestText, from = PEER) {
  const harness = await startHarness()
  harness.drain()
  harness.network.deliver(from, requestText({ via: `SIP/2.0/UDP ${from};branch=z9hG4bK-1`, ...change }))
  return { ...harness, statuses: harness.sentTo(from).map(statusOf) }
}

function send(harness: Harness, change: RequestText, from = PEER): void {
  harness.network.deliver(from, requestText({ via: `SIP/2.0/UDP ${from};branch=z9hG4bK-late`, ...change }))
}

describe('a request outside a dialog while draining', () => {
  it('as INVITE gets 503 without Retry-After, and a Warning that says why', async () => {
    const { statuses, sentTo, calls, network } = await answered({})
    const [response = ''] = sentTo(PEER)
    expect([statuses, network.sent.length]).toEqual([[503], 1])
    expect(headerOf(response, 'Retry-After')).toEqual([])
    expect(headerOf(response, 'Warning')).toEqual(['399 192.0.2.1:5060 "draining id1"'])
    expect(calls()).toMatchObject([{ outcome: 'draining', status: 503, trunk: 'default/carrier', rule: '' }])
  })

  it('as INVITE gets what the trunk says instead', async () => {
    const responses = { ...trunkEntry().responses, draining: { status: 480, reason: 'Moving' } }
    const harness = await startHarness({ entries: [trunkEntry({ responses }), ruleEntry()] })
    harness.drain()
    send(harness, {})
    expect(harness.sentTo(PEER)[0]).toMatch(/^SIP\/2\.0 480 Moving\r\n/)
    expect(harness.calls()).toMatchObject([{ outcome: 'draining', status: 480 }])
  })

  it('as INVITE of a backend, which no trunk admits, gets 503 as well', async () => {
    const { statuses, calls } = await answered({}, B1)
    expect(statuses).toEqual([503])
    expect(calls()).toMatchObject([{ outcome: 'draining', trunk: '' }])
  })

  it('as OPTIONS gets 503 without Retry-After, so that peers stop sending calls here', async () => {
    const { statuses, sentTo } = await answered({ method: 'OPTIONS' })
    expect(statuses).toEqual([503])
    expect(headerOf(sentTo(PEER)[0] ?? '', 'Retry-After')).toEqual([])
  })

  it.each(['INVITE', 'OPTIONS', 'BYE'])('as %s of a stranger gets no byte, as ever', async (method) => {
    const { network, clock } = await answered({ method }, STRANGER)
    clock.advance(60_000)
    expect(network.sent).toEqual([])
  })
})

describe('OPTIONS to a process that settles', () => {
  const PROXY = '198.51.100.200:5060'

  async function probed(options: HarnessOptions, change: RequestText, from = PEER): Promise<(number | undefined)[]> {
    const entries = [trunkEntry({ trustedProxies: ['198.51.100.200/32'] }), ruleEntry()]
    const harness = await startHarness({ entries, ...options })
    harness.settle()
    send(harness, { method: 'OPTIONS', ...change }, from)
    expect(headerOf(harness.sentTo(from)[0] ?? '', 'Retry-After')).toEqual([])
    return harness.sentTo(from).map(statusOf)
  }

  it('gets 503 without Retry-After, so that a proxy that probes it stops sending calls in time', async () => {
    expect(await probed({}, {})).toEqual([503])
  })

  it('gets 200 where several processes share the address that is probed: one 503 would take all of them out', async () => {
    expect(await probed({ settleOptions: 'ok' }, {})).toEqual([200])
  })

  it.each([
    ['503 to a trusted proxy that names this very process', PROXY, OWN_HOST, 503],
    ['200 to a trusted proxy that names what all share', PROXY, 'sip.example.com', 200],
    ['200 to any other peer', PEER, OWN_HOST, 200],
  ])('gets, where they share one, %s', async (_what, from, host, status) => {
    expect(await probed({ settleOptions: 'ok' }, { uri: `sip:${host}:5060` }, from)).toEqual([status])
  })

  it('of a stranger gets no byte, as ever', async () => {
    expect(await probed({}, {}, STRANGER)).toEqual([])
  })

  it('gets 503 once it drains, whatever it got before', async () => {
    const harness = await startHarness({ settleOptions: 'ok' })
    harness.drain()
    send(harness, { method: 'OPTIONS' })
    expect(harness.sentTo(PEER).map(statusOf)).toEqual([503])
  })
})

describe('an INVITE to a process that settles', () => {
  it.each(['unavailable', 'ok'] as const)('is forwarded as ever, with --settle-options %s', async (settleOptions) => {
    const harness = await startHarness({ settleOptions })
    harness.settle()
    send(harness, {})
    expect([harness.sentTo(PEER).map(statusOf), harness.sentTo(B1).map(methodOf)]).toEqual([[100], ['INVITE']])
  })
})

describe('what was in progress when draining began', () => {
  it('as a call that rings is answered by its backend and acknowledged', async () => {
    const harness = await startHarness()
    const { network, sentTo, drain } = harness
    network.deliver(PEER, requestText())
    const [invite = ''] = sentTo(B1)
    network.deliver(B1, responseText(invite, 180))
    drain()
    network.deliver(B1, responseText(invite, 200, { extra: [`Contact: <sip:agent@${B1}>`] }))
    expect(sentTo(PEER).map(statusOf)).toEqual([100, 180, 200])
    expect(harness.calls()).toMatchObject([{ outcome: 'forwarded', status: 200 }])
  })

  it('as a call that rings can be cancelled', async () => {
    const harness = await startHarness()
    harness.network.deliver(PEER, requestText())
    harness.network.deliver(B1, responseText(harness.sentTo(B1)[0] ?? '', 180))
    harness.drain()
    send(harness, { method: 'CANCEL', via: 'SIP/2.0/UDP 198.51.100.7:5060;branch=z9hG4bK-caller-1' })
    expect(harness.sentTo(PEER).map(statusOf)).toContain(200)
    expect(harness.sentTo(B1).map(methodOf)).toEqual(['INVITE', 'CANCEL'])
  })

  it('as a call fails over to the next backend', async () => {
    const harness = await startHarness()
    harness.network.deliver(PEER, requestText())
    harness.drain()
    harness.network.deliver(B1, responseText(harness.sentTo(B1)[0] ?? '', 503))
    expect(harness.sentTo('10.0.0.2:5080').map(methodOf)).toEqual(['INVITE'])
  })

  it.each(['BYE', 'UPDATE', 'INVITE'])('as a dialog takes a %s from either side', async (method) => {
    const harness = await startHarness()
    const call = answerCall(harness)
    harness.drain()
    const before = harness.network.sent.length
    send(harness, { method, cseq: 2, branch: 'z9hG4bK-in-dialog', ...call.inDialog })
    send(harness, { method, cseq: 3, ...backendSide(call) }, B1)
    const relayed = harness.network.sent.slice(before).filter(({ text }) => methodOf(text) === method)
    expect(relayed.map(({ to }) => to)).toEqual([B1, PEER])
  })
})

describe('what a shutdown waits for', () => {
  it('is a call that rings, until it has its answer and the backend cannot repeat it any more', async () => {
    const harness = await startHarness()
    const { network, engine, clock, sentTo } = harness
    network.deliver(PEER, requestText())
    const [invite = ''] = sentTo(B1)
    network.deliver(B1, responseText(invite, 180))
    clock.advance(30_000)
    expect(engine.unfinishedTransactions).toBe(2)
    network.deliver(B1, responseText(invite, 200, { extra: [`Contact: <sip:agent@${B1}>`] }))
    expect(engine.unfinishedTransactions).toBe(1)
    clock.advance(3_999)
    expect(engine.unfinishedTransactions).toBe(1)
    clock.advance(1)
    expect([engine.unfinishedTransactions, engine.openTransactions]).toEqual([0, 2])
  })

  it('is a refusal, until its ACK', async () => {
    const harness = await startHarness()
    harness.network.deliver(PEER, requestText({ uri: 'sip:+4930123456@192.0.2.1' }))
    expect(harness.engine.unfinishedTransactions).toBe(1)
    const to = headerOf(harness.sentTo(PEER)[0] ?? '', 'To')[0] ?? ''
    harness.network.deliver(PEER, requestText({ method: 'ACK', to }))
    expect([harness.engine.unfinishedTransactions, harness.engine.openTransactions]).toEqual([0, 1])
  })

  it('is a BYE without its answer, and not one that is only remembered for its repeats', async () => {
    const harness = await startHarness()
    const { inDialog } = answerCall(harness)
    harness.clock.advance(10_000)
    send(harness, { method: 'BYE', cseq: 2, ...inDialog })
    expect(harness.engine.unfinishedTransactions).toBe(2)
    const bye = harness.sentTo(B1).find((text) => methodOf(text) === 'BYE') ?? ''
    harness.network.deliver(B1, responseText(bye, 200))
    expect(harness.engine.unfinishedTransactions).toBe(0)
    expect(harness.engine.openTransactions).toBeGreaterThan(0)
  })
})

describe('a key rotation under a call', () => {
  const OLD = Buffer.alloc(32, 7)
  const NEW = Buffer.alloc(32, 8)

  it('lets its BYE pass while the old key is the previous one, and not after', async () => {
    const harness = await startHarness({ engine: { cookieKeys: [OLD] } })
    const { inDialog } = answerCall(harness)
    harness.engine.setCookieKeys([NEW, OLD])
    const byes = () => harness.sentTo(B1).filter((text) => methodOf(text) === 'BYE').length
    send(harness, { method: 'BYE', cseq: 2, ...inDialog })
    expect(byes()).toBe(1)
    harness.engine.setCookieKeys([NEW])
    send(harness, { method: 'BYE', cseq: 3, ...inDialog, via: 'SIP/2.0/UDP 198.51.100.7:5060;branch=z9hG4bK-after' })
    expect([byes(), harness.sentTo(PEER).map(statusOf).at(-1)]).toEqual([1, 481])
  })

  it('signs with the new key from then on', async () => {
    const harness = await startHarness({ engine: { cookieKeys: [OLD] } })
    harness.engine.setCookieKeys([NEW, OLD])
    const { inDialog } = answerCall(harness)
    harness.engine.setCookieKeys([NEW])
    send(harness, { method: 'BYE', cseq: 2, ...inDialog })
    expect(harness.sentTo(B1).map(methodOf)).toContain('BYE')
  })
})
