/**
 * Decides INVITEs. This is the only place where lookup and SIP are combined. An INVITE is decided from memory before the
 * first byte is sent. Strangers get no byte. Every other sender gets a final response. Only a backend sends ringing.
 */
import { chooseTrunk, type NearMiss, type TrunkVerdict, trunkOf } from '../lookup/choose-trunk.ts'
import { matchRule } from '../lookup/match-rule.ts'
import type { ScheduleMiss } from '../lookup/schedule-test.ts'
import { scheduleMissText } from '../lookup/schedule-text.ts'
import { faultText } from '../lookup/user-fault.ts'
import type { RuleEntry, TrunkEntry } from '../route-table/route-table.ts'
import type { UserFault } from '../route-table/user-reading.ts'
import { FORBIDDEN, SERVICE_UNAVAILABLE, SEVERAL_ASSERTED_IDENTITIES } from '../sip/port/answers.ts'
import type { InboundCall } from '../sip/port/engine.ts'
import { isAmbiguousIdentity } from './asserted-identity.ts'
import type { CallDeps } from './call-deps.ts'
import type { NoRuleReason } from './call-events.ts'
import { callSource } from './call-source.ts'
import { type Decision, openDecision, refuse, reportDecision } from './decision-record.ts'
import { reportDrop, strangerReason } from './dropped-packets.ts'
import { refuseOverLimit } from './over-limit.ts'
import { redirect, reject, route } from './rule-action.ts'

export function handleInvite(call: InboundCall, deps: CallDeps): void {
  const decision = openDecision(call, deps)
  if (!deps.table.loaded) return refuseUnloaded(decision, deps)
  const verdict = chooseTrunk(deps.table, call)
  if (verdict.type === 'stranger') return dropStranger(decision, deps, verdict.nearMisses)
  decision.source = callSource(deps.table, call, trunkOf(verdict))
  if (deps.draining()) return refuseDraining(decision, deps, verdict)
  switch (verdict.type) {
    case 'known':
      return refuse(decision, deps, FORBIDDEN, { outcome: 'rejected', reason: 'no trunk admits this peer' })
    case 'unreadable':
      decision.called = verdict.called
      return noRule(decision, deps, { ...verdict, reason: 'called_unreadable', nearest: undefined })
    case 'not_owned':
      decision.called = verdict.called
      return noRule(decision, deps, { trunk: verdict.trunk, reason: 'called_not_owned', nearest: undefined })
    case 'admitted':
      decision.called = verdict.called
      decision.calling = verdict.calling
      if (verdict.trunk.numbers.callingFrom === 'PAI' && isAmbiguousIdentity(call)) {
        return refuseAmbiguous(decision, deps, verdict.trunk)
      }
      return applyRules(decision, deps, verdict)
  }
}

/**
 * Drops a stranger's INVITE and sends no byte (invariant I1). One exception: if the engine has already sent a provisional
 * response, 503 is sent. The engine itself handles all other requests of strangers (`sip/proxy/silence-for-strangers.ts`).
 */
function dropStranger(decision: Decision, deps: CallDeps, nearMisses: readonly NearMiss[]): void {
  const { peer, method, repeated } = decision.call
  const decidedAt = deps.now()
  const status = decision.call.drop() === '503' ? 503 : 0
  if (!repeated) {
    const reason = 'no trunk admits this source'
    reportDecision(decision, deps, { outcome: 'auth_drop', reason }, { status, decidedAt })
  }
  const reason = strangerReason(peer.address, deps.ownAddress)
  reportDrop(deps, { type: 'dropped', source: peer, reason, method }, nearMisses)
}

/**
 * Refuses a call while no table is loaded. Without a table, every sender may be a stranger. So every source is unvouched:
 * it gets one answer without state, and the call is reported once.
 */
function refuseUnloaded(decision: Decision, deps: CallDeps): void {
  const decidedAt = deps.now()
  const status = decision.call.respondOnce(SERVICE_UNAVAILABLE) ? SERVICE_UNAVAILABLE.status : 0
  if (decision.call.repeated) return
  const ending = { outcome: 'rules_unavailable', reason: 'no rule table was ever loaded' } as const
  reportDecision(decision, deps, ending, { status, decidedAt })
}

/**
 * Refuses every call of a peer during the drain, before rules are tried. If the trunk sends the call again, the call
 * reaches another pod.
 */
