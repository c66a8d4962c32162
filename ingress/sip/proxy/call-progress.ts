/**
 * How a proxied INVITE goes on: RFC 3261 §16.7 with the failover of a routing rule, for both engines. It judges what the
 * branches received and decides what the caller gets, whether the next target is tried, and what is reported. Pure: the
 * branch table (`branch-table.ts`) says what an input means for its branch, this says what that means for the call, and
 * each effect is a call of `CallEffects`.
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

/** A branch as the call sees it. */
export interface CallBranch {
  readonly target: ProxyTarget
  readonly state: BranchState
  /** Whether the backend itself has sent any response. */
  readonly responseReceived: boolean
  /** Whether the end of this attempt has been reported. Written here. */
  isReported: boolean
  /** Whether the backend has sent a 2xx. Written here. */
  isAnswered: boolean
  input(input: BranchInput): void
  /** RFC 3261 §16.7 step 2: from now on. */
  startTimerC(): void
  /** Milliseconds. Only the first call starts it. */
  startRingingTimer(ms: number): void
}

/** A final response above 299 that a branch received. */
export interface ReceivedFinal<B> {
  readonly status: number
  readonly message: SipMessage
  readonly branch: B
}

/** Why nothing can be sent to the next target: no share of Max-Breadth is left, or the engine must not send there. */
export type TargetObstacle = 'out-of-breadth' | 'passed-over'

/**
 * What an engine does. `R` is a response as it has it. The methods with a `result` send the final response; when it is out, the
 * engine says to the plan that the call is done. Each call gets one of them with a result, and not more.
 */
export interface CallEffects<B, R> {
  /** The message of a response, valid until the method that received it returns. */
  read(response: R): SipMessage
  /** The message of a response, valid for as long as the call needs it. */
  retain(response: R): SipMessage
  obstacleTo(target: ProxyTarget): TargetObstacle | undefined
  /** Opens a branch and hands it to `addBranch`, or says `noSocket`. */
  tryTarget(target: ProxyTarget): void
  sendCancel(branch: B): void
  relayProvisional(branch: B, response: R): void
  /** `result` is undefined where the caller has its final response already. */
  relaySuccess(branch: B, response: R, result: ProxyResult | undefined): void
  /** `challenging`: other responses whose challenges go along (RFC 3261 §16.7 step 7). */
  relayFinal(final: ReceivedFinal<B>, challenging: readonly SipMessage[], result: ProxyResult): void
  /** Sends an answer of our own. */
  answer(answer: Answer, result: ProxyResult): void
}

/** Where the engines differ. */
export interface ProgressOptions {
  /**
   * What becomes of a 2xx after the final response. A proxy passes it on (RFC 3261 §16.7 step 5), and reports one per branch.
   * An engine that bridges two legs cannot: it acknowledges and ends each of them, and reports each.
   */
  readonly furtherSuccess: 'relayed' | 'hung-up'
  /**
   * When the caller gets 500 because the last target cannot be reached, instead of what the plan says for a call that nobody
   * took (RFC 3261 §16.9: a lone 503, which goes up as 500). `no-failover`: only where the rule does not allow another try.
   */
  readonly nextHopUnreachable: 'always' | 'no-failover' | 'never'
}

/** What a call without failures, and one that is over, have of them. Nothing is ever added to it. */
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

  /** Whether what the caller gets has been decided. */
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

  /** Whether a target was left out that the engine must not send to. */
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

  /** Before anything is sent on it, so that it is there when the first input comes. */
  addBranch(branch: B): void {
    this.#branches = [...this.#branches, branch]
  }

  /** No socket of ours can reach the target: nothing was sent. */
  noSocket(target: ProxyTarget): void {
    this.#reportUnsent(target, 'no_socket')
    this.#failOver('transport')
  }

  /** RFC 3261 §16.10: every pending branch is cancelled, no further one is made, and the caller gets what they say or 487. */
  cancel(): void {
    if (this.#isSettled || this.#isCancelled) return
    this.#isCancelled = true
    for (const branch of this.#branches) branch.input('cancel')
    this.#finishCancelled(undefined, undefined)
  }

  /** Answers a call that still waits, whatever its branches would have said. */
  end(answer: Answer): void {
    this.#answer(answer, 'exhausted', undefined)
  }

  /** The caller's side is over without a word from here: nothing is decided any more. False where it was decided before. */
  close(): boolean {
    const wasOpen = !this.#isSettled
    this.#isSettled = true
    return wasOpen
  }

  /** Lets go of what only a call needs that is not over. A further 2xx can still be handled. */
  forget(): void {
    this.#plan = undefined
    this.#branches = NONE
    this.#finals = NONE
  }

  /** What the branch table names for a branch. `response`: what came in, if that was a response. */
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

  /** RFC 3261 §16.7 step 5: 101 to 199 go up at once; §16.7 step 2: each starts Timer C again. */
  #relayProvisional(branch: B, response: R | undefined): void {
    if (!response || this.#isSettled) return
    this.#hasRung = true
    branch.startTimerC()
    if (this.plan.ringingTimeout !== undefined) branch.startRingingTimer(this.plan.ringingTimeout)
    this.#reportFirst(branch.target, response.status)
    this.#effects.relayProvisional(branch, response)
  }

  /** RFC 3261 §16.7 step 5: a 2xx ends the search, and where it comes after the final response it still needs its end. */
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

  /** RFC 3261 §16.7 steps 5 and 6: a 6xx ends the search; what the rule fails over on does not. */
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

  /** A failure of a branch that nobody waits for still counts as one of the answers; a 6xx ends the search. */
  #note(branch: B, response: R | undefined): void {
    if (!response || this.#isSettled) return
    const final = this.#retain(branch, response)
    if (final.status >= 600 && !this.#isCancelled) this.#relayFinal(final, 'forwarded')
  }

  /** RFC 3261 §16.7 step 6, with an answer of our own where no backend sent one worth relaying. */
  #finishSearch(condition: FailoverCondition | undefined, saysUnreachable: boolean): void {
    const best = bestResponse(this.#finals)
    if (best) return this.#relayFinal(best, 'exhausted')
    const isUnreachable = condition === 'transport' && saysUnreachable
    this.#answer(isUnreachable ? NEXT_HOP_UNREACHABLE : this.plan.exhausted, 'exhausted', undefined)
  }

  /** After a CANCEL no backend's 5xx goes up as if the call had failed: the caller ended it. */
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

/** What there is to report of an attempt of which nothing was sent. */
const UNSENT = { status: 0, heard: false, retryAfter: undefined } satisfies Partial<AttemptReport>

function isAwaitedBranch({ state }: CallBranch): boolean {
  return isAwaited(state)
}
