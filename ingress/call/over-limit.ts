/** What limits do to calls: calls beyond a limit are refused, and others are counted while they last. */

import type { RefusingLimit } from '../limit/call-limits.ts'
import type { CountedCall } from '../limit/counted-calls.ts'
import type { RuleEntry, TrunkEntry } from '../route-table/route-table.ts'
import { SERVICE_UNAVAILABLE } from '../sip/port/answers.ts'
import type { Answer } from '../sip/port/engine.ts'
import type { EngineEvent } from '../sip/port/events.ts'
import { TextHash } from '../sip/proxy/text-hash.ts'
import type { CallDeps } from './call-deps.ts'
import { callKey } from './call-key.ts'
import { type Decision, refuse } from './decision-record.ts'
import { readDialogData } from './dialog-data.ts'

interface Taken {
  readonly trunk: TrunkEntry
  readonly rule: RuleEntry
}

const EXPLANATIONS: Readonly<Record<RefusingLimit['kind'], string>> = {
  calls_per_second: 'more calls per second than the limit allows',
  concurrent_calls: 'as many calls at the same time as the limit allows',
}

/** Refuses a call that is beyond a limit of its trunk or of its rule. Returns whether it was refused. */
export function refuseOverLimit(decision: Decision, deps: CallDeps, { trunk, rule }: Taken): boolean {
  const limit = deps.limits.refusing(trunk, rule, () => inviteKey(decision, { trunk, rule }))
  if (limit === undefined) return false
  const reason = `${EXPLANATIONS[limit.kind]} (${limit.of} ${limit.of === 'trunk' ? trunk.name : rule.name})`
  const ending = { outcome: 'over_limit', reason, overLimitReason: `${limit.of}_${limit.kind}` } as const
  refuse(decision, deps, overLimitAnswer(trunk, limit.of), ending)
  return true
}

/** The answer to a call that a limit of the trunk, or of a rule, refuses. */
export function overLimitAnswer({ responses: { overLimit } }: TrunkEntry, of: RefusingLimit['of']): Answer {
  if (overLimit === undefined) return SERVICE_UNAVAILABLE
  const { status, reason, retryAfter } = overLimit
  // RFC 3261 §21.5.4: a Retry-After makes the carrier stop all its calls, and not only those of the rule.
  if (of === 'rule' || retryAfter === undefined) return { status, reason }
  return { status, reason, headers: [{ name: 'Retry-After', value: String(retryAfter) }] }
}

/** Counts a call that is about to be forwarded. Undefined if no limit counts it. */
export function countForwarded({ call }: Decision, deps: CallDeps, { trunk, rule }: Taken): CountedCall | undefined {
  const { callId, fromTag: callerTag } = call
  return deps.limits.begin(trunk, rule, () => callKey({ callId, callerTag }, rule.name))
}

/** Counts a call no longer that was hung up. A call that passed us twice is counted twice. */
export function endHungUp(event: Extract<EngineEvent, { type: 'hung-up' }>, { limits }: CallDeps): void {
  for (const data of event.dialogData) limits.hungUp(() => callKey(event, readDialogData(data).rule))
}

const fastHash = new TextHash()

/**
 * Stands for one INVITE of a trunk and a rule. Copies of it that came by different ways have the same key (RFC 3261 §8.2.2.2).
 * An INVITE that comes again with credentials has another CSeq, and is another one.
 */
function inviteKey({ call }: Decision, { trunk, rule }: Taken): number {
  const { callId, fromTag = '' } = call
  const [sequence = ''] = call.header('CSeq')
  const begun = fastHash.begin(0, 0).add(callId).add(fromTag).add(sequence)
  return begun.add(trunk.name).add(rule.name).number()
}

/** Reports a number that its trunk calls so often that the call may go in a circle. The call goes on. */
export function noteNumber({ called }: Decision, deps: CallDeps, { trunk, rule }: Taken): void {
  const key = fastHash.begin(0, 0).add(trunk.name).add(called).number()
  if (!deps.limits.isRepeated(key)) return
  deps.emit({ type: 'number-repeated', trunk: trunk.name, rule: rule.name, called })
}
