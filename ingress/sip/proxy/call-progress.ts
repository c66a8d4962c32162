/**
 * The progress of a proxied INVITE: RFC 3261 §16.7 with the failover of a routing rule, for both engines. It judges the responses
 * of the branches. It decides what the caller gets, whether the next target is tried, and what is reported. Pure: the branch
 * table (`branch-table.ts`) says what an input means for its branch, and this file says what the input means for the call. Each
 * effect is a call of `CallEffects`.
 */
import type { SipMessage } from '../message/sip-message.ts'
import { MAX_BREADTH_EXCEEDED, NEXT_HOP_UNREACHABLE, REQUEST_TERMINATED, REQUEST_TIMEOUT } from '../port/answers.ts'
import type {
  Answer,
  AttemptResult,
  FailoverCondition,
  ProxyPlan,
  ProxyProgress,
  ProxyResult,
  ProxyTarget,
} from '../port/engine.ts'
import { bestResponse } from './best-response.ts'
import { type BranchAction, type BranchInput, type BranchState, isAwaited } from './branch-table.ts'
import { retryAfterOf } from './response-facts.ts'

/** The part of a branch that the call uses. */
export interface CallBranch {
  readonly target: ProxyTarget
  readonly state: BranchState
  /** Whether the backend itself has sent any response. */
  readonly responseReceived: boolean
  /** Whether the end of this attempt has been reported. `CallProgress` sets it. */
  isReported: boolean
  /** Whether the backend has sent a 2xx. `CallProgress` sets it. */
  isAnswered: boolean
  input(input: BranchInput): void
  /** RFC 3261 §16.7 step 2: starts Timer C again from now. */
  startTimerC(): void
  /** `ms`: milliseconds. Only the first call starts the timer. */
  startRingingTimer(ms: number): void
}

/** A final response above 299 that a branch received. */
export interface ReceivedFinal<B> {
  readonly status: number
  readonly message: SipMessage
  readonly branch: B
}

/** Why the engine cannot send to the next target: no share of Max-Breadth is left, or the engine must not send to it. */
export type TargetObstacle = 'out-of-breadth' | 'passed-over'

/**
 * The effects that an engine carries out. `R` is the engine's own form of a response. The methods with a `result` send the final
 * response; when it has been sent, the engine calls `done` of the plan. For each call, exactly one of these methods is called
 * once with a result.
 */
export interface CallEffects<B, R> {
  /** The message of a response, valid until the method that received it returns. */
  read(response: R): SipMessage
  /** The message of a response, valid for as long as the call needs it. */
  retain(response: R): SipMessage
  obstacleTo(target: ProxyTarget): TargetObstacle | undefined
  /** Opens a branch and hands it to `addBranch`, or calls `noSocket`. */
  tryTarget(target: ProxyTarget): void
  sendCancel(branch: B): void
  relayProvisional(branch: B, response: R): void
  /** `result` is undefined if the caller already has its final response. */
  relaySuccess(branch: B, response: R, result: ProxyResult | undefined): void
  /** `challenging`: other responses, from which the challenges are added (RFC 3261 §16.7 step 7). */
  relayFinal(final: ReceivedFinal<B>, challenging: readonly SipMessage[], result: ProxyResult): void
  /** Sends an answer of our own. */
  answer(answer: Answer, result: ProxyResult): void
}

/** The differences between the engines. */
export interface ProgressOptions {
  /**
   * How the engine treats a 2xx that comes after the final response. `relayed`: a proxy relays it (RFC 3261 §16.7 step 5), and
   * reports one 2xx for each branch. `hung-up`: an engine that bridges two legs cannot relay it. It acknowledges and ends each
   * such 2xx, and reports each.
   */
  readonly furtherSuccess: 'relayed' | 'hung-up'
  /**
   * Decides whether the caller gets 500 if the last target could not be reached and no backend's response can be relayed (RFC
   * 3261 §16.9: a 503 that is the only response is relayed as 500). In all other cases the caller gets `plan.exhausted`.
   * `no-failover`: the caller gets 500 only if the rule forbids another attempt. If no target is left, it gets `plan.exhausted`.
   */
  readonly nextHopUnreachable: 'always' | 'no-failover' | 'never'
}

/** The empty list of a call that has no branches or failures yet, or is over. This list always stays empty. */
const NONE: readonly never[] = []
const NO_MESSAGES: readonly SipMessage[] = []

export class CallProgress<B extends CallBranch, R extends { readonly status: number }> {
  readonly #effects: CallEffects<B, R>
  readonly #options: ProgressOptions
  #plan: ProxyPlan | undefined
  #branches: readonly B[] = NONE
  #finals: readonly ReceivedFinal<B>[] = NONE
  #nextTarget = 0
  #hasRung = false
  #isCancelled = false
  #isSettled = false
  #firstReported = false
  #hasPassedOver = false

