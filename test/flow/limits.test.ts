/** Limits on the wire, with the native engine. test/flow/drachtio/limits.test.ts has the other engine. */
import { describe, expect, it } from '@jest/globals'
import type { CallLimit, OverLimitAnswer, TrunkEntry } from '../../ingress/route-table/route-table.ts'
import { B1, type Harness, PEER, ruleEntry, startHarness, trunkEntry } from '../support/engine-harness.ts'
import { scriptDialog } from '../support/scripted-dialog.ts'
import { headerOf, methodOf, type RequestText, requestText, responseText, statusOf } from '../support/sip-text.ts'

const ONE_AT_A_TIME: CallLimit = { concurrent: { calls: 1, maxCallSeconds: 600 }, scope: 'Pod' }
const ONE_PER_SECOND: CallLimit = { rate: { callsPerSecond: 1, burst: 1 }, scope: 'Pod' }

interface Limited {
  readonly trunk?: CallLimit
  readonly rule?: CallLimit
  readonly overLimit?: OverLimitAnswer
}

function start({ trunk, rule, overLimit }: Limited): Promise<Harness> {
  const responses: TrunkEntry['responses'] = { ...trunkEntry().responses, ...(overLimit && { overLimit }) }
  return startHarness({
    entries: [trunkEntry({ responses, ...(trunk && { limits: trunk }) }), ruleEntry(rule && { limits: rule })],
  })
}

let calls = 0

/** A new call of the peer. Returns the final response that came at once, or nothing. */
function call(harness: Harness, change: RequestText = {}): string | undefined {
  const id = `limited-${++calls}`
  const before = harness.sentTo(PEER).length
  const via = `SIP/2.0/UDP ${PEER};branch=z9hG4bK-${id}`
  harness.network.deliver(PEER, requestText({ callId: id, via, ...change }))
  return harness
    .sentTo(PEER)
    .slice(before)
    .find((text) => statusOf(text) >= 200)
}

const over = (harness: Harness): number => harness.limits.countedCalls

describe('a limit of calls per second', () => {
  it('refuses before anything is sent to a backend, with the reason in Warning, event and log', async () => {
    const harness = await start({ trunk: ONE_PER_SECOND })
    expect(call(harness)).toBeUndefined()
    const refusal = call(harness) ?? ''
    expect([statusOf(refusal), headerOf(refusal, 'Retry-After')]).toEqual([503, []])
    expect(headerOf(refusal, 'Warning')[0]).toMatch(/^399 \S+ "over_limit id2"$/)
    expect(harness.sentTo(B1)).toHaveLength(1)
    expect(harness.calls()).toMatchObject([
      {
        outcome: 'over_limit',
        overLimitReason: 'trunk_calls_per_second',
        reason: 'more calls per second than the limit allows (trunk default/carrier)',
        trunk: 'default/carrier',
        rule: 'default/route',
      },
    ])
    harness.clock.advance(1000)
    expect(call(harness)).toBeUndefined()
  })

  it('takes one token for an INVITE with its repeats and its copies by other ways, and none for a re-INVITE', async () => {
    const harness = await start({ trunk: { rate: { callsPerSecond: 2, burst: 2 }, scope: 'Pod' } })
    const dialog = scriptDialog(harness)
    const repeat = requestText({ via: `SIP/2.0/UDP ${PEER};branch=z9hG4bK-first` })
    for (let i = 0; i < 5; i++) harness.network.deliver(PEER, repeat)
    const copy = requestText({ via: `SIP/2.0/UDP ${PEER};branch=z9hG4bK-fork` })
    harness.network.deliver(PEER, copy)
    expect(harness.sentTo(B1).filter((text) => methodOf(text) === 'INVITE')).toHaveLength(2)
    for (let i = 0; i < 5; i++) dialog.fromCaller({ method: 'INVITE', cseq: 2 + i })
    expect([call(harness), statusOf(call(harness) ?? '')]).toEqual([undefined, 503])
  })

  it.each([
    ['of the trunk', { trunk: ONE_PER_SECOND }, ['4']],
    ['of the rule', { rule: ONE_PER_SECOND }, []],
  ])('%s has the answer that the trunk says, and Retry-After for the trunk only', async (_of, limit, retryAfter) => {
    const harness = await start({ ...limit, overLimit: { status: 480, reason: 'Later', retryAfter: 4 } })
    call(harness)
    const refusal = call(harness) ?? ''
    expect([refusal.split('\r\n')[0], headerOf(refusal, 'Retry-After')]).toEqual(['SIP/2.0 480 Later', retryAfter])
  })
})

