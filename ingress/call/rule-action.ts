/** Carries out the action of the rule that matched: route, redirect or reject. */
import type { CountedCall } from '../limit/counted-calls.ts'
import type { LiveTable } from '../lookup/live-table.ts'
import { toCanonical } from '../lookup/phone-number.ts'
import type { Action, RouteAction, RuleEntry, TrunkEntry } from '../route-table/route-table.ts'
import { MAX_DIALOG_DATA_BYTES } from '../sip/limits.ts'
import { escapeUser } from '../sip/message/uri.ts'
import { explainedAnswer, MOVED_TEMPORARILY, SIPS_NOT_ALLOWED, USER_TOO_LONG } from '../sip/port/answers.ts'
import type {
  Answer,
  CallerTarget,
  FailoverCondition,
  Peer,
  ProxyPlan,
  ProxyProgress,
  ProxyResult,
  RelayEdits,
} from '../sip/port/engine.ts'
import { callerEdits } from './asserted-identity.ts'
import { type AttemptFinder, attemptFinding } from './attempt-finding.ts'
import { type Attempts, attemptBegan, attemptEnded, beganAt, endOpen } from './attempt-record.ts'
import type { CallDeps } from './call-deps.ts'
import type { Outcome, PassedOver } from './call-events.ts'
import { type CallTarget, callTargets } from './call-targets.ts'
import { type Decision, refuse, reportDecision } from './decision-record.ts'
import { type SealedHeaders, writeDialogData } from './dialog-data.ts'
import { NAMED_BACKENDS } from './limits.ts'
import { countForwarded, noteNumber } from './over-limit.ts'
import { headerEdits, type RuleHeaders, ruleHeaders } from './rule-headers.ts'
import { expandUser, type TemplateValues } from './template.ts'

type RejectAction = Extract<Action, { type: 'Reject' }>
type Contacts = Extract<Action, { type: 'Redirect' }>['contacts']

export interface Routing {
  readonly trunk: TrunkEntry
  readonly rule: RuleEntry
  readonly action: RouteAction
}

/**
 * Where the backend's requests are sent to reach the caller. A private Contact means that the caller is behind a NAT. The
 * packet came through this NAT, so the requests are sent to the packet's source. Behind a trusted proxy of the trunk, the
 * requests are sent to the Contact. The proxy has to find the caller, and the Contact may be on the proxy's network.
 */
function callerTargetOf(peer: Peer, table: LiveTable, { name, nat }: TrunkEntry): CallerTarget {
  if (nat !== undefined) return nat === 'Source' ? 'source' : 'contact'
  for (const { entry } of table.peer(peer.address).proxyOf.keys()) if (entry.name === name) return 'contact'
  return 'public-contact'
}

export function reject(decision: Decision, deps: CallDeps, action: RejectAction): void {
  const { status, reason } = action
  refuse(decision, deps, { status, reason }, { outcome: 'rejected', reason: 'the rule rejects' })
}

/** Refuses the call with 302 and the rule's contacts (RFC 3261 §21.3.3). */
export function redirect(decision: Decision, deps: CallDeps, contacts: Contacts): void {
  const headers = contacts.map(({ uri, q }) => ({
    name: 'Contact',
    value: `<${uri}>${q === undefined ? '' : `;q=${q}`}`,
  }))
  const answer = { ...MOVED_TEMPORARILY, headers }
  refuse(decision, deps, answer, { outcome: 'redirected', reason: 'the rule redirects' })
}

export function route(decision: Decision, deps: CallDeps, routing: Routing): void {
  const { action } = routing
  // A request to a sips URI may be sent only over TLS (RFC 5630 §5.3). No backend of a rule has TLS.
  if (decision.call.requestUri.scheme === 'sips') {
    return refuse(decision, deps, SIPS_NOT_ALLOWED, { outcome: 'no_backend', reason: 'no backend takes a sips call' })
  }
  const { targets, passedOver } = callTargets(action.backends, deps, (target) => decision.call.canReach(target))
  if (targets.length === 0) return noTarget(decision, deps, { routing, passedOver })
  const headers = ruleHeaders(action)
  const values = valuesOf(decision, routing)
  const callerTrusted = isTrusted(routing)
  const dialogData = writeDialogData({
    rule: routing.rule.name,
    callerTrusted,
    headers: headers && sealed(headers, values),
  })
  // Later requests of the call get their headers from values in the cookie. If the values do not fit into the cookie, these
  // headers would be missing. So the call is refused now.
  if (Buffer.byteLength(dialogData) > MAX_DIALOG_DATA_BYTES) {
    const reason = 'the called and the calling user are too long for a rule that makes headers of them'
    return refuse(decision, deps, USER_TOO_LONG, { outcome: 'malformed', reason })
  }
  const edits = editsOf(headers, values, callerTrusted)
  noteNumber(decision, deps, routing)
  const counted = countForwarded(decision, deps, routing)
  const parts = { targets, passedOver, routing, values, edits, dialogData, counted }
  decision.call.proxy(new RoutedCall(decision, deps, parts))
}

