import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { parseIpAddress } from '../../../ingress/address/ip-address.ts'
import { BridgedInvite } from '../../../ingress/sip/drachtio/bridged-invite.ts'
import type { HandedRequest, SendingEvents, Sent } from '../../../ingress/sip/drachtio/drachtio-library.ts'
import { readHanded } from '../../../ingress/sip/drachtio/handed-message.ts'
import type { ServerSession } from '../../../ingress/sip/drachtio/server-session.ts'
import { SessionWork } from '../../../ingress/sip/drachtio/session-work.ts'
import { readRequestFacts } from '../../../ingress/sip/message/request-facts.ts'
import type { ProxyPlan, ProxyProgress, ProxyResult, ProxyTarget } from '../../../ingress/sip/port/engine.ts'
import { FakeClock } from '../../support/fake-clock.ts'
import { requestText, responseText } from '../../support/sip-text.ts'

/** What happens next, to the attempt `at` of those that were made. */
type Step =
  | { readonly type: 'response'; readonly at: number; readonly status: number }
  | { readonly type: 'pass'; readonly ms: number }
  | { readonly type: 'cancel' | 'end' | 'lost' }

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      type: fc.constant('response'),
      at: fc.nat(2),
      status: fc.constantFrom(180, 183, 200, 404, 486, 503, 500, 603),
    }),
  },
  { weight: 3, arbitrary: fc.record({ type: fc.constant('pass'), ms: fc.constantFrom(100, 2_000, 32_000, 120_000) }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constantFrom('cancel', 'end', 'lost') }) },
)

interface Attempt {
  readonly method: string
  readonly events: SendingEvents
  ended: boolean
  cancelled: boolean
}

interface Played {
  readonly clock: FakeClock
  readonly work: SessionWork
  readonly statuses: number[]
  readonly results: ProxyResult[]
  readonly progress: ProxyProgress[]
  readonly requests: Attempt[]
  readonly cancelled: boolean
  readonly acknowledged: number
  readonly answers: number
}

/** One call on a server that is played here: it refuses some requests, and answers what the steps say. */
function play(refused: readonly boolean[], failover: ProxyPlan['failover'], steps: readonly Step[]): Played {
  const clock = new FakeClock()
  const statuses: number[] = []
  const requests: Attempt[] = []
  const results: ProxyResult[] = []
  const progress: ProxyProgress[] = []
  const state = { cancelled: false, lost: false, acknowledged: 0, answers: 0 }
  const session: ServerSession = {
    server: 'played',
    open: true,
    request: ({ method }, events) => {
      const attempt: Attempt = { method, events, ended: false, cancelled: false }
      if (method === 'INVITE') {
        requests.push(attempt)
        if (refused[requests.length - 1]) {
          attempt.ended = true
          events.onFailure('no transport')
        }
      }
      const cancel = (): void => {
        attempt.cancelled = true
      }
      return { cancel }
    },
    route: () => undefined,
    end: () => undefined,
    cut: () => undefined,
  }
  const work = new SessionWork(session)
  let onCancel: (text: string) => void = () => undefined
  const respond = ({ status }: { readonly status: number }, told?: (sent: Sent) => void): void => {
    if (state.lost) return
    if (state.cancelled) return told?.({ failure: 'Response not sent due to unknown transaction' })
    statuses.push(status)
    told?.({ dialogId: 'caller' })
  }
  const handed: HandedRequest = {
    method: 'INVITE',
    text: requestText(),
    dialogId: '',
    source: { address: '198.51.100.7', port: 5060, protocol: 'udp' },
    receivedOn: '192.0.2.1:5060',
    unsolicited: false,
    respond,
    onCancel: (listener) => {
      onCancel = listener
    },
  }
  const { message } = readHanded(handed.text)
  const facts = readRequestFacts(message)
  if ('fault' in facts) throw new Error(facts.reason)
  const peer = { address: addressOf('198.51.100.7'), port: 5060, transport: 'UDP' } as const
  const plan = planOf({ failover, done: (result) => results.push(result), progress: (one) => progress.push(one) })
  const invite = new BridgedInvite(clock, work, { handed, peer, message, facts }, plan)
  invite.start()
  const over = (): boolean => statuses.some((status) => status >= 200) || state.cancelled || state.lost
  for (const one of steps) {
    if (one.type === 'pass') clock.advance(one.ms)
    else if (one.type === 'response') answer(requests[one.at], one.status)
    else if (!over()) end(one.type)
  }
  // Whatever the steps left open comes to its end by the timers alone.
  clock.advance(1_000_000)
  return { clock, work, statuses, results, progress, requests, ...state }

  function end(how: 'cancel' | 'end' | 'lost'): void {
    if (how === 'end') return invite.end()
    if (how === 'lost') {
      state.lost = true
      return invite.lost()
    }
    state.cancelled = true
    onCancel(handed.text)
  }

  function answer(attempt: Attempt | undefined, status: number): void {
    if (!attempt || attempt.ended || state.lost) return
    attempt.ended = status >= 200
    if (status === 200) state.answers++
    const text = responseText(requestText(), status)
    attempt.events.onResponse({
      status,
      text,
      dialogId: `backend-${requests.indexOf(attempt)}`,
      byServer: false,
      acknowledge: () => void state.acknowledged++,
    })
  }
}