describe('a limit of calls at the same time', () => {
  it('counts a call that rings, and says which limit refuses', async () => {
    const harness = await start({ rule: ONE_AT_A_TIME })
    expect(call(harness)).toBeUndefined()
    harness.network.deliver(B1, responseText(harness.sentTo(B1)[0] ?? '', 180))
    expect(statusOf(call(harness) ?? '')).toBe(503)
    expect(harness.calls().at(-1)).toMatchObject({ overLimitReason: 'rule_concurrent_calls' })
  })

  it('counts no call that a backend has refused', async () => {
    const harness = await start({ trunk: ONE_AT_A_TIME })
    call(harness)
    expect(over(harness)).toBe(1)
    harness.network.deliver(B1, responseText(harness.sentTo(B1)[0] ?? '', 486))
    expect(over(harness)).toBe(0)
  })

  it('counts no call for which there is no backend', async () => {
    const harness = await start({ trunk: ONE_AT_A_TIME })
    call(harness)
    harness.clock.advance(120_000)
    expect([harness.calls()[0]?.outcome, over(harness)]).toEqual(['no_backend', 0])
  })

  it('counts no call that the caller has cancelled', async () => {
    const harness = await start({ trunk: ONE_AT_A_TIME })
    const via = `SIP/2.0/UDP ${PEER};branch=z9hG4bK-cancelled`
    call(harness, { via })
    const [invite = ''] = harness.sentTo(B1)
    harness.network.deliver(B1, responseText(invite, 180))
    harness.network.deliver(PEER, requestText({ method: 'CANCEL', callId: headerOf(invite, 'Call-ID')[0] ?? '', via }))
    harness.network.deliver(B1, responseText(invite, 487))
    expect([harness.calls()[0]?.outcome, over(harness)]).toEqual(['cancelled', 0])
  })

  it.each(['fromCaller', 'fromBackend'] as const)('counts a call until the BYE %s is answered', async (side) => {
    const harness = await start({ trunk: ONE_AT_A_TIME })
    const dialog = scriptDialog(harness)
    expect([over(harness), statusOf(call(harness) ?? '')]).toEqual([1, 503])
    const [bye] = dialog[side]({ method: 'BYE', cseq: 20 })
    expect(over(harness)).toBe(1)
    harness.network.deliver(bye?.to ?? '', responseText(bye?.text ?? '', 200))
    expect([over(harness), call(harness)]).toEqual([0, undefined])
  })

  it('goes on counting when a BYE is challenged, and ends with the one that has credentials', async () => {
    const harness = await start({ trunk: ONE_AT_A_TIME })
    const dialog = scriptDialog(harness)
    const answerBye = (cseq: number, status: number): void => {
      const bye = dialog.fromCaller({ method: 'BYE', cseq }).find(({ text }) => methodOf(text) === 'BYE')
      harness.network.deliver(B1, responseText(bye?.text ?? '', status))
    }
    answerBye(2, 407)
    expect(over(harness)).toBe(1)
    answerBye(3, 481)
    expect(over(harness)).toBe(0)
  })

  it('ends a call whose BYE nobody answers (RFC 3261 §15.1.1)', async () => {
    const harness = await start({ trunk: ONE_AT_A_TIME })
    scriptDialog(harness).fromCaller({ method: 'BYE' })
    harness.clock.advance(64_000)
    expect(over(harness)).toBe(0)
  })

  it('counts a call whose 2xx was lost until the backend gives it up with a BYE', async () => {
    const harness = await start({ trunk: ONE_AT_A_TIME })
    const dialog = scriptDialog(harness)
    harness.clock.advance(32_000)
    expect(over(harness)).toBe(1)
    const [bye] = dialog.fromBackend({ method: 'BYE' })
    harness.network.deliver(bye?.to ?? '', responseText(bye?.text ?? '', 481))
    expect(over(harness)).toBe(0)
  })

  it('forgets a call that nobody hangs up after maxCallSeconds, and its late BYE still goes through', async () => {
    const harness = await start({ trunk: ONE_AT_A_TIME })
    const dialog = scriptDialog(harness)
    harness.clock.advance(600_000)
    harness.limits.sweep()
    expect([over(harness), call(harness)]).toEqual([0, undefined])
    const [bye] = dialog.fromCaller({ method: 'BYE' })
    expect(bye?.to).toBe(B1)
  })
})

it('a number that a trunk calls very often is told once, and its calls go on', async () => {
  const harness = await start({})
  for (let i = 0; i < 130; i++) expect(call(harness)).toBeUndefined()
  const told = harness.events.filter(({ type }) => type === 'number-repeated')
  expect(told).toEqual([
    { type: 'number-repeated', trunk: 'default/carrier', rule: 'default/route', called: '+15551234567' },
  ])
})
