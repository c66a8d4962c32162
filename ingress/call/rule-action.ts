/** What the winning rule says: route, redirect or reject. */
import { toCanonical } from '../lookup/phone-number.ts'
import type { Action, RouteAction, RuleEntry, TrunkEntry } from '../route-table/route-table.ts'
import type { Answer, FailoverCondition, ProxyPlan, ProxyProgress, ProxyResult } from '../sip/engine.ts'
import { callerEdits } from './asserted-identity.ts'
import type { CallDeps } from './call-deps.ts'
import type { Outcome } from './call-events.ts'
import { type CallTarget, callTargets } from './call-targets.ts'
import { callerTargetOf } from './caller-target.ts'
import { type Decision, refuse, tell } from './decision.ts'
import { writeDialogData } from './dialog-data.ts'
import { expandTemplate, type TemplateValues } from './template.ts'

type RejectAction = Extract<Action, { type: 'Reject' }>
type Contacts = Extract<Action, { type: 'Redirect' }>['contacts']

const SIPS_NOT_ALLOWED: Answer = { status: 480, reason: 'Temporarily Unavailable', warningCode: 380 }

export interface Routing {
  readonly trunk: TrunkEntry
  readonly rule: RuleEntry
  readonly action: RouteAction
}

export function reject(decision: Decision, deps: CallDeps, action: RejectAction): void {
  const { status, reason } = action
  refuse(decision, deps, { status, reason }, { outcome: 'rejected', reason: 'the rule rejects' })
}

/** RFC 3261 §21.3.3. */
export function redirect(decision: Decision, deps: CallDeps, contacts: Contacts): void {
  const headers = contacts.map(({ uri, q }) => ({
    name: 'Contact',
    value: `<${uri}>${q === undefined ? '' : `;q=${q}`}`,
  }))
  const answer = { status: 302, reason: 'Moved Temporarily', headers }
  refuse(decision, deps, answer, { outcome: 'redirected', reason: 'the rule redirects' })
}

export function route(decision: Decision, deps: CallDeps, routing: Routing): void {
  const { trunk, action } = routing
  // RFC 5630 §5.3: what is addressed by sips goes nowhere without TLS, and no backend of a rule has it.
  if (decision.call.requestUri.scheme === 'sips') {
    return refuse(decision, deps, SIPS_NOT_ALLOWED, { outcome: 'no_backend', reason: 'no backend takes a sips call' })
  }
  const targets = callTargets(action.backends, deps)
  if (targets.length === 0) {
    const reason = 'every backend of the rule is paused, has weight 0 or has no ready endpoint'
    return refuse(decision, deps, trunk.responses.noBackend, { outcome: 'no_backend', reason })
  }
  const decidedAt = deps.now()
  const progress = (step: ProxyProgress): void => report(decision, deps, { step, targets })
  const done = (result: ProxyResult): void => finish(decision, deps, result, decidedAt)
  const callerTarget = callerTargetOf(decision.call.peer, deps.table, routing.trunk)
  decision.call.proxy({ ...planOf(decision, routing), callerTarget, targets, done, progress })
}

function planOf(
  decision: Decision,
  { trunk, rule, action }: Routing,
): Omit<ProxyPlan, 'targets' | 'done' | 'progress'> {
  const values: TemplateValues = {
    called: decision.called,
    calling: decision.calling,
    trunk: trunk.name,
    rule: rule.name,
  }
  // RFC 3325 §5: a trunk whose asserted identities we go by is inside the trust domain; any other's must not pass.
  const callerTrusted = trunk.numbers.callingFrom === 'PAI'
  const { removeHeaders, responseIdentity } = callerEdits(callerTrusted)
  return {
    requestUser:
      action.requestUser === undefined ? judgedUser(decision, trunk) : expandTemplate(action.requestUser, values),
    setHeaders: action.setHeaders.map(({ name, value }) => ({ name, value: expandTemplate(value, values) })),
    removeHeaders: [...action.removeHeaders, ...removeHeaders],
    responseIdentity,
    backendTimeout: action.backendTimeout,
    ringingTimeout: action.ringingTimeout,
    failoverOn: new Set(action.failoverOn.map(conditionOf)),
    failover: action.failover,
    dialogData: writeDialogData({ rule: rule.name, callerTrusted }),
    exhausted: { ...trunk.responses.noBackend, warning: `no_backend ${decision.id}` },
  }
}

/**
 * What was judged is what is dialled: where rules have compared the user of To, that one goes to the backend, unless the
 * caller's Request-URI says the same.
 */
function judgedUser({ call, called }: Decision, { numbers }: TrunkEntry): string | undefined {
  if (numbers.calledFrom !== 'To') return undefined
  const { number, fault } = toCanonical(call.requestUri.user, numbers)
  return number === called && fault === undefined ? undefined : (call.toUser ?? '')
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

function finish(decision: Decision, deps: CallDeps, result: ProxyResult, decidedAt: number): void {
  const { outcome, status, target, reason = EXPLANATIONS[outcome] } = result
  const backend = target?.id ?? ''
  tell(decision, deps, { outcome: OUTCOMES[outcome], status, reason, backend }, decidedAt)
  if (outcome !== 'unanswered') return
  deps.emit({ type: 'unanswered', trunk: decision.trunk?.name ?? '', callId: decision.call.callId })
}

interface Progress {
  readonly step: ProxyProgress
  readonly targets: readonly CallTarget[]
}

function report(decision: Decision, deps: CallDeps, { step, targets }: Progress): void {
  if (step.type === 'first-response') {
    const seconds = (deps.now() - decision.receivedAt) / 1000
    return deps.emit({ type: 'first-response', trunk: decision.trunk?.name ?? '', seconds })
  }
  const { target, result, status, retryAfter } = step
  const tried = retryAfter === undefined ? undefined : targets.find((one) => one === target)
  if (tried && retryAfter !== undefined) deps.health.pause(tried, retryAfter)
  deps.emit({ type: 'backend-attempt', backend: target.id, result, status })
}