const NO_TARGET = 'every backend of the rule is paused, has weight 0 or has no ready endpoint'
const NO_ADDRESS = 'DNS has given no address for the backends of the rule, see the log lines about their names'
const NO_SOCKET = 'this process listens on no address of the family and transport of any backend that is up'

/**
 * Refuses a call that has no target. Each backend that no socket reaches is then counted as a failed attempt. If a call has
 * another target, such a backend is passed over and is not counted.
 */
function noTarget(
  decision: Decision,
  deps: CallDeps,
  { routing, passedOver }: { readonly routing: Routing; readonly passedOver: readonly PassedOver[] },
): void {
  const missed = passedOver.filter(({ result }) => result === 'no_socket').map(({ backend }) => backend)
  const reason = noTargetReason(missed, passedOver)
  refuse(decision, deps, routing.trunk.responses.noBackend, { outcome: 'no_backend', reason, passedOver })
  for (const backend of missed) {
    deps.emit({ type: 'backend-attempt', backend, result: 'no_socket', status: 0, heard: false })
  }
}

function noTargetReason(missed: readonly string[], passedOver: readonly PassedOver[]): string {
  if (missed.length > 0) return `${NO_SOCKET}: ${missed.slice(0, NAMED_BACKENDS).join(', ')}`
  const nameless = passedOver.filter(({ result }) => result === 'unresolved').map(({ backend }) => backend)
  return nameless.length > 0 ? `${NO_ADDRESS}: ${nameless.slice(0, NAMED_BACKENDS).join(', ')}` : NO_TARGET
}

function valuesOf({ called, calling }: Decision, { trunk, rule }: Routing): TemplateValues {
  return { called, calling, trunk: trunk.name, rule: rule.name }
}

/**
 * A trunk is inside the trust domain if we use its asserted identities (RFC 3325 §5). The asserted identities of other trunks
 * must not reach the backend.
 */
function isTrusted({ trunk }: Routing): boolean {
  return trunk.numbers.callingFrom === 'PAI'
}

function editsOf(headers: RuleHeaders | undefined, values: TemplateValues, callerTrusted: boolean): RelayEdits {
  const edits = callerEdits(callerTrusted)
  if (!headers) return edits
  const { setHeaders, removeHeaders } = headerEdits(headers, values)
  return { ...edits, setHeaders, removeHeaders: [...removeHeaders, ...edits.removeHeaders] }
}

/** The values from which the plan of a call is made, beside its targets. */
interface PlanParts {
  readonly targets: readonly CallTarget[]
  readonly passedOver: readonly PassedOver[]
  readonly routing: Routing
  readonly values: TemplateValues
  readonly edits: RelayEdits
  readonly dialogData: string
  readonly counted: CountedCall | undefined
}

/** A call for which the engine is trying or has tried backends. It is its own plan, which saves three objects per call. */
class RoutedCall implements ProxyPlan, AttemptFinder {
  readonly targets: readonly CallTarget[]
  readonly requestUser: string | undefined
  readonly setHeaders: RelayEdits['setHeaders']
  readonly removeHeaders: RelayEdits['removeHeaders']
  readonly responseIdentity: RelayEdits['responseIdentity']
  readonly backendTimeout: number | undefined
  readonly ringingTimeout: number | undefined
  readonly failoverOn: ReadonlySet<FailoverCondition>
  readonly failover: ProxyPlan['failover']
  readonly callerTarget: CallerTarget
  readonly dialogData: string
  readonly decision: Decision
  readonly decidedAt: number
  readonly passedOver: readonly PassedOver[]
  readonly attempts: Attempts = []
  readonly ejectOn: AttemptFinder['ejectOn']
  /** Whether the end of the call has been reported. Attempts that change later do not change the report. */
  over = false
  readonly counted: CountedCall | undefined
  private readonly deps: CallDeps
  private readonly trunk: TrunkEntry

  constructor(decision: Decision, deps: CallDeps, parts: PlanParts) {
    const { routing, edits, values } = parts
    const { trunk, action } = routing
    this.targets = parts.targets
    this.requestUser =
      action.requestUser === undefined ? judgedUser(decision, trunk) : expandUser(action.requestUser, values)
    this.setHeaders = edits.setHeaders
    this.removeHeaders = edits.removeHeaders
    this.responseIdentity = edits.responseIdentity
    this.backendTimeout = action.backendTimeout
    this.ringingTimeout = action.ringingTimeout
    this.failoverOn = failoverOf(action)
    this.failover = action.failover
    this.callerTarget = callerTargetOf(decision.call.peer, deps.table, trunk)
    this.dialogData = parts.dialogData
    this.decision = decision
    this.decidedAt = deps.now()
    this.passedOver = parts.passedOver
    this.counted = parts.counted
    this.deps = deps
    this.trunk = trunk
    this.ejectOn = action.ejectOn
  }

  /** For whom a 503 of a backend counts. Made only when an attempt has failed. */
  get caller(): string {
    return `${this.trunk.name} ${this.decision.calling}`
  }

  /** Made only when it is needed, because few calls end with it. */
  get exhausted(): Answer {
    return explainedAnswer(this.trunk.responses.noBackend, 'no_backend', this.decision.id)
  }

