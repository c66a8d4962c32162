/**
 * The progress of a proxied INVITE, for both engines: RFC 3261 §16.7 with the failover of a rule. From the responses of the
 * branches, it decides what the caller gets, whether the next target is tried, and what is reported. `branch-table.ts` says
 * what an input means for its branch. This file says what the input means for the call. Pure: everything that has an effect is
 * a call of `CallEffects`.
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

/** The part of a branch that `CallProgress` uses. */
export interface CallBranch {
  readonly target: ProxyTarget
  readonly state: BranchState
  /** Whether the backend itself has sent a response. */
  readonly responseReceived: boolean
  /** Whether the end of this attempt has been reported. `CallProgress` sets it. */
  isReported: boolean
  /** Whether the backend has sent a 2xx. `CallProgress` sets it. */
  isAnswered: boolean
  input(input: BranchInput): void
  /** RFC 3261 §16.7 step 2: sets Timer C back to its full time. */
  startTimerC(): void
  /** Starts the ringing timer. `ms`: milliseconds. Later calls have no effect. */
  startRingingTimer(ms: number): void
}

/** A final response of 300 or above that a branch has received. */
export interface ReceivedFinal<B> {
  readonly status: number
  readonly message: SipMessage
  readonly branch: B
}

/**
 * Why the engine does not send to the next target. `out-of-breadth`: no Max-Breadth is left. `passed-over`: the engine must not
 * send to this target.
 */
export type TargetObstacle = 'out-of-breadth' | 'passed-over'

/**
 * The effects that an engine carries out. `R` is the engine's own form of a response. A method that gets a `result` sends the
 * final response. When that response has been sent, the engine calls `done` of the plan. In the life of a call, a `result` is
 * given only once, to one of the methods.
 */
export interface CallEffects<B, R> {
  /** The message of a response. It is valid until the method that received the response returns. */
  read(response: R): SipMessage
  /** The message of a response. It is valid for as long as the call needs it. */
  retain(response: R): SipMessage
  obstacleTo(target: ProxyTarget): TargetObstacle | undefined
  /** Opens a branch and passes it to `addBranch`. If that is not possible, calls `noSocket`. */
  tryTarget(target: ProxyTarget): void
  sendCancel(branch: B): void
  relayProvisional(branch: B, response: R): void
  /** `result` is undefined if the caller already has its final response. */
  relaySuccess(branch: B, response: R, result: ProxyResult | undefined): void
  /** `challenging`: responses of other branches, whose challenges are added (RFC 3261 §16.7 step 7). */
  relayFinal(final: ReceivedFinal<B>, challenging: readonly SipMessage[], result: ProxyResult): void
  /** Sends an answer that we make ourselves. */
  answer(answer: Answer, result: ProxyResult): void
}

/** The points in which the two engines differ. */
export interface ProgressOptions {
  /**
   * What the engine does with a 2xx that comes after the final response. `relayed`: a proxy relays it (RFC 3261 §16.7 step 5),
   * and reports one 2xx for each branch. `hung-up`: an engine that joins two separate calls (legs) cannot relay it. It
   * acknowledges each such 2xx, ends its call, and reports it.
   */
  readonly furtherSuccess: 'relayed' | 'hung-up'
  /**
   * When the caller gets 500 because the last target could not be reached and no backend's response can be relayed (RFC 3261
   * §16.9: a 503 that is the only response is relayed as 500). `always`: in each such case. `no-failover`: only if the rule
   * forbids another attempt; if no target is left, the caller gets `plan.exhausted`. `never`: the caller gets `plan.exhausted`.
   */
  readonly nextHopUnreachable: 'always' | 'no-failover' | 'never'
}

