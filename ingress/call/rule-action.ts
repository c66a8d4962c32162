/** What the winning rule says: route, redirect or reject. */
import type { Action, RouteAction, RuleEntry, TrunkEntry } from '../route-table/route-table.ts'
import type { Answer, FailoverCondition, ProxyPlan, ProxyProgress, ProxyResult } from '../sip/engine.ts'
import { callerEdits } from './asserted-identity.ts'
import type { CallDeps } from './call-deps.ts'
import type { Outcome } from './call-events.ts'
import { type CallTarget, type CanReach, callTargets, unreachableBackends } from './call-targets.ts'
import { type Decision, refuse, tell } from './decision.ts'
import { writeDialogData } from './dialog-data.ts'
import { NAMED_BACKENDS } from './limits.ts'
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
  const { action } = routing
  // RFC 5630 §5.3: what is addressed by sips goes nowhere without TLS, and no backend of a rule has it.
  if (decision.call.requestUri.scheme === 'sips') {
    return refuse(decision, deps, SIPS_NOT_ALLOWED, { outcome: 'no_backend', reason: 'no backend takes a sips call' })
  }
  const canReach: CanReach = (target) => decision.call.canReach(target)
  const targets = callTargets(action.backends, deps, canReach)
  if (targets.length === 0) return noTarget(decision, deps, { routing, canReach })
  const decidedAt = deps.now()
  const progress = (step: ProxyProgress): void => report(decision, deps, { step, targets })
  const done = (result: ProxyResult): void => finish(decision, deps, result, decidedAt)
  decision.call.proxy({ ...planOf(decision, routing), targets, done, progress })
}

const NO_TARGET = 'every backend of the rule is paused, has weight 0 or has no ready endpoint'
const NO_SOCKET = 'this process listens on no address of the family and transport of any backend that is up'

/** A backend that no socket reaches is counted where it is missed: while another takes the calls it is only passed over. */
function noTarget(
  decision: Decision,
  deps: CallDeps,
  { routing, canReach }: { readonly routing: Routing; readonly canReach: CanReach },
): void {
  const missed = unreachableBackends(routing.action.backends, deps, canReach)
  const reason = missed.length > 0 ? `${NO_SOCKET}: ${missed.slice(0, NAMED_BACKENDS).join(', ')}` : NO_TARGET
  refuse(decision, deps, routing.trunk.responses.noBackend, { outcome: 'no_backend', reason })
  for (const backend of missed) deps.emit({ type: 'backend-attempt', backend, result: 'no_socket', status: 0 })
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
    requestUser: action.requestUser === undefined ? undefined : expandTemplate(action.requestUser, values),
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
  const { outcome, status, target } = result
  const backend = target?.id ?? ''
  tell(decision, deps, { outcome: OUTCOMES[outcome], status, reason: EXPLANATIONS[outcome], backend }, decidedAt)
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