  done(result: ProxyResult): void {
    finish(this, this.deps, result)
  }

  progress(step: ProxyProgress): void {
    report(this, this.deps, step)
  }
}

/** The conditions of a rule's failover. They are prepared once for all calls of the rule. */
const failovers = new WeakMap<RouteAction, ReadonlySet<FailoverCondition>>()

function failoverOf(action: RouteAction): ReadonlySet<FailoverCondition> {
  const known = failovers.get(action)
  if (known) return known
  const conditions = new Set(action.failoverOn.map(conditionOf))
  failovers.set(action, conditions)
  return conditions
}

/**
 * The user for the Request-URI. The number that rules compared must be the number that is dialled. So if rules compared the
 * user of To, this user is sent to the backend. Undefined if rules compared the Request-URI, or if the caller's Request-URI
 * already has the same number.
 */
function judgedUser({ call, called }: Decision, { numbers }: TrunkEntry): string | undefined {
  if (numbers.calledFrom !== 'To') return undefined
  const { number, fault } = toCanonical(call.requestUri.user, numbers)
  return number === called && fault === undefined ? undefined : escapeUser(call.toUser ?? '')
}

/** The values from which headers are made, and no others. Every byte of the result is sent with every request of the call. */
function sealed({ marks, needs }: RuleHeaders, { trunk, called, calling }: TemplateValues): SealedHeaders {
  return {
    marks,
    trunk: needs.has('trunk') ? trunk : undefined,
    called: needs.has('called') ? called : undefined,
    calling: needs.has('calling') ? calling : undefined,
  }
}

function conditionOf(text: string): FailoverCondition {
  return text === 'timeout' || text === 'transport' ? text : Number(text)
}

const EXPLANATIONS: Readonly<Record<ProxyResult['outcome'], string>> = {
  forwarded: "the answer is the backend's",
  exhausted: 'no backend took the call',
  cancelled: 'the caller cancelled',
  unanswered: 'the call ended without a final response',
}

const OUTCOMES: Readonly<Record<ProxyResult['outcome'], Outcome>> = {
  forwarded: 'forwarded',
  exhausted: 'no_backend',
  cancelled: 'cancelled',
  unanswered: 'no_backend',
}

function finish(proxied: RoutedCall, deps: CallDeps, result: ProxyResult): void {
  const { decision, decidedAt, passedOver, attempts } = proxied
  const { outcome, status, target, reason = EXPLANATIONS[outcome] } = result
  proxied.over = true
  const isAnswered = outcome === 'forwarded' && status < 300
  if (proxied.counted && !isAnswered) deps.limits.end(proxied.counted)
  // After the caller has its answer, the engine cancels the open attempts. After `unanswered`, nobody knows how these
  // attempts end.
  endOpen(attempts, outcome === 'unanswered' ? 'unfinished' : 'cancelled', deps.now())
  const backend = target?.id ?? ''
  const ending = { outcome: OUTCOMES[outcome], reason, backend, attempts, passedOver }
  reportDecision(decision, deps, ending, { status, decidedAt })
  if (outcome !== 'unanswered') return
  deps.emit({ type: 'unanswered', trunk: decision.trunk?.name ?? '', callId: decision.call.callId })
}

function report(proxied: RoutedCall, deps: CallDeps, step: ProxyProgress): void {
  const { decision, targets } = proxied
  switch (step.type) {
    case 'first-response': {
      const seconds = (deps.now() - decision.receivedAt) / 1000
      const trunk = decision.trunk?.name ?? ''
      const target = callTarget(targets, step)
      // A final response is not judged here: the end of its attempt says what it means.
      if (target && step.status < 200) {
        deps.health.observe(target, { type: 'answered', beganAt: beganAt(proxied.attempts, target) })
      }
      return deps.emit({ type: 'first-response', trunk, backend: step.target.id, status: step.status, seconds })
    }
    case 'attempt': {
      const target = callTarget(targets, step)
      if (target !== undefined) attempted(proxied, deps, { step, target })
      return
    }
    case 'began': {
      const target = callTarget(targets, step)
      if (target === undefined) return
      attemptBegan(proxied.attempts, target, deps.now())
      deps.health.observe(target, BEGAN)
    }
  }
}

/** One object for all attempts, because it is made for each of them. */
const BEGAN = { type: 'began' } as const

function callTarget(targets: readonly CallTarget[], { target }: ProxyProgress): CallTarget | undefined {
  for (let i = 0; i < targets.length; i++) if (targets[i] === target) return targets[i]
  return undefined
}

interface Attempted {
  readonly step: Extract<ProxyProgress, { type: 'attempt' }>
  readonly target: CallTarget
}

function attempted(call: RoutedCall, deps: CallDeps, { step, target }: Attempted): void {
  const { attempts, over } = call
  const { result, status, heard, retryAfter } = step
  const input = attemptFinding(step, call, beganAt(attempts, target))
  if (input) deps.health.observe(target, input)
  if (!over) attemptEnded(attempts, target, step, deps.now())
  if (retryAfter !== undefined) deps.health.pause(target, retryAfter)
  deps.emit({ type: 'backend-attempt', backend: target.id, result, status, heard })
}
