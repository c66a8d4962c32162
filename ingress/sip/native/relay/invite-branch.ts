/** One attempt of a proxied INVITE: its client transaction, its timers and its state from `proxy/branch-table.ts`. */
import type { IpAddress } from '../../../address/ip-address.ts'
import type { Clock, Timer } from '../../../time/clock.ts'
import { SIXTY_FOUR_T1_MS, TIMER_C_MS } from '../../limits.ts'
import type { SipMessage } from '../../message/sip-message.ts'
import type { ProxyTarget } from '../../port/engine.ts'
import {
  type BranchAction,
  type BranchInput,
  type BranchState,
  type BranchTimerInput,
  branchStep,
  isAwaited,
  responseInput,
} from '../../proxy/branch-table.ts'
import type { CallBranch } from '../../proxy/call-progress.ts'
import type {
  ClientTransaction,
  InviteTransactionUser,
  RequestSink,
  RequestTransaction,
} from '../transaction/client-transaction.ts'
import type { Destination } from '../transport/transport.ts'
import type { CallerCookie, RelayedBranch } from './relayed-response.ts'

/** The owner of a branch. It carries out the actions that `proxy/branch-table.ts` asks for. */
export interface BranchOwner {
  /**
   * Called for every input after which the branch has ended, before the action of that input. An ended branch may get a further
   * 2xx; then this is called again.
   */
  branchEnded(branch: InviteBranch): void
  /** Called for the same inputs as `branchEnded`, but after the action. */
  branchOver(): void
  act(branch: InviteBranch, action: BranchAction, response: SipMessage | undefined): void
  send(branch: InviteBranch, bytes: Buffer, transaction: RequestTransaction): void
  makeAck(branch: InviteBranch, response: SipMessage): Buffer
  transactionEnded(transaction: ClientTransaction<SipMessage>): void
}

export interface InviteBranchOptions {
  readonly target: ProxyTarget
  readonly destination: Destination
  /** The request as it was sent. CANCEL and ACK are made from it. */
  readonly request: Buffer
  /** The branch parameter of our Via in `request`. */
  readonly branchId: string
  /** The cookie in the Record-Route that we added to `request`. It is empty inside a dialog. */
  readonly cookie: string
  /** The share of Max-Breadth that this branch uses while it lives (RFC 5393 §5.3.3). */
  readonly breadth: number
  /**
   * True if the request was sent over TCP only because it is large. If TCP fails, UDP can still be tried (RFC 3261 §18.1.1).
   */
  readonly streamForSize: boolean
  /** How many milliseconds to wait for a connection. Undefined stands for the usual time. */
  readonly connectMs: number | undefined
}

/** The timers of a branch that were set. They may have fired or been stopped. */
type BranchTimers = Record<BranchTimerInput, Timer | undefined>

/** One attempt. The branch itself is also the user and the sink of its transaction, which saves two objects per attempt. */
export class InviteBranch implements CallBranch, RelayedBranch, InviteTransactionUser<SipMessage>, RequestSink {
  readonly target: ProxyTarget
  readonly destination: Destination
  /** The request as it was sent. CANCEL and ACK are made from it. */
  readonly request: Buffer
  readonly branchId: string
  readonly cookie: string
  readonly streamForSize: boolean
  readonly connectMs: number | undefined
  readonly reliable: boolean
  callerCookie: CallerCookie | undefined
  state: BranchState = 'calling'
  transaction: ClientTransaction<SipMessage> | undefined
  isReported = false
  responseReceived = false
  isAnswered = false
  #breadth: number
  readonly #owner: BranchOwner
  readonly #clock: Clock
  #timers: BranchTimers | undefined

  constructor(options: InviteBranchOptions, owner: BranchOwner, clock: Clock) {
    this.target = options.target
    this.destination = options.destination
    this.branchId = options.branchId
    this.cookie = options.cookie
    this.streamForSize = options.streamForSize
    this.connectMs = options.connectMs
    this.reliable = options.destination.transport === 'TCP'
    this.request = options.request
    this.#breadth = options.breadth
    this.#owner = owner
    this.#clock = clock
  }

  get address(): IpAddress {
    return this.destination.address
  }

  get live(): boolean {
    return this.state !== 'ended'
  }

