/**
 * Runs the code that decides calls, for one call. The result says what the application does with an INVITE, and what the
 * caller sees.
 */
import { ipv4Address } from '../../ingress/address/ip-address.ts'
import { createApplication } from '../../ingress/call/application.ts'
import { createBackendHealth } from '../../ingress/call/backend-health.ts'
import type { CallDecided, CallEvent } from '../../ingress/call/call-events.ts'
import { createCallLimits } from '../../ingress/limit/call-limits.ts'
import { createLiveTable, type LiveTable } from '../../ingress/lookup/live-table.ts'
import type { RuleEntry, ServiceEntry } from '../../ingress/route-table/route-table.ts'
import { writeAnswer } from '../../ingress/sip/native/server-side.ts'
import { explainedAnswer, TRYING } from '../../ingress/sip/port/answers.ts'
import type { Answer, InboundCall, ProxyPlan } from '../../ingress/sip/port/engine.ts'
import type { MessageRequest } from '../../ingress/sip/port/inbound-request.ts'
import { refusalOf } from '../../ingress/sip/proxy/request-validation.ts'

/** Placeholders in a Warning. In their places, a running ingress writes its host and the id of its log line. */
const WARNING_AGENT = 'HOST'
const DECISION_ID = 'DECISION-ID'

export interface ExplainedDecision {
  readonly outcome: CallDecided['outcome']
  readonly reason: string
  /** The status line of the response, and the headers that the ingress adds. Empty if nothing is sent. */
  readonly response: readonly string[]
  /** The plan, and the response if every backend fails. Absent if the call is not forwarded. */
  readonly forwarding?: { readonly plan: ProxyPlan; readonly exhausted: readonly string[] }
}

/**
 * Decides a call like an ingress that is not shutting down and has no paused backend. `at`: when the call comes, in milliseconds
 * since 1970.
 */
export function explainedDecision(table: LiveTable, request: MessageRequest, at: number): ExplainedDecision {
  const events: CallEvent[] = []
  const emit = (event: CallEvent): void => {
    events.push(event)
  }
  const application = createApplication({
    ...{ table, emit, health: createBackendHealth(() => 0, emit), ownAddress: [] },
    limits: createCallLimits({ now: () => 0 }),
    ...{ now: () => 0, wallClock: () => at, newId: () => DECISION_ID, fraction: () => 0 },
    ...{ leaving: () => false, draining: () => false, settleOptions: 'unavailable', isOwnHost: () => false },
  })
  const refusal = refusalOf(request.message, request.facts, application.headersRead())
  if (refusal && application.isKnown(request.peer)) {
    const answer = explainedAnswer(refusal, 'malformed', DECISION_ID)
    return { outcome: 'malformed', reason: refusal.reason, response: responseLines(request, answer) }
  }
  const verb = verbOf(request, (call) => application.onInvite(call))
  switch (verb.type) {
    case 'proxy':
      return forwarded(request, verb.plan)
    case 'drop':
      return answered(events, [])
    case 'respond':
      return answered(events, responseLines(request, verb.answer))
  }
}

function answered(events: readonly CallEvent[], response: readonly string[]): ExplainedDecision {
  const decided = events.find((event) => event.type === 'call')
  if (decided === undefined) throw new TypeError('the application has answered a call and not reported it')
  return { outcome: decided.outcome, reason: decided.reason, response }
}

/**
 * The decision if each Service of the rule had a ready endpoint and each name an address. Called for a rule of whose backends none
 * can be called now.
 */
export function decisionOnCluster(
  table: LiveTable,
  rule: RuleEntry,
  request: MessageRequest,
  at: number,
): ExplainedDecision {
  const cluster = createLiveTable()
  cluster.load([...table.trunks(), rule, ...servicesOf(rule)], 1)
  for (const place of cluster.names.keys()) cluster.setServers(place, SOME_SERVER)
  return explainedDecision(cluster, request, at)
}

/** A server of a name, at an address that nobody uses (RFC 5737 §3). */
const SOME_SERVER = [
  {
    target: 'ingress.invalid',
    priority: 0,
    weight: 0,
    port: 5060,
    transport: undefined,
    addresses: [ipv4Address(0xc0000201)],
  },
]

/** The Services that a rule names. Each Service has one endpoint, at an address that nobody uses (RFC 5737 §3). */
function servicesOf({ namespace, action }: RuleEntry): ServiceEntry[] {
  if (action.type !== 'Route') return []
  const names = new Set(action.backends.flatMap((backend) => ('service' in backend ? [backend.service] : [])))
  const endpoints = [{ address: '192.0.2.1', port: 5060, state: 'ready' as const }]
  return Array.from(names, (name) => ({ kind: 'service', name, namespace, transport: 'UDP', endpoints }))
}

type Verb =
  | { readonly type: 'drop' }
  | { readonly type: 'respond'; readonly answer: Answer }
  | { readonly type: 'proxy'; readonly plan: ProxyPlan }

/** The one function of the call that `decide` uses for the INVITE: `drop`, `respond` or `proxy`. */
function verbOf(request: MessageRequest, decide: (call: InboundCall) => void): Verb {
  let verb: Verb = { type: 'drop' }
  const call: InboundCall = Object.assign(request, {
    provisionalSent: false,
    repeated: false,
    drop: () => 'none' as const,
    respond: (answer: Answer) => {
      verb = { type: 'respond', answer }
    },
    respondOnce: (answer: Answer) => {
      verb = { type: 'respond', answer }
      return true
    },
    proxy: (plan: ProxyPlan) => {
      verb = { type: 'proxy', plan }
    },
    // On which addresses the pods listen is unknown here, so every target counts as reachable.
    canReach: () => true,
  })
  decide(call)
  return verb
}

function forwarded(request: MessageRequest, plan: ProxyPlan): ExplainedDecision {
  return {
    outcome: 'forwarded',
    reason: 'the rule routes: the answer is what a backend says',
    response: responseLines(request, TRYING),
    forwarding: { plan, exhausted: responseLines(request, plan.exhausted) },
  }
}

/** Headers that `explain` does not show: copies of headers of the request, and Content-Length, which is always 0. */
const COPIED = /^(Via|From|To|Call-ID|CSeq|Content-Length|Record-Route|Timestamp):/i

function responseLines({ message }: MessageRequest, answer: Answer): string[] {
  const side = { message, viaSource: { received: undefined, rport: undefined }, tag: 'explain' }
  const lines = writeAnswer(side, answer, WARNING_AGENT).toString('utf8').split('\r\n')
  return lines.filter((line) => line !== '' && !COPIED.test(line))
}
