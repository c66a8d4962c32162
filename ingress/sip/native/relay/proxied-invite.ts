/**
 * RFC 3261 §16: one INVITE, its response context and its branches. The targets are tried one after the other, in the order of
 * the plan. `proxy/call-progress.ts` decides what each response does to the call. This file carries out the decisions.
 */

import { MAX_BREADTH } from '../../limits.ts'
import type { SipMessage } from '../../message/sip-message.ts'
import { TRYING } from '../../port/answers.ts'
import type { Answer, ProxyPlan, ProxyResult, ProxyTarget, ResponseIdentity } from '../../port/engine.ts'
import type { BranchAction } from '../../proxy/branch-table.ts'
import {
  type CallEffects,
  CallProgress,
  type ProgressOptions,
  type ReceivedFinal,
  type TargetObstacle,
} from '../../proxy/call-progress.ts'
import { editsHeader } from '../../proxy/header-edits.ts'
import { breadthOf } from '../../proxy/request-validation.ts'
import type { EngineCore } from '../engine-core.ts'
import { type ServerSide, writeAnswer } from '../server-side.ts'
import type { ClientTransaction, RequestTransaction } from '../transaction/client-transaction.ts'
import type { ResponseSink, ServerTransaction } from '../transaction/server-transaction.ts'
import { AnsweredBranch, sendSuccess } from './answered-branch.ts'
import { writeAck } from './cancel-request.ts'
import type { InviteBranch } from './invite-branch.ts'
import { type InvitePurpose, openBranch, type SendingInvite, sendCancel, startBranch } from './invite-sending.ts'
import { type RelayingInvite, relayedInviteResponse } from './relayed-response.ts'

/** The options for an INVITE that makes a dialog. If no backend can be reached, the plan says which answer the caller gets. */
const NEW_CALL: ProgressOptions = { furtherSuccess: 'relayed', nextHopUnreachable: 'never' }
/** The options for an INVITE inside a dialog. If its only destination cannot be reached, the caller gets 500. */
const IN_DIALOG: ProgressOptions = { furtherSuccess: 'relayed', nextHopUnreachable: 'always' }

export class ProxiedInvite implements SendingInvite, RelayingInvite, CallEffects<InviteBranch, SipMessage> {
  readonly core: EngineCore
  readonly purpose: InvitePurpose
  readonly responseIdentity: ResponseIdentity
  readonly dialog: RelayingInvite['dialog']
  readonly #progress: CallProgress<InviteBranch, SipMessage>
  readonly #transaction: ServerTransaction
  readonly #path: ResponseSink
  /**
   * Dropped when the call is over, to save memory. RFC 6026 keeps the transaction of an answered call for 32 s, so many such
   * calls exist at the same time.
   */
  #side: ServerSide | undefined
  /** The Reason lines of the caller's CANCEL, each with its line end (RFC 3326 §2). */
  #cancelReason = ''
  /** The time at which the current target was first tried. */
  #openedAt = 0
  #freeBreadth: number

  constructor(core: EngineCore, side: ServerSide, plan: ProxyPlan, purpose: InvitePurpose) {
    this.core = core
    this.purpose = purpose
    this.responseIdentity = plan.responseIdentity
    const { callId, fromTag: callerTag = '' } = side.facts
    this.dialog = purpose.dialogData === undefined ? undefined : { callId, callerTag, data: purpose.dialogData }
    this.#progress = new CallProgress(plan, this, purpose.dialogData === undefined ? IN_DIALOG : NEW_CALL)
    this.#transaction = side.transaction
    this.#path = side.path
    this.#side = side
    this.#freeBreadth = Math.min(breadthOf(side.message) ?? MAX_BREADTH, MAX_BREADTH)
  }

  /**
   * RFC 3261 §17.2.1: an INVITE without a response for 200 ms needs a 100. A backend may take longer, so the caller gets the
   * 100 immediately.
   */
  start(): void {
    this.#transaction.respond(100, this.#write(TRYING))
    this.side.flow.hold()
    this.#progress.begin()
  }

