import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { HEADER } from '../../ingress/sip/message/header-name.ts'
import { parseMessage } from '../../ingress/sip/message/parse-message.ts'
import { SipMessage } from '../../ingress/sip/message/sip-message.ts'
import { answerCall } from '../support/answered-call.ts'
import {
  B1,
  B2,
  type Harness,
  PEER,
  routeAction,
  ruleEntry,
  STRANGER,
  startHarness,
  trunkEntry,
} from '../support/engine-harness.ts'
import type { SentPacket } from '../support/memory-network.ts'
import {
  echoOf,
  mutated,
  type RandomArrival,
  type RandomEcho,
  randomArrival,
  randomEcho,
  randomMutations,
  randomScript,
  SOURCES,
} from '../support/random-traffic.ts'
import { type BackendResponse, type BackendScript, startScriptedBackend } from '../support/scripted-backend.ts'
import { headerOf, methodOf, requestText, responseText, statusOf } from '../support/sip-text.ts'

/** Longer than two backends, a ringing time-out, Timer C, a CANCEL and the transactions after them can take. */
const EVERYTHING_IS_OVER_MS = 900_000

interface Scenario {
  readonly arrivals: readonly (RandomArrival | RandomEcho)[]
  readonly backends: readonly [BackendScript, BackendScript]
  readonly failover: 'Always' | 'BeforeRinging'
  /** One in so many packets of ours is lost; 0: none. */
  readonly loseOneIn: number
  readonly callerAcknowledges: boolean
  /** Before which arrival the process begins to drain; beyond the last: never. */
  readonly drainAt: number
}

const scenario: fc.Arbitrary<Scenario> = fc.record({
  arrivals: fc.array(fc.oneof(randomArrival, randomEcho), { minLength: 1, maxLength: 12 }),
  backends: fc.tuple(randomScript, randomScript),
  failover: fc.constantFrom('Always', 'BeforeRinging'),
  loseOneIn: fc.constantFrom(0, 0, 2, 3),
  callerAcknowledges: fc.boolean(),
  drainAt: fc.constantFrom(0, 1, 3, 100, 100, 100),
})

/** A known peer's INVITE, and what its final response has to carry. */
interface AwaitedInvite {
  readonly host: string
  readonly identity: string
}

interface Played extends Harness {
  readonly awaited: readonly AwaitedInvite[]
  readonly backendResponses: readonly BackendResponse[]
}

async function play(plan: Scenario): Promise<Played> {
  const action = routeAction({ ringingTimeout: 10_000, failover: plan.failover })
  const trunk = trunkEntry({ trustedProxies: ['192.0.2.200/32'] })
  const harness = await startHarness({ entries: [trunk, ruleEntry({ action })] })
  const { network, clock } = harness
  const backendResponses: BackendResponse[] = []
  const world = { network, clock, log: backendResponses }
  startScriptedBackend(B1, plan.backends[0], world)
  startScriptedBackend(B2, plan.backends[1], world)
  let packets = 0
  network.lose = () => plan.loseOneIn > 0 && ++packets % plan.loseOneIn === 0
  if (plan.callerAcknowledges) network.listen(PEER, (packet) => acknowledge(harness, packet))
  const awaited: AwaitedInvite[] = []
  for (const [at, { after, source, transport, text }] of arrivalsOf(plan).entries()) {
    if (at === plan.drainAt) harness.drain()
    if (after > 0) clock.advance(after)
    network.deliver(SOURCES[source].at, text, transport)
    const host = hostOf(SOURCES[source].at)
    if (source !== 'stranger' && methodOf(text) === 'INVITE') awaited.push({ host, identity: identityOf(text) })
  }
  clock.advance(EVERYTHING_IS_OVER_MS)
  return { ...harness, awaited, backendResponses }
}

function arrivalsOf(plan: Scenario): RandomArrival[] {
  const arrivals: RandomArrival[] = []
  for (const next of plan.arrivals) {
    const earlier = 'of' in next ? arrivals[next.of % arrivals.length] : undefined
    if (!('of' in next)) arrivals.push(next)
    else if (earlier) arrivals.push(echoOf(earlier, next))
  }
  return arrivals
}

/** The caller's ACK to a refusal, which has the branch of its INVITE. */
function acknowledge({ network }: Harness, { text, transport }: SentPacket): void {
  if (statusOf(text) < 300 || !headerOf(text, 'CSeq')[0]?.endsWith('INVITE')) return
  const [via = ''] = headerOf(text, 'Via')
  const [to = ''] = headerOf(text, 'To')
  network.deliver(PEER, requestText({ method: 'ACK', via, to, callId: headerOf(text, 'Call-ID')[0] ?? '' }), transport)
}

function hostOf(address: string): string {
  return address.slice(0, address.lastIndexOf(':'))
}

/** What tells requests apart on the way back: the branch of an RFC 3261 sender, else the call (RFC 3261 §17.2.3). */
function identityOf(text: string): string {
  const [via = ''] = headerOf(text, 'Via')
  const branch = /;branch=(z9hG4bK[^;]+)/.exec(via)?.[1]
  const sentBy = /^\S+ ([^;]+)/.exec(via)?.[1]
  return branch ? `${sentBy} ${branch}` : `${headerOf(text, 'Call-ID')[0]} ${headerOf(text, 'CSeq')[0]}`
}

function isFinal({ text }: SentPacket): boolean {
  return statusOf(text) >= 200 && (headerOf(text, 'CSeq')[0] ?? '').endsWith('INVITE')
}

/** I1: nothing goes to a stranger, whatever addresses the messages name. */
function expectSilence({ network }: Harness): void {
  expect(network.sent.filter(({ to }) => to.startsWith('203.0.113.'))).toEqual([])
}