/** The empty list for a call that is over, or has no branches or failures yet. Nothing is ever added to this list. */
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

  /** Whether it is decided which final response the caller gets. */
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

  /** Whether a target was passed over because the engine must not send to it. */
  get hasPassedOver(): boolean {
    return this.#hasPassedOver
  }

  get branches(): readonly B[] {
    return this.#branches
  }

  /** The number of targets that were not tried yet. */
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

  /** Called before anything is sent on the branch, so that `branches` contains it when its first input comes. */
  addBranch(branch: B): void {
    this.#branches = this.#branches.length === 0 ? [branch] : [...this.#branches, branch]
  }

  /** No socket of ours can reach the target, so nothing was sent. */
  noSocket(target: ProxyTarget): void {
    this.#reportUnsent(target, 'no_socket')
    this.#failOver('transport')
  }

  /**
   * RFC 3261 §16.10: cancels every pending branch, and makes no further branch. The caller gets the final response of a branch,
   * or 487 if there is none.
   */
  cancel(): void {
    if (this.#isSettled || this.#isCancelled) return
    this.#isCancelled = true
    for (const branch of this.#branches) branch.input('cancel')
    this.#finishCancelled(undefined, undefined)
  }

  /** Gives this answer to a caller that still waits for a final response. The states of the branches do not matter. */
  end(answer: Answer): void {
    this.#answer(answer, 'exhausted', undefined)
  }

  /**
   * Marks the call as settled, so that nothing more is decided. Also called if the caller's side ends without a final response.
   * Returns false if the call was already settled.
   */
  close(): boolean {
    const wasOpen = !this.#isSettled
    this.#isSettled = true
    return wasOpen
  }

  /** Drops everything that is needed only until the call is over. After that, a further 2xx can still be handled. */
  forget(): void {
    this.#plan = undefined
    this.#branches = NONE
    this.#finals = NONE
  }

  /** Carries out an action that the branch table named. `response` is present if the input was a response. */
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

  /**
   * RFC 3261 §16.7 step 5: responses from 101 to 199 are relayed immediately. §16.7 step 2: each of them starts Timer C again.
   */
  #relayProvisional(branch: B, response: R | undefined): void {
    if (!response || this.#isSettled) return
    this.#hasRung = true
    branch.startTimerC()
    if (this.plan.ringingTimeout !== undefined) branch.startRingingTimer(this.plan.ringingTimeout)
    this.#reportFirst(branch.target, response.status)
    this.#effects.relayProvisional(branch, response)
  }

  /**
   * RFC 3261 §16.7 step 5: after a 2xx, no further backend is tried. If the 2xx comes after the final response, it must still
   * be handled.
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

  /**
   * RFC 3261 §16.7 steps 5 and 6: after a 6xx, no further backend is tried. After a status in `failoverOn`, the next backend is
   * tried.
   */
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
   * The caller no longer waits for this branch. Its failure still counts when the best response is chosen. A 6xx is relayed
   * now, and no further backend is tried.
   */
  #note(branch: B, response: R | undefined): void {
    if (!response || this.#isSettled) return
    const final = this.#retain(branch, response)
    if (final.status >= 600 && !this.#isCancelled) this.#relayFinal(final, 'forwarded')
  }

  /**
   * RFC 3261 §16.7 step 6: relays the best final response. If no backend sent a response that can be relayed, the caller gets
   * our own answer.
   */
  #finishSearch(condition: FailoverCondition | undefined, saysUnreachable: boolean): void {
    const best = bestResponse(this.#finals)
    if (best) return this.#relayFinal(best, 'exhausted')
    const isUnreachable = condition === 'transport' && saysUnreachable
    this.#answer(isUnreachable ? NEXT_HOP_UNREACHABLE : this.plan.exhausted, 'exhausted', undefined)
  }

  /** If a backend sends a 5xx after a CANCEL, the caller gets 487. The call has not failed: the caller has ended it. */
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

/** The report about an attempt for which nothing was sent. */
const UNSENT = { status: 0, heard: false, retryAfter: undefined } satisfies Partial<AttemptReport>

function isAwaitedBranch({ state }: CallBranch): boolean {
  return isAwaited(state)
}