  get side(): ServerSide {
    if (!this.#side) throw new Error('a call that is over has let go of its request')
    return this.#side
  }

  get plan(): ProxyPlan {
    return this.#progress.plan
  }

  /** Cancels the call (RFC 3261 §16.10). `reason`: the Reason lines of the caller's CANCEL, each with its line end. */
  cancel(reason: string): void {
    if (this.#progress.isSettled || this.#progress.isCancelled) return
    this.#cancelReason = editsHeader(this.plan, 'reason') ? '' : reason
    this.#progress.cancel()
  }

  /** Gives this answer to a caller that still waits for a final response. The states of the branches do not matter. */
  end(answer: Answer): void {
    this.#progress.end(answer)
  }

  /** Called when the server transaction is over. If no final response was sent, the application is told. */
  serverEnded(): void {
    if (this.#progress.close()) this.#settle({ outcome: 'unanswered', status: 0, target: undefined })
  }

  act(branch: InviteBranch, action: BranchAction, response: SipMessage | undefined): void {
    if (action === 'judge-unreachable' && branch.streamForSize && !branch.isReported) return this.#openOverUdp(branch)
    this.#progress.act(branch, action, response)
  }

  /** RFC 5393 §5.3.3.2: when a branch is over, its share of Max-Breadth can be given to other branches. */
  branchEnded(branch: InviteBranch): void {
    this.#freeBreadth += branch.takeBreadth()
  }

  /**
   * When the caller has its answer and every branch is over, only a further 2xx can still come, or a repeat of a refusal, which
   * needs an ACK. Everything else is dropped.
   */
  branchOver(): void {
    const { isSettled, branches } = this.#progress
    if (!isSettled || branches.some((branch) => branch.live)) return
    const way = { transaction: this.#transaction, path: this.#path }
    for (const branch of branches) {
      if (branch.isAnswered) branch.transaction?.passTo(new AnsweredBranch(this, branch, way))
    }
    this.#progress.forget()
    this.#side = undefined
  }

  send({ destination, connectMs }: InviteBranch, bytes: Buffer, transaction: RequestTransaction): void {
    const { outbound, streamFailures } = this.core
    if (connectMs === undefined) return outbound.send(bytes, destination, transaction)
    const onFailure = (error: Error): void => {
      streamFailures.note(destination)
      transaction.onFailure(error)
    }
    outbound.send(bytes, destination, { onFailure, connectMs })
  }

  makeAck(branch: InviteBranch, response: SipMessage): Buffer {
    return writeAck(branch.request, response)
  }

  transactionEnded(transaction: ClientTransaction<SipMessage>): void {
    this.core.transactions.removeClient(transaction)
  }

  read(response: SipMessage): SipMessage {
    return response
  }

  retain(response: SipMessage): SipMessage {
    return response.keep()
  }

  obstacleTo(): TargetObstacle | undefined {
    return this.#freeBreadth < 1 ? 'out-of-breadth' : undefined
  }

  tryTarget(target: ProxyTarget): void {
    this.#openedAt = this.core.clock.now()
    this.#open(target)
  }

  sendCancel(branch: InviteBranch): void {
    sendCancel(this, branch, this.#cancelReason)
  }

  relayProvisional(branch: InviteBranch, response: SipMessage): void {
    this.#transaction.respond(response.status, relayedInviteResponse(this, branch, response))
  }

  relaySuccess(branch: InviteBranch, response: SipMessage, result: ProxyResult | undefined): void {
    const way = { transaction: this.#transaction, path: this.#path }
    sendSuccess(way, response.status, relayedInviteResponse(this, branch, response))
    if (result) this.#settle(result)
  }

  relayFinal(
    { branch, message, status }: ReceivedFinal<InviteBranch>,
    challenging: readonly SipMessage[],
    result: ProxyResult,
  ): void {
    this.#transaction.respond(status, relayedInviteResponse(this, branch, message, challenging))
    this.#settle(result)
  }

  answer(answer: Answer, result: ProxyResult): void {
    this.#transaction.respond(answer.status, this.#write(answer))
    this.#settle(result)
  }

  /** Opens a branch to the target. `instead`: the branch to the same target over TCP, if that branch has failed. */
  #open(target: ProxyTarget, instead?: InviteBranch): void {
    const { targetsLeft } = this.#progress
    // This branch leaves 1 of Max-Breadth for each target that is left.
    const breadth = Math.max(1, this.#freeBreadth - targetsLeft)
    const branch = openBranch(this, target, { breadth, instead, othersLeft: targetsLeft > 0 })
    if (!branch) return this.#progress.noSocket(target)
    this.#freeBreadth -= breadth
    this.#progress.addBranch(branch)
    const { backendTimeout } = this.plan
    if (backendTimeout !== undefined) branch.startBackendTimer(this.#backendTimeLeft(backendTimeout))
    branch.startTimerC()
    startBranch(this.core, branch)
  }

  /**
   * A target has one time-out for TCP and UDP together. The second attempt gets the time that is left, and at least half of the
   * time-out.
   */
  #backendTimeLeft(backendTimeout: number): number {
    return Math.max(backendTimeout - (this.core.clock.now() - this.#openedAt), backendTimeout / 2)
  }

  /**
   * RFC 3261 §18.1.1: a request that was sent over TCP only because it is large SHOULD be tried over UDP if TCP fails. The
   * target is the same, so this is no failover. Both attempts have one branch parameter, so the first transaction is removed
   * before the second is added.
   */
  #openOverUdp(branch: InviteBranch): void {
    if (branch.transaction) this.core.transactions.removeClient(branch.transaction)
    this.#open(branch.target, branch)
  }

  /** RFC 3261 §16.7 step 10: after a final response was sent, all pending branches MUST be cancelled. */
  #settle(result: ProxyResult): void {
    for (const branch of this.#progress.branches) branch.input('overtaken')
    this.side.flow.release()
    this.#transaction.waiting = undefined
    this.plan.done(result)
  }

  #write(answer: Answer): Buffer {
    return writeAnswer(this.side, answer, this.core.names.warningAgent)
  }
}