  onResponse(_transaction: ClientTransaction<SipMessage>, status: number, response: SipMessage): void {
    this.responseReceived = true
    this.input(responseInput(status), response)
  }

  onTimeout(): void {
    this.input('time-out')
  }

  onTransportError(): void {
    this.input('unreachable')
  }

  onTerminated(transaction: ClientTransaction<SipMessage>): void {
    this.#owner.transactionEnded(transaction)
  }

  makeAck(response: SipMessage): Buffer {
    return this.#owner.makeAck(this, response)
  }

  sendRequest(bytes: Buffer, transaction: RequestTransaction): void {
    this.#owner.send(this, bytes, transaction)
  }

  input(input: BranchInput, response?: SipMessage): void {
    const step = branchStep(this.state, input)
    if (!step) return
    this.state = step.to
    if (step.to !== 'calling' && step.to !== 'cancel-held') this.stopTimer('backend-timer')
    if (!isAwaited(this.state)) this.#stopAwaiting()
    if (!this.live) this.#owner.branchEnded(this)
    if (step.action) this.#owner.act(this, step.action, response)
    if (!this.live) this.#owner.branchOver()
  }

  /** Returns the branch's share of Max-Breadth, and sets it to 0. So only the first call returns the share. */
  takeBreadth(): number {
    const share = this.#breadth
    this.#breadth = 0
    return share
  }

  startBackendTimer(ms: number): void {
    this.#startTimer('backend-timer', ms)
  }

  /** RFC 3261 §16.6 step 11, §16.7 step 2: Timer C starts with the branch, and again at every response from 101 to 199. */
  startTimerC(): void {
    this.#startTimer('timer-c', TIMER_C_MS)
  }

  /** The timer starts at the first 18x. A later 18x does not start the timer again. */
  startRingingTimer(ms: number): void {
    if (this.#timers?.['ringing-timer'] === undefined) this.#startTimer('ringing-timer', ms)
  }

  /** RFC 3261 §9.1: if no final response comes within 64*T1 after a CANCEL, the INVITE counts as cancelled. */
  startCancelTimer(): void {
    this.#stopTimers()
    this.#startTimer('cancel-timer', SIXTY_FOUR_T1_MS)
  }

  stopTimer(input: BranchTimerInput): void {
    const timer = this.#timers?.[input]
    if (timer !== undefined) this.#clock.cancel(timer)
  }

  #startTimer(input: BranchTimerInput, ms: number): void {
    this.#timers ??= {
      'backend-timer': undefined,
      'ringing-timer': undefined,
      'timer-c': undefined,
      'cancel-timer': undefined,
    }
    const timer = this.#timers[input]
    if (timer === undefined) this.#timers[input] = this.#clock.after(ms, FIRE[input], this)
    else this.#clock.restart(timer, ms)
  }

  /**
   * A cancelled branch keeps its cancel timer. A backend may accept the CANCEL and never answer the INVITE. Then the timer ends
   * the branch.
   */
  #stopAwaiting(): void {
    if (!this.live) return this.#stopTimers()
    this.stopTimer('backend-timer')
    this.stopTimer('ringing-timer')
    this.stopTimer('timer-c')
  }

  #stopTimers(): void {
    this.stopTimer('backend-timer')
    this.stopTimer('ringing-timer')
    this.stopTimer('timer-c')
    this.stopTimer('cancel-timer')
    this.#timers = undefined
  }
}

/** One function for each timer, so that a timer needs no object that says which one it is. */
const FIRE: Readonly<Record<BranchTimerInput, (branch: InviteBranch) => void>> = {
  'backend-timer': (branch) => fireBranchTimer(branch, 'backend-timer'),
  'ringing-timer': (branch) => fireBranchTimer(branch, 'ringing-timer'),
  'timer-c': (branch) => fireBranchTimer(branch, 'timer-c'),
  'cancel-timer': (branch) => fireBranchTimer(branch, 'cancel-timer'),
}

function fireBranchTimer(branch: InviteBranch, input: BranchTimerInput): void {
  branch.input(input)
  // RFC 3261 §9.1: the client "SHOULD then consider the original transaction cancelled and MUST destroy the client
  // transaction".
  if (input === 'cancel-timer') branch.transaction?.destroy()
}