function planOf(change: Pick<ProxyPlan, 'failover' | 'done' | 'progress'>): ProxyPlan {
  return {
    targets: ['10.0.0.1', '10.0.0.2', '10.0.0.3'].map(targetAt),
    requestUser: undefined,
    setHeaders: [],
    removeHeaders: [],
    responseIdentity: 'keep',
    backendTimeout: 2_000,
    ringingTimeout: 120_000,
    failoverOn: new Set(['timeout', 'transport', 500, 503]),
    dialogData: '',
    exhausted: { status: 503, reason: 'Service Unavailable' },
    ...change,
  }
}

function targetAt(text: string): ProxyTarget {
  return { id: text, address: addressOf(text), port: 5060, transport: undefined, uriParameters: '' }
}

function addressOf(text: string) {
  const address = parseIpAddress(text)
  if (!address) throw new Error('unreachable')
  return address
}

const scenario = fc.tuple(
  fc.array(fc.boolean(), { minLength: 3, maxLength: 3 }),
  fc.constantFrom('Always' as const, 'BeforeRinging' as const),
  fc.array(step, { maxLength: 14 }),
)

describe('a routed call, whatever its backends, its caller and the connection do', () => {
  it('ends: the caller gets one final response, unless it has cancelled or the connection is lost, and that is told once', () => {
    fc.assert(
      fc.property(scenario, ([refused, failover, steps]) => {
        const { statuses, results, work, clock, cancelled } = play(refused, failover, steps)
        const finals = statuses.filter((status) => status >= 200)
        expect(results).toHaveLength(1)
        const [result] = results
        if (result?.outcome === 'unanswered') expect(finals).toEqual([])
        else expect(finals).toEqual(cancelled ? [] : [result?.status])
        const bridged = result?.outcome === 'forwarded' && result.status === 200 ? 1 : 0
        expect([work.size, clock.pending]).toEqual([bridged, 0])
      }),
    )
  })

  it('tries one target at a time, each once, and tells the end of each attempt once', () => {
    fc.assert(
      fc.property(scenario, ([refused, failover, steps]) => {
        const { requests, progress } = play(refused, failover, steps)
        const ends = progress.flatMap((one) => (one.type === 'attempt' && one.result !== 'late' ? [one.target.id] : []))
        expect(requests.length).toBeLessThanOrEqual(3)
        expect(new Set(ends).size).toBe(ends.length)
        expect(progress.filter(({ type }) => type === 'first-response').length).toBeLessThanOrEqual(1)
      }),
    )
  })

  it('leaves no backend with an answer that nobody acknowledges, but the one whose ACK is the caller’s to send', () => {
    fc.assert(
      fc.property(scenario, ([refused, failover, steps]) => {
        const { answers, acknowledged, results } = play(refused, failover, steps)
        const forwarded = results[0]?.outcome === 'forwarded' && results[0].status === 200 ? 1 : 0
        expect(acknowledged).toBe(answers - forwarded)
      }),
    )
  })

  it('leaves no backend to ring for nobody', () => {
    fc.assert(
      fc.property(scenario, ([refused, failover, steps]) => {
        const { requests, results } = play(refused, failover, steps)
        if (results[0]?.outcome === 'unanswered') return
        expect(requests.filter(({ ended, cancelled }) => !ended && !cancelled)).toEqual([])
      }),
    )
  })
})
