/**
 * RFC 3261 §16: one INVITE, its response context and its branches. Targets are tried one after the other, as the rule
 * orders them; the branch table says what each input means, here it is done.
 */

import { MAX_BREADTH } from '../../limits.ts'
import type { SipMessage } from '../../message/sip-message.ts'
import type {
  Answer,
  AttemptResult,
  FailoverCondition,
  ProxyPlan,
  ProxyResult,
  ProxyTarget,
  ResponseIdentity,
} from '../../port/engine.ts'
import { bestResponse } from '../../proxy/best-response.ts'
import type { BranchAction } from '../../proxy/branch-table.ts'
import { editsHeader } from '../../proxy/header-edits.ts'
import { breadthOf } from '../../proxy/request-validation.ts'
import { retryAfterOf } from '../../proxy/response-facts.ts'
import type { EngineCore } from '../engine-core.ts'
import { type ServerSide, writeAnswer } from '../server-side.ts'
import type { ClientTransaction } from '../transaction/client-transaction.ts'
import type { ResponseSink, ServerTransaction } from '../transaction/server-transaction.ts'
import { writeAck } from './cancel-request.ts'
import type { InviteBranch } from './invite-branch.ts'
import { type InvitePurpose, openBranch, type SendingInvite, sendCancel, startBranch } from './invite-sending.ts'
import { type RelayingInvite, relayedInviteResponse } from './relayed-response.ts'

interface ReceivedFinal {
  readonly status: number
  readonly response: SipMessage
  readonly branch: InviteBranch
}

/** What a call that is over has left; nothing is ever added to it. */
const NONE: never[] = []
const REQUEST_TERMINATED: Answer = { status: 487, reason: 'Request Terminated' }
const RANG_TOO_LONG: Answer = { status: 408, reason: 'Request Timeout' }
const UNREACHABLE: Answer = { status: 500, reason: 'Next Hop Unreachable' }
const OUT_OF_BREADTH: Answer = { status: 440, reason: 'Max-Breadth Exceeded' }

export class ProxiedInvite implements SendingInvite, RelayingInvite {
  readonly core: EngineCore
  readonly purpose: InvitePurpose
  readonly responseIdentity: ResponseIdentity
  readonly dialog: RelayingInvite['dialog']
  readonly #transaction: ServerTransaction
  readonly #path: ResponseSink
  /** What only a call that is not over needs: RFC 6026 keeps an answered one for 32 s, and they are many. */
  #side: ServerSide | undefined
  #plan: ProxyPlan | undefined
  #branches: InviteBranch[] = []
  #finals: ReceivedFinal[] = []
  #onSettled: (() => void) | undefined
  /** Reason values of the caller's CANCEL, complete lines (RFC 3326 §2). */
  #cancelReason = ''
  #nextTarget = 0
  /** When the present target was first tried. */
  #openedAt = 0
  #cancelled = false
  #rang = false
  #settled = false
  #heard = false
  #freeBreadth: number

  constructor(core: EngineCore, side: ServerSide, plan: ProxyPlan, purpose: InvitePurpose) {
    this.core = core
    this.purpose = purpose
    this.responseIdentity = plan.responseIdentity
    const { callId, fromTag: callerTag = '' } = side.facts
    this.dialog = purpose.dialogData === undefined ? undefined : { callId, callerTag, data: purpose.dialogData }
    this.#transaction = side.transaction
    this.#path = side.path
    this.#side = side
    this.#plan = plan
    this.#freeBreadth = Math.min(breadthOf(side.message) ?? MAX_BREADTH, MAX_BREADTH)
  }

  /** RFC 3261 §17.2.1: a backend may take longer than 200 ms, so the caller is told at once that its call is on its way. */
  start(onSettled: () => void): void {
    this.#onSettled = onSettled
    this.#transaction.respond(100, this.#write({ status: 100, reason: 'Trying' }))
    this.side.flow.hold()
    this.#tryNext()
  }