  constructor(plan: ProxyPlan, effects: CallEffects<B, R>, options: ProgressOptions) {
    this.#plan = plan
    this.#effects = effects
    this.#options = options
  }

  /** Whether the final response to the caller has been decided. */
  get isSettled(): boolean {
    return this.#isSettled
  }

  get isCancelled(): boolean {
    return this.#isCancelled
  }

  /** Whether a provisional response has been relayed. */
  get hasRung(): boolean {
    return this.#hasRung
  }

  /** Whether a target was passed over, because the engine must not send to it. */
  get hasPassedOver(): boolean {
    return this.#hasPassedOver
  }

  get branches(): readonly B[] {
    return this.#branches
  }

  /** How many targets have not been tried. */
  get targetsLeft(): number {
    return this.plan.targets.length - this.#nextTarget
  }

  get plan(): ProxyPlan {
    if (!this.#plan) throw new Error('a call that is over has let go of its plan')
    return this.#plan
  }

  /** Tries the first target. */
  begin(): void {
    this.#tryNext(undefined)
  }

  /** Called before anything is sent on the branch, so that the call knows the branch when the first input comes. */
  addBranch(branch: B): void {
    this.#branches = [...this.#branches, branch]
  }

  /** No socket of ours can reach the target: nothing was sent. */
  noSocket(target: ProxyTarget): void {
    this.#reportUnsent(target, 'no_socket')
    this.#failOver('transport')
  }

  /**
   * RFC 3261 §16.10: cancels every pending branch, and makes no further branch. The caller gets the final response of a branch,
   * or 487.
   */
  cancel(): void {
    if (this.#isSettled || this.#isCancelled) return
    this.#isCancelled = true
    for (const branch of this.#branches) branch.input('cancel')
    this.#finishCancelled(undefined, undefined)
  }

  /** Answers a call that still waits for its final response. The state of its branches does not matter. */
  end(answer: Answer): void {
    this.#answer(answer, 'exhausted', undefined)
  }

  /**
   * Marks the call as settled, so that nothing more is decided. Also called if the caller's side has ended without a final
   * response. Returns false if the call was settled before.
   */
  close(): boolean {
    const wasOpen = !this.#isSettled
    this.#isSettled = true
    return wasOpen
  }

  /** Drops everything that is needed only until the call is over. A further 2xx can still be handled. */
  forget(): void {
    this.#plan = undefined
    this.#branches = NONE
    this.#finals = NONE
  }

  /** Carries out an action of the branch table. `response`: present if the input was a response. */
  act(branch: B, action: BranchAction, response: R | undefined): void {
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
        return this.#judgeSilence(branch, 'transport')
      case 'note':
        return this.#note(branch, response)
      case 'send-cancel':
        return this.#effects.sendCancel(branch)
      case 'finish-cancelled':
        this.#report(branch, 'cancelled', response?.status ?? 0)
        return this.#finishCancelled(branch, response)
      case 'finish-timed-out':
        this.#report(branch, 'timeout', response?.status ?? 0)
        return this.#answer(REQUEST_TIMEOUT, 'forwarded', branch.target)
    }
  }

  #tryNext(condition: FailoverCondition | undefined): void {
    for (;;) {
      const target = this.plan.targets[this.#nextTarget]
      if (!target) return this.#finishSearch(condition, this.#options.nextHopUnreachable === 'always')
      const obstacle = this.#effects.obstacleTo(target)
      if (obstacle === 'out-of-breadth') return this.#answer(MAX_BREADTH_EXCEEDED, 'exhausted', undefined)
      this.#nextTarget++
      if (obstacle === undefined) {
        this.plan.progress({ type: 'began', target })
        return this.#effects.tryTarget(target)
      }
      this.#hasPassedOver = true
      this.#reportUnsent(target, 'passed_over')
    }
  }

  /** RFC 3261 §16.7 step 5: 101 to 199 are relayed immediately. §16.7 step 2: each of them starts Timer C again. */
  #relayProvisional(branch: B, response: R | undefined): void {
    if (!response || this.#isSettled) return
    this.#hasRung = true
    branch.startTimerC()
    if (this.plan.ringingTimeout !== undefined) branch.startRingingTimer(this.plan.ringingTimeout)
    this.#reportFirst(branch.target, response.status)
    this.#effects.relayProvisional(branch, response)
  }

  /**
   * RFC 3261 §16.7 step 5: a 2xx ends the search for a backend. A 2xx that comes after the final response must still be handled.
   */
  #relaySuccess(branch: B, response: R | undefined): void {
    if (!response) return
    const { status } = response
    const { target } = branch
    const passedOn = this.#options.furtherSuccess === 'relayed'
    if (!passedOn || !branch.isAnswered) this.#report(branch, branch.isReported ? 'late' : 'answered', status)
    branch.isAnswered = true
    if (passedOn || !this.#isSettled) this.#reportFirst(target, status)
    const result: ProxyResult | undefined = this.close() ? { outcome: 'forwarded', status, target } : undefined
    this.#effects.relaySuccess(branch, response, result)
  }

  /** RFC 3261 §16.7 steps 5 and 6: a 6xx ends the search. A status in `failoverOn` does not. */
  #judge(branch: B, response: R | undefined): void {
    if (!response) return
    const final = this.#retain(branch, response)
    this.#report(branch, 'refused', final.status, final.message)
    if (this.#isSettled) return
    if (final.status < 600 && this.plan.failoverOn.has(final.status)) return this.#failOver(final.status)
    this.#relayFinal(bestResponse(this.#finals) ?? final, 'forwarded')
  }

  #judgeSilence(branch: B, condition: 'timeout' | 'transport'): void {
    this.#report(branch, condition, 0)
    if (!this.#isSettled) this.#failOver(condition)
  }

  #failOver(condition: FailoverCondition): void {
    const isForbidden = this.plan.failover === 'BeforeRinging' && this.#hasRung
    if (this.plan.failoverOn.has(condition) && !isForbidden) return this.#tryNext(condition)
    this.#finishSearch(condition, this.#options.nextHopUnreachable !== 'never')
  }

  /**
   * The caller does not wait for this branch any more, but its failure still counts as a response of the call. A 6xx ends the
   * search.
   */
  #note(branch: B, response: R | undefined): void {
    if (!response || this.#isSettled) return
    const final = this.#retain(branch, response)
    if (final.status >= 600 && !this.#isCancelled) this.#relayFinal(final, 'forwarded')
  }

  /** RFC 3261 §16.7 step 6. If no backend sent a response that can be relayed, the caller gets an answer of our own. */
  #finishSearch(condition: FailoverCondition | undefined, saysUnreachable: boolean): void {
    const best = bestResponse(this.#finals)
    if (best) return this.#relayFinal(best, 'exhausted')
    const isUnreachable = condition === 'transport' && saysUnreachable
    this.#answer(isUnreachable ? NEXT_HOP_UNREACHABLE : this.plan.exhausted, 'exhausted', undefined)
  }

  /** After a CANCEL, a backend's 5xx is not relayed, because the call has not failed: the caller has ended it. */
  #finishCancelled(branch: B | undefined, response: R | undefined): void {
    if (this.#isSettled || this.#branches.some(isAwaitedBranch)) return
    if (!branch || !response || (response.status >= 500 && response.status < 600))
      return this.#answer(REQUEST_TERMINATED, 'cancelled', undefined)
    this.#relayFinal({ status: response.status, message: this.#effects.read(response), branch }, 'cancelled')
  }

  #relayFinal(final: ReceivedFinal<B>, outcome: ProxyResult['outcome']): void {
    if (this.#isSettled) return
    const { status, branch } = final
    this.#reportFirst(branch.target, status)
    this.#isSettled = true
    const challenging = status === 401 || status === 407 ? this.#messagesBeside(final) : NO_MESSAGES
    this.#effects.relayFinal(final, challenging, { outcome, status, target: branch.target })
  }

  #messagesBeside(final: ReceivedFinal<B>): readonly SipMessage[] {
    return this.#finals.filter((other) => other !== final).map(({ message }) => message)
  }

  #answer(answer: Answer, outcome: ProxyResult['outcome'], target: ProxyTarget | undefined): void {
    if (!this.close()) return
    this.#effects.answer(answer, { outcome, status: answer.status, target })
  }

  #retain(branch: B, response: R): ReceivedFinal<B> {
    const final = { status: response.status, message: this.#effects.retain(response), branch }
    this.#finals = [...this.#finals, final]
    return final
  }

  #report(branch: B, result: AttemptResult, status: number, message?: SipMessage): void {
    if (branch.isReported && result !== 'late') return
    branch.isReported = true
    const retryAfter = message && retryAfterOf(message)
    const { target, responseReceived: heard } = branch
    this.plan.progress({ type: 'attempt', target, result, status, heard, retryAfter })
  }

  #reportUnsent(target: ProxyTarget, result: 'no_socket' | 'passed_over'): void {
    this.plan.progress({ type: 'attempt', target, result, ...UNSENT })
  }

  #reportFirst(target: ProxyTarget, status: number): void {
    if (this.#firstReported) return
    this.#firstReported = true
    this.plan.progress({ type: 'first-response', target, status })
  }
}

type AttemptReport = Extract<ProxyProgress, { readonly type: 'attempt' }>

/** The report of an attempt for which nothing was sent. */
const UNSENT = { status: 0, heard: false, retryAfter: undefined } satisfies Partial<AttemptReport>

function isAwaitedBranch({ state }: CallBranch): boolean {
  return isAwaited(state)
}