function refuseDraining(
  decision: Decision,
  deps: CallDeps,
  verdict: Exclude<TrunkVerdict, { type: 'stranger' }>,
): void {
  if (verdict.type !== 'known') {
    decision.trunk = verdict.trunk
    decision.called = verdict.called
  }
  const answer = decision.trunk?.responses.draining ?? SERVICE_UNAVAILABLE
  refuse(decision, deps, answer, { outcome: 'draining', reason: 'this process is shutting down' })
}

/**
 * Refuses a call with several asserted identities, because the trunk does not say which of them is the caller (RFC 3325
 * §9.1).
 */
function refuseAmbiguous(decision: Decision, deps: CallDeps, trunk: TrunkEntry): void {
  decision.trunk = trunk
  decision.calling = ''
  const reason = 'P-Asserted-Identity names more than one SIP URI and one tel URI'
  refuse(decision, deps, SEVERAL_ASSERTED_IDENTITIES, { outcome: 'malformed', reason })
}

function applyRules(decision: Decision, deps: CallDeps, admitted: Admitted): void {
  const { trunk, callingFault } = admitted
  const verdict = matchRule(deps.table, admitted, decision.call, deps.wallClock())
  switch (verdict.type) {
    case 'no_rule':
      return noRule(decision, deps, { ...verdict, trunk, fault: callingFault })
    case 'rule':
      return applyRule(decision, deps, trunk, verdict.rule)
  }
}

function applyRule(decision: Decision, deps: CallDeps, trunk: TrunkEntry, rule: RuleEntry): void {
  decision.trunk = trunk
  decision.rule = rule
  deps.emit({ type: 'rule-won', rule: rule.name })
  const isLimited = trunk.limits !== undefined || rule.limits !== undefined
  if (isLimited && refuseOverLimit(decision, deps, { trunk, rule })) return
  const { action } = rule
  switch (action.type) {
    case 'Route':
      return route(decision, deps, { trunk, rule, action })
    case 'Redirect':
      return redirect(decision, deps, action.contacts)
    case 'Reject':
      return reject(decision, deps, action)
  }
}

type Admitted = Extract<TrunkVerdict, { type: 'admitted' }>

interface NoRule {
  readonly trunk: TrunkEntry
  readonly reason: NoRuleReason
  /** Name of the nearest rule, as in `RuleVerdict`. Undefined if there is no such rule. */
  readonly nearest: string | undefined
  /** Why a number cannot be read. Shown only if `reason` says that a number cannot be read. */
  readonly fault?: UserFault | undefined
  /** Why the schedule of the nearest rule does not hold. Only if `reason` is `schedule`. */
  readonly schedule?: ScheduleMiss | undefined
}

const EXPLANATIONS: Readonly<Record<NoRuleReason, string>> = {
  no_rules: 'the trunk has no rule',
  called_unreadable: 'the called number cannot be read',
  called_not_owned: 'no trunk that admits this peer owns the called number',
  called: 'no rule matches the called number',
  calling_unreadable: 'a rule asks for the calling number, which cannot be read',
  calling: 'the nearest rule does not match the calling number',
  header: 'the nearest rule does not match a header',
  schedule: 'the nearest rule is outside its schedule',
}

/** Whether the text for a reason contains the name of the nearest rule. */
const NAMES_RULE: Readonly<Record<NoRuleReason, boolean>> = {
  no_rules: false,
  called_unreadable: false,
  called_not_owned: false,
  called: false,
  calling_unreadable: true,
  calling: true,
  header: true,
  schedule: true,
}

/**
 * Answers a known caller at once if no rule matches its call. The answer is `responses.noRule` of the trunk, 503 by default
 * (`crds/schema/sip-trunk.ts`). A metric shows which condition failed.
 */
function noRule(decision: Decision, deps: CallDeps, { trunk, reason, nearest, fault, schedule }: NoRule): void {
  decision.trunk = trunk
  const named = nearest !== undefined && NAMES_RULE[reason]
  const unreadable = fault !== undefined && (reason === 'called_unreadable' || reason === 'calling_unreadable')
  const more = (unreadable ? `: ${faultText(fault)}` : '') + (schedule ? `: ${scheduleMissText(schedule)}` : '')
  const why = `${EXPLANATIONS[reason]}${named ? ` (${nearest})` : ''}${more}`
  refuse(decision, deps, trunk.responses.noRule, { outcome: 'no_rule', reason: why, noRuleReason: reason })
  if (reason !== 'called_not_owned') return
  const { source, call } = decision
  deps.emit({ type: 'near-miss', source, trunk: trunk.name, reason: 'called', method: call.method })
}