  get side(): ServerSide {
    if (!this.#side) throw new Error('a call that is over has let go of its request')
    return this.#side
  }

  get plan(): ProxyPlan {
    if (!this.#plan) throw new Error('a call that is over has let go of its plan')
    return this.#plan
  }

  /** RFC 3261 §16.10: every pending branch is cancelled, and no further one is made. */
  cancel(reason: string): void {
    if (this.#settled || this.#cancelled) return
    this.#cancelled = true
    this.#cancelReason = this.#plan && editsHeader(this.#plan, 'reason') ? '' : reason
    for (const branch of this.#branches) branch.input('cancel')
    this.#finishCancelled(undefined)
  }

  /** Answers a call that still waits, whatever its branches would have said. */
  end(answer: Answer): void {
    this.#finishOwn(answer, { outcome: 'exhausted', target: undefined })
  }

  /** The server transaction is over. If nothing final went out, the application has to know. */
  serverEnded(): void {
    this.#settle({ outcome: 'unanswered', status: 0, target: undefined })
  }

  act(branch: InviteBranch, action: BranchAction, response: SipMessage | undefined): void {
    switch (action) {
      case 'relay-provisional':
        return this.#relayProvisional(branch, response)
      case 'relay-success':
        return this.#relaySuccess(branch, response)
      case 'judge':
        return this.#judge(branch, response)
      case 'judge-time-out':
      case 'give-up':
        return this.#judgeSilence(branch, 'timeout')
      case 'judge-unreachable':
        return this.#judgeUnreachable(branch)
      case 'note':
        return this.#note(branch, response)
      case 'send-cancel':
        return sendCancel(this, branch, this.#cancelReason)
      case 'finish-cancelled':
        this.#tell(branch, 'cancelled', response?.status ?? 0)
        return this.#finishCancelled(response && { status: response.status, response, branch })
      case 'finish-timed-out':
        this.#tell(branch, 'timeout', response?.status ?? 0)
        return this.#finishOwn(RANG_TOO_LONG, { outcome: 'forwarded', target: branch.target })
    }
  }

  /** RFC 5393 §5.3.3.2: a branch that is over gives its share back. */
  branchEnded(branch: InviteBranch): void {
    this.#freeBreadth += branch.takeBreadth()
  }

  /** Once the caller has its answer and every branch is over, all that can come is a further 2xx. */
  branchOver(): void {
    if (!this.#settled || this.#branches.some((branch) => branch.live)) return
    for (const branch of this.#branches) branch.forget()
    this.#branches = NONE
    this.#finals = NONE
    this.#side = undefined
    this.#plan = undefined
    this.#onSettled = undefined
  }

  send(branch: InviteBranch, bytes: Buffer): void {
    const { transaction, connectMs } = branch
    const onFailure = (error: Error): void => {
      if (connectMs !== undefined) this.core.streamFailures.note(branch.destination)
      transaction?.transportError(error)
    }
    const options = connectMs === undefined ? { onFailure } : { onFailure, connectMs }
    this.core.outbound.send(bytes, branch.destination, options)
  }

  makeAck(branch: InviteBranch, response: SipMessage): Buffer {
    return writeAck(branch.request, response)
  }

  transactionEnded(transaction: ClientTransaction<SipMessage>): void {
    this.core.transactions.removeClient(transaction)
  }

  #tryNext(condition?: FailoverCondition): void {
    const target = this.plan.targets[this.#nextTarget]
    if (!target) return this.#exhausted(condition)
    if (this.#freeBreadth < 1) return this.#finishOwn(OUT_OF_BREADTH, { outcome: 'exhausted', target: undefined })
    this.#nextTarget++
    this.#openedAt = this.core.clock.now()
    this.plan.progress({ type: 'began', target })
    this.#open(target)
  }

  /** `instead`: the branch of this target over TCP that failed. */
  #open(target: ProxyTarget, instead?: InviteBranch): void {
    // What is kept back lets every target that is left have a branch beside this one.
    const breadth = Math.max(1, this.#freeBreadth - (this.plan.targets.length - this.#nextTarget))
    const othersLeft = this.#nextTarget < this.plan.targets.length
    const branch = openBranch(this, target, { breadth, instead, othersLeft })
    if (!branch) {
      const unsent = { result: 'no_socket', status: 0, heard: false, retryAfter: undefined } as const
      this.plan.progress({ type: 'attempt', target, ...unsent })
      return this.#failOver('transport')
    }
    this.#freeBreadth -= breadth
    this.#branches.push(branch)
    if (this.plan.backendTimeout !== undefined)
      branch.startBackendTimer(this.#backendTimeLeft(this.plan.backendTimeout))
    branch.startTimerC()
    startBranch(this.core, branch)
  }

  /** RFC 3261 §16.7 step 5: 101 to 199 go up at once; §16.7 step 2: each sets Timer C anew. */
  #relayProvisional(branch: InviteBranch, response: SipMessage | undefined): void {
    if (!response || this.#settled) return
    this.#rang = true
    branch.startTimerC()
    if (this.plan.ringingTimeout !== undefined) branch.startRingingTimer(this.plan.ringingTimeout)
    this.#tellFirst(branch.target, response.status)
    this.#transaction.respond(response.status, relayedInviteResponse(this, branch, response))
  }

  /** RFC 3261 §16.7 step 5: any 2xx to an INVITE MUST go up, also after another final response. */
  #relaySuccess(branch: InviteBranch, response: SipMessage | undefined): void {
    if (!response) return
    const bytes = relayedInviteResponse(this, branch, response)
    const transaction = this.#transaction
    if (transaction.state === 'Proceeding' || transaction.state === 'Accepted') {
      transaction.respond(response.status, bytes)
    } else {
      this.#path.sendResponse(bytes)
    }
    if (!branch.answered) this.#tell(branch, branch.told ? 'late' : 'answered', response.status)
    branch.answered = true
    this.#tellFirst(branch.target, response.status)
    this.#settle({ outcome: 'forwarded', status: response.status, target: branch.target })
  }

  /** RFC 3261 §16.7 steps 5 and 6: a 6xx ends the search; what the rule fails over on does not. */
  #judge(branch: InviteBranch, response: SipMessage | undefined): void {
    if (!response) return
    const final = { status: response.status, response: response.keep(), branch }
    this.#finals.push(final)
    this.#tell(branch, 'refused', response.status, response)
    if (this.#settled) return
    if (response.status < 600 && this.plan.failoverOn.has(response.status)) return this.#failOver(response.status)
    this.#relayFinal(bestResponse(this.#finals) ?? final, 'forwarded')
  }

  /** One time for a target, over whichever transport; what comes second gets half of it at least. */
  #backendTimeLeft(backendTimeout: number): number {
    return Math.max(backendTimeout - (this.core.clock.now() - this.#openedAt), backendTimeout / 2)
  }

  #judgeSilence(branch: InviteBranch, condition: 'timeout' | 'transport'): void {
    this.#tell(branch, condition, 0)
    this.#failOver(condition)
  }

  /** RFC 3261 §18.1.1: what went over TCP only for its size SHOULD be tried over UDP. */
  #judgeUnreachable(branch: InviteBranch): void {
    if (branch.streamForSize && !branch.told) {
      if (branch.transaction) this.core.transactions.removeClient(branch.transaction)
      return this.#open(branch.target, branch)
    }
    this.#judgeSilence(branch, 'transport')
  }

  #failOver(condition: FailoverCondition): void {
    const forbidden = this.plan.failover === 'BeforeRinging' && this.#rang
    if (this.plan.failoverOn.has(condition) && !forbidden) return this.#tryNext(condition)
    this.#exhausted(condition)
  }

  /** A failure of a branch that nobody waits for still counts as one of the answers; a 6xx ends the search. */
  #note(branch: InviteBranch, response: SipMessage | undefined): void {
    if (!response || this.#settled) return
    const final = { status: response.status, response: response.keep(), branch }
    this.#finals.push(final)
    if (response.status >= 600 && !this.#cancelled) this.#relayFinal(final, 'forwarded')
  }

  /** RFC 3261 §16.7 step 6, with an answer of our own where no backend sent one worth relaying. */
  #exhausted(condition?: FailoverCondition): void {
    const best = bestResponse(this.#finals)
    if (best) return this.#relayFinal(best, 'exhausted')
    // RFC 3261 §16.9: inside a dialog the one target that cannot be reached is a lone 503, which goes up as 500.
    const unreachable = condition === 'transport' && this.purpose.dialogData === undefined
    this.#finishOwn(unreachable ? UNREACHABLE : this.plan.exhausted, { outcome: 'exhausted', target: undefined })
  }

  /** After a CANCEL no backend's 5xx goes up as if the call had failed: the caller ended it. */
  #finishCancelled(final: ReceivedFinal | undefined): void {
    if (this.#settled || this.#branches.some((branch) => branch.awaited)) return
    const worthRelaying = final && (final.status < 500 || final.status >= 600)
    if (worthRelaying) return this.#relayFinal(final, 'cancelled')
    this.#finishOwn(REQUEST_TERMINATED, { outcome: 'cancelled', target: undefined })
  }

  #relayFinal(final: ReceivedFinal, outcome: ProxyResult['outcome']): void {
    if (this.#settled) return
    const others = this.#finals.filter((other) => other !== final).map((other) => other.response)
    const challenging = final.status === 401 || final.status === 407 ? others : []
    const bytes = relayedInviteResponse(this, final.branch, final.response, challenging)
    this.#tellFirst(final.branch.target, final.status)
    this.#transaction.respond(final.status, bytes)
    this.#settle({ outcome, status: final.status, target: final.branch.target })
  }

  #finishOwn(answer: Answer, result: Omit<ProxyResult, 'status'>): void {
    if (this.#settled) return
    this.#transaction.respond(answer.status, this.#write(answer))
    this.#settle({ ...result, status: answer.status })
  }

  /** RFC 3261 §16.7 step 10: once a final response is out, pending branches MUST be cancelled. */
  #settle(result: ProxyResult): void {
    if (this.#settled) return
    this.#settled = true
    for (const branch of this.#branches) branch.input('overtaken')
    this.side.flow.release()
    this.#onSettled?.()
    this.plan.done(result)
  }

  #write(answer: Answer): Buffer {
    return writeAnswer(this.side, answer, this.core.names.warningAgent)
  }

  #tell(branch: InviteBranch, result: AttemptResult, status: number, response?: SipMessage): void {
    if (branch.told && result !== 'late') return
    branch.told = true
    const retryAfter = response && retryAfterOf(response)
    const { target, heard } = branch
    this.plan.progress({ type: 'attempt', target, result, status, heard, retryAfter })
  }

  #tellFirst(target: ProxyTarget, status: number): void {
    if (this.#heard) return
    this.#heard = true
    this.plan.progress({ type: 'first-response', target, status })
  }
}
