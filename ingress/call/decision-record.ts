/** The record of one INVITE while `handleInvite` decides it: the facts that are known so far, and the report of the end. */
import type { RuleEntry, TrunkEntry } from '../route-table/route-table.ts'
import { explainedAnswer } from '../sip/port/answers.ts'
import type { Answer, InboundCall } from '../sip/port/engine.ts'
import { NO_ATTEMPTS } from './attempt-record.ts'
import type { CallDeps } from './call-deps.ts'
import type {
  CallAttempt,
  CallDecided,
  CallSource,
  NoRuleReason,
  Outcome,
  OverLimitReason,
  PassedOver,
} from './call-events.ts'
import { NOTHING_PASSED_OVER } from './call-targets.ts'

export interface Decision {
  readonly id: string
  readonly call: InboundCall
  readonly receivedAt: number
  /** The source of the packet. When the trunk of the call is known, the source that the trunk judged is added. */
  source: CallSource
  trunk: TrunkEntry | undefined
  rule: RuleEntry | undefined
  called: string
  calling: string
}

/** How a decision ended. */
export interface Ending {
  readonly outcome: Outcome
  readonly reason: string
  readonly noRuleReason?: NoRuleReason
  readonly overLimitReason?: OverLimitReason
  readonly backend?: string
  readonly attempts?: readonly CallAttempt[]
  readonly passedOver?: readonly PassedOver[]
}

export function openDecision(call: InboundCall, deps: CallDeps): Decision {
  const receivedAt = deps.now()
  const id = deps.newId()
  return { id, call, receivedAt, source: call.peer, trunk: undefined, rule: undefined, called: '', calling: '' }
}

/** Sends our own final response, with the reason in a Warning header (RFC 3261 §20.43), and reports the decision. */
export function refuse(decision: Decision, deps: CallDeps, answer: Answer, ending: Ending): void {
  const decidedAt = deps.now()
  decision.call.respond(explainedAnswer(answer, ending.outcome, decision.id))
  reportDecision(decision, deps, ending, { status: answer.status, decidedAt })
}

/** The final status of a call, and when the call was decided. */
export interface FinalAnswer {
  /** 0 if nothing was sent. */
  readonly status: number
  readonly decidedAt: number
}

export function reportDecision(decision: Decision, deps: CallDeps, ending: Ending, final: FinalAnswer): void {
  deps.emit(callDecided(decision, ending, final, deps.now()))
}

/** The parts of a decision from which the event of a call is made. The Call-ID is empty if the INVITE could not be read. */
type ReportedDecision = Omit<Decision, 'call'> & { readonly call: Pick<InboundCall, 'callId'> }

/** Makes the event of a call that the application or the engine has decided. Times are monotonic milliseconds. */
export function callDecided(
  decision: ReportedDecision,
  ending: Ending,
  final: FinalAnswer,
  endedAt: number,
): CallDecided {
  const { call, trunk, rule } = decision
  return {
    type: 'call',
    decisionId: decision.id,
    callId: call.callId,
    source: decision.source,
    outcome: ending.outcome,
    status: final.status,
    trunk: trunk?.name ?? '',
    rule: rule?.name ?? '',
    reason: ending.reason,
    noRuleReason: ending.noRuleReason,
    overLimitReason: ending.overLimitReason,
    called: decision.called,
    calling: decision.calling,
    backend: ending.backend ?? '',
    attempts: ending.attempts ?? NO_ATTEMPTS,
    passedOver: ending.passedOver ?? NOTHING_PASSED_OVER,
    receivedAt: decision.receivedAt,
    decidedAt: final.decidedAt,
    endedAt,
  }
}
