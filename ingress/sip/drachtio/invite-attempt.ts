/** One attempt of a bridged INVITE: the request, its timers and its state from `proxy/branch-table.ts`. */
import type { Clock, Timer } from '../../time/clock.ts'
import { SIXTY_FOUR_T1_MS, TIMER_C_MS } from '../limits.ts'
import type { HeaderField, ProxyTarget } from '../port/engine.ts'
import {
  type BranchAction,
  type BranchInput,
  type BranchState,
  type BranchTimerInput,
  branchStep,
  responseInput,
} from '../proxy/branch-table.ts'
import type { CallBranch } from '../proxy/call-progress.ts'
import type { HandedResponse, SentRequest } from './drachtio-library.ts'

/** The owner of an attempt. It carries out the actions that the branch table names. */
export interface AttemptOwner {
  act(attempt: InviteAttempt, action: BranchAction, response: HandedResponse | undefined): void
}

interface AttemptTimer {
  readonly attempt: InviteAttempt
  readonly name: BranchTimerInput | 'abandoned'
}

export class InviteAttempt implements CallBranch {
  readonly target: ProxyTarget
  state: BranchState = 'calling'
  isReported = false
  responseReceived = false
  isAnswered = false
  /** Whether a CANCEL was sent. If the call is answered after that, the server itself ends the call. */
  cancelSent = false
  #sent: SentRequest | undefined
  #cancelReasons: readonly HeaderField[] = []
  readonly #owner: AttemptOwner
  readonly #clock: Clock
  readonly #timers = new Map<AttemptTimer['name'], Timer>()

  constructor(target: ProxyTarget, owner: AttemptOwner, clock: Clock) {
    this.target = target
    this.#owner = owner
    this.#clock = clock
  }

  get live(): boolean {
    return this.state !== 'ended'
  }

  /**
   * Stores the request that was sent. The server may have refused the request immediately; then the attempt is already over.
   */
  sent(request: SentRequest): void {
    this.#sent = request
    if (this.cancelSent) request.cancel(this.#cancelReasons)
  }

  /**
   * Asks the server to send a CANCEL. The server waits until a provisional response has come. A 100 is enough for this,
   * although the server does not report a 100 to us.
   */
  sendCancel(reasons: readonly HeaderField[]): void {
    if (this.cancelSent) return
    this.cancelSent = true
    this.#cancelReasons = reasons
    this.#stopTimers()
    this.#start('cancel-timer', SIXTY_FOUR_T1_MS)
    this.#sent?.cancel(reasons)
  }

  startBackendTimer(ms: number): void {
    this.#start('backend-timer', ms)
  }

  /** RFC 3261 §16.6 step 11, §16.7 step 2: Timer C starts with the attempt, and again at every response from 101 to 199. */
  startTimerC(): void {
    this.#start('timer-c', TIMER_C_MS)
  }

  /**
   * Stops waiting for the backend. If the backend never sent anything, the server ends the INVITE by itself after 64*T1. If it
   * sent a 100, which the server does not report, the INVITE goes on. So a CANCEL is sent after that time. A 2xx that comes
   * before is still accepted.
   */
  abandon(): void {
    this.#stopTimers()
    this.#start('abandoned', SIXTY_FOUR_T1_MS)
  }

  /** Starts the timer at the first 18x. A further 18x does not start the timer again. */
  startRingingTimer(ms: number): void {
    if (!this.#timers.has('ringing-timer')) this.#start('ringing-timer', ms)
  }

  onResponse(response: HandedResponse): void {
    if (!response.byServer) this.responseReceived = true
    this.input(response.byServer ? silenceOf(response.status) : responseInput(response.status), response)
  }

  input(input: BranchInput, response?: HandedResponse): void {
    const step = branchStep(this.state, input)
    if (!step) return
    this.state = step.to
    if (step.to !== 'calling' && step.to !== 'cancel-held') this.#stop('backend-timer')
    if (!this.live) this.#stopTimers()
    if (step.action) this.#owner.act(this, step.action, response)
  }

  /** Ends the attempt because the connection is lost. No response can come any more. */
  forget(): void {
    this.state = 'ended'
    this.#stopTimers()
  }

  #start(name: AttemptTimer['name'], ms: number): void {
    this.#stop(name)
    this.#timers.set(name, this.#clock.after(ms, fireAttemptTimer, { attempt: this, name }))
  }

  #stop(name: AttemptTimer['name']): void {
    const timer = this.#timers.get(name)
    if (!timer) return
    this.#clock.cancel(timer)
    this.#timers.delete(name)
  }

  #stopTimers(): void {
    for (const timer of this.#timers.values()) this.#clock.cancel(timer)
    this.#timers.clear()
  }
}

function fireAttemptTimer({ attempt, name }: AttemptTimer): void {
  if (name === 'abandoned') attempt.sendCancel([])
  else attempt.input(name)
}

/**
 * How an attempt failed, as told by a status that the server made itself. RFC 3261 §8.1.3.1, §17.1.4: 408 stands for Timer B,
 * and 503 for a target to which the server cannot send.
 */
function silenceOf(status: number): 'time-out' | 'unreachable' {
  return status === 408 ? 'time-out' : 'unreachable'
}