/** I2: every INVITE of a peer ends with a final response, and the application has heard of none that did not. */
function expectAnswers({ network, events, awaited }: Played): void {
  const answered = new Set(network.sent.filter(isFinal).map(({ to, text }) => `${hostOf(to)} ${identityOf(text)}`))
  expect(awaited.filter(({ host, identity }) => !answered.has(`${host} ${identity}`))).toEqual([])
  expect(events.filter((event) => event.type === 'unanswered')).toEqual([])
  const faults = events.filter((event) => event.type === 'fault')
  expect(faults.filter(({ code }) => code !== 'response-not-sent' && code !== 'ack-not-sent')).toEqual([])
}

/** I3: a provisional response other than 100 comes from a backend, and 100 only once a backend has the call. */
function expectNoInventedRinging({ network, backendResponses }: Played): void {
  const invented = network.sent.filter(({ text, at, to }) => {
    const status = statusOf(text)
    if (status < 100 || status > 199) return false
    const [callId] = headerOf(text, 'Call-ID')
    if (status > 100)
      return !backendResponses.some((sent) => sent.callId === callId && sent.status === status && sent.at <= at)
    return !network.sent.some(
      (other) => other.to !== to && methodOf(other.text) === 'INVITE' && headerOf(other.text, 'Call-ID')[0] === callId,
    )
  })
  expect(invented).toEqual([])
}

function expectNothingLeft({ engine, clock }: Pick<Harness, 'engine' | 'clock'>): void {
  expect([engine.openTransactions, engine.unfinishedTransactions]).toEqual([0, 0])
  expect(clock.pending).toBe(0)
}

describe('whatever arrives, and whatever backends do', () => {
  it('strangers get nothing, peers get a final response, ringing is never invented, and nothing is left in the end', async () => {
    await fc.assert(
      fc.asyncProperty(scenario, async (plan) => {
        const played = await play(plan)
        expectSilence(played)
        expectAnswers(played)
        expectNoInventedRinging(played)
        expectNothingLeft(played)
      }),
      { numRuns: 1000 },
    )
  })
})

/** Whether a response to it could be built: then a known peer must get one. */
function isAnswerableInvite(bytes: Buffer): boolean {
  const message = new SipMessage()
  parseMessage(message, bytes, 0, bytes.length)
  const needed = [HEADER.via, HEADER.from, HEADER.to, HEADER.callId, HEADER.cseq]
  return message.isRequest && message.method === 'INVITE' && needed.every((id) => message.first(id) !== -1)
}

describe('whatever bytes a message is made of', () => {
  it('a peer whose INVITE can be answered gets a final response, and a stranger nothing', async () => {
    await fc.assert(
      fc.asyncProperty(randomArrival, randomMutations, async ({ source, transport, text }, mutations) => {
        const harness = await startHarness({
          entries: [trunkEntry({ trustedProxies: ['192.0.2.200/32'] }), ruleEntry()],
        })
        const { network, clock, events } = harness
        const bytes = Buffer.from(mutated(text, mutations), 'latin1')
        network.deliver(SOURCES[source].at, bytes, transport)
        clock.advance(EVERYTHING_IS_OVER_MS)
        expectSilence(harness)
        const host = hostOf(SOURCES[source].at)
        const finals = network.sent.filter(({ to, text: sent }) => hostOf(to) === host && statusOf(sent) >= 200)
        if (source !== 'stranger' && isAnswerableInvite(bytes)) expect(finals).not.toEqual([])
        expect(events.filter(({ type }) => type === 'unanswered' || type === 'fault')).toEqual([])
        expectNothingLeft(harness)
      }),
      { numRuns: 500 },
    )
  })

  it('a response of a backend or of a stranger takes nothing away from the call', async () => {
    const status = fc.constantFrom(100, 180, 200, 302, 486, 503, 603)
    await fc.assert(
      fc.asyncProperty(status, randomMutations, fc.constantFrom(B1, STRANGER), async (code, mutations, from) => {
        const harness = await startHarness()
        const { network, clock, sentTo, packetsTo } = harness
        network.deliver(PEER, requestText())
        network.deliver(from, mutated(responseText(sentTo(B1)[0] ?? '', code), mutations))
        clock.advance(EVERYTHING_IS_OVER_MS)
        expectSilence(harness)
        expect(packetsTo(PEER).filter(isFinal)).not.toEqual([])
        expectNothingLeft(harness)
      }),
      { numRuns: 300 },
    )
  })

  it('a dialog cookie with any bit changed moves no byte for a stranger', async () => {
    const harness = await startHarness()
    const { network } = harness
    const { inDialog } = answerCall(harness)
    const route = inDialog.extra?.[0] ?? ''
    const cookie = /;sdc=([^>;]+)/.exec(route)?.[1] ?? ''
    const bits = Buffer.from(cookie, 'base64url').length * 8
    const before = network.sent.length
    for (let bit = 0; bit < bits; bit++) {
      const forged = Buffer.from(cookie, 'base64url')
      forged[bit >> 3] = (forged[bit >> 3] ?? 0) ^ (1 << (bit & 7))
      const extra = [route.replace(cookie, forged.toString('base64url'))]
      network.deliver(STRANGER, requestText({ method: 'BYE', ...inDialog, extra, branch: `z9hG4bK-${bit}` }))
    }
    expect(bits).toBeGreaterThan(200)
    expect(network.sent.slice(before)).toEqual([])
    network.deliver(STRANGER, requestText({ method: 'BYE', ...inDialog }))
    expect(network.sent.slice(before).map(({ text }) => methodOf(text))).toEqual(['BYE'])
  })
})
