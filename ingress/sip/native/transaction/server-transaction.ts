import type { Clock, Timer } from '../../../time/clock.ts'
import { SIXTY_FOUR_T1_MS, SUCCESS_REPEATED_MS, T1_MS, T2_MS, T4_MS } from '../../limits.ts'
import type { Answer } from '../../port/engine.ts'
import type { ByteStore } from './byte-store.ts'
import {
  type InviteServerEffect,
  type InviteServerInput,
  type InviteServerState,
  inviteServerInput,
  inviteServerTables,
} from './invite-server-table.ts'
import {
  type NonInviteServerEffect,
  type NonInviteServerInput,
  type NonInviteServerState,
  nonInviteServerInput,
  nonInviteServerTables,
} from './non-invite-server-table.ts'
import { type AnyTransitionTable, step } from './transition-table.ts'

type ServerTransactionState = InviteServerState | NonInviteServerState

type ServerEffect = InviteServerEffect | NonInviteServerEffect
type EndInput = 'timerH' | 'timerI' | 'timerJ' | 'timerL'
type ServerInput = InviteServerInput | NonInviteServerInput

/** Carries the bytes of a server transaction back to the peer. */
export interface ResponseSink {
  /**
   * Whether the transport itself delivers the bytes or reports a failure, as TCP and TLS do. Read once, when the transaction is
   * made.
   */
  readonly reliable: boolean
  /** Returns whether the bytes were handed to the transport. RFC 6026 §8.8: even if they were not, the transaction goes on. */
  sendResponse(bytes: Buffer): boolean
}

/**
 * The user of a server transaction. It gets the reports of the transaction. Both functions may call functions of the
 * transaction. They must not throw.
 */
export interface ServerTransactionUser {
  /** Timer H has ended: no ACK to a final response of an INVITE came. `onTerminated` follows. */
  onTimeout(transaction: ServerTransaction): void
  /** The transaction has ended, for any cause, including `destroy`. Called exactly once for each transaction. */
  onTerminated(transaction: ServerTransaction): void
}

/** What a server transaction must find while its INVITE waits for a final response: the proxied INVITE. */
export interface WaitingInvite {
  cancel(reason: string): void
  end(answer: Answer): void
  serverEnded(): void
}

/** What all server transactions of an engine share. */
export interface ServerTransactionHost {
  readonly clock: Clock
  readonly user: ServerTransactionUser
  /** The final responses to requests other than INVITE. */
  readonly responses: ByteStore
}

/**
 * The unfinished states. In Completed, an INVITE still waits for the ACK to its final response. For any other request, nothing
 * follows after the final response.
 */
const UNFINISHED_INVITE: ReadonlySet<ServerTransactionState> = new Set(['Proceeding', 'Completed'])
const UNFINISHED_OTHER: ReadonlySet<ServerTransactionState> = new Set(['Trying', 'Proceeding'])

/**
 * One request that is being answered: RFC 3261 §17.2 with RFC 6026 and RFC 4320. The transaction begins when its request has
 * come.
 */
export class ServerTransaction {
  readonly kind: 'invite' | 'non-invite'
  /** Its place in the table of transactions. Only the table uses it. 0: the table does not have the transaction. */
  place = 0
  /** The proxied INVITE, until its final response has been sent. Only `server-sides.ts` and the INVITE itself set it. */
  waiting: WaitingInvite | undefined
  readonly #sink: ResponseSink
  readonly #host: ServerTransactionHost
  readonly #quiet: boolean
  readonly #table: AnyTransitionTable<ServerTransactionState, ServerEffect>
  #state: ServerTransactionState
  #finalStatus = 0
  /**
   * The response that each repeat of the request gets. A number is its place in the store of the host. The answer to a non-INVITE
   * is there, because it is retained for 32 s, and a Buffer would keep alive the whole memory pool of which it is a part.
   */
  #response: Buffer | number | undefined
  /** The current pause of Timer G in milliseconds. 0: Timer G does not run. */
  #repeatMs = 0
  /** The input and the time of Timer H, I, J or L. Only one of these timers runs at a time. */
  #endInput: EndInput = 'timerH'
  /** A whole number, because V8 keeps a fraction in an object of its own. 0: none of these timers runs. */
  #endAt = 0
  /**
   * Timer G and the timer of `#endInput` share this one timer of the clock. It is set for the earlier of the two, and
   * `#timerInput` names that one.
   */
  #timer: Timer | undefined
  #timerInput: 'timerG' | EndInput = 'timerH'

  /**
   * `quiet`: true for an unvouched source: then each packet that we send answers one packet that came. No timer repeats a
   * response, and an INVITE gets no 100. So the sender repeats its INVITE, and each repeat gets the last response.
   */
  constructor(kind: 'invite' | 'non-invite', sink: ResponseSink, host: ServerTransactionHost, quiet = false) {
    const invite = kind === 'invite'
    this.kind = kind
    this.#sink = sink
    this.#host = host
    this.#quiet = quiet
    const tables = invite ? inviteServerTables : nonInviteServerTables
    this.#table = sink.reliable ? tables.reliable : tables.unreliable
    this.#state = invite ? 'Proceeding' : 'Trying'
  }

  get state(): ServerTransactionState {
    return this.#state
  }

  /** The status of the first final response that was sent, or 0 before a final response was sent. */
  get finalStatus(): number {
    return this.#finalStatus
  }

  /**
   * Whether the peer may still wait for its final response. After a refusal of an INVITE, this is true until the ACK comes.
   * After a 2xx, it is true as long as the called side probably repeats the 2xx through us (RFC 3261 §13.3.1.4). After that,
   * the transaction only absorbs repeats.
   */
  unfinished(now: number): boolean {
    if (this.#state !== 'Accepted')
      return (this.kind === 'invite' ? UNFINISHED_INVITE : UNFINISHED_OTHER).has(this.#state)
    return now < this.#endAt - SIXTY_FOUR_T1_MS + SUCCESS_REPEATED_MS
  }

  /**
   * Takes a repeat of the request that made this transaction. The last response is sent again. If there is no response to
   * repeat, the repeat is absorbed.
   */
  receiveRequest(): void {
    this.#step('request')
  }

  /**
   * Takes an ACK that matches this INVITE. True: the ACK ends here. False: the ACK acknowledges a 2xx and MUST be passed up
   * (RFC 6026 §7.1).
   */
  receiveAck(): boolean {
    return !this.#step('ack')
  }

  /**
   * Sends a response if the state allows it, else discards it. After a 2xx to an INVITE, every further 2xx is sent. After any
   * other final response, nothing is sent. For a non-INVITE, 101 to 199 are discarded, and a 408 ends the transaction without
   * an answer (RFC 4320 §4). The content of `bytes` must not change, because repeats are sent from it.
   */
  respond(status: number, bytes: Buffer): void {
    if (this.#quiet && status === 100) return
    this.#step(this.kind === 'invite' ? inviteServerInput(status) : nonInviteServerInput(status), status, bytes)
  }

  /** Ends the transaction and sends nothing. Used if a call is dropped, or if an answer came too late (RFC 4320 §4.2). */
  destroy(): void {
    this.#step('destroy')
  }

  static readonly #onTimer = (transaction: ServerTransaction): void => {
    transaction.#step(transaction.#timerInput)
  }

  /** Makes the transition for an input and carries out its effects. Returns whether the user must get an ACK. */
  #step(input: ServerInput, status = 0, bytes?: Buffer): boolean {
    const { to, effects } = step(this.#table, this.#state, input)
    this.#state = to
    let passAck = false
    for (let i = 0; i < effects.length; i++) {
      const effect = effects[i]
      if (effect === 'passAck') passAck = true
      else if (effect !== undefined) this.#perform(effect, status, bytes)
    }
    return passAck
  }

  #perform(effect: Exclude<ServerEffect, 'passAck'>, status: number, bytes: Buffer | undefined): void {
    switch (effect) {
      case 'send':
        this.#retain(status, bytes)
        this.#send(status, bytes)
        break
      case 'sendOnce':
        this.#send(status, bytes)
        break
      case 'sendAgain':
        this.#sendAgain()
        break
      case 'startG':
        this.#startG()
        break
      case 'startH':
        this.#startEnd('timerH', SIXTY_FOUR_T1_MS)
        break
      case 'startI':
        this.#startEnd('timerI', T4_MS)
        break
      case 'startJ':
        this.#startEnd('timerJ', SIXTY_FOUR_T1_MS)
        break
      case 'startL':
        this.#startEnd('timerL', SIXTY_FOUR_T1_MS)
        break
      case 'rest':
        this.#rest()
        break
      case 'timeout':
        this.#host.user.onTimeout(this)
        break
      case 'terminate':
        this.#host.user.onTerminated(this)
        break
    }
  }

  #send(status: number, bytes: Buffer | undefined): void {
    if (bytes === undefined) return
    if (status >= 200 && this.#finalStatus === 0) this.#finalStatus = status
    this.#sink.sendResponse(bytes)
  }

  #retain(status: number, bytes: Buffer | undefined): void {
    const isStored = this.kind === 'non-invite' && status >= 200 && bytes !== undefined
    this.#response = isStored ? this.#host.responses.keep(bytes) : bytes
  }

  #sendAgain(): void {
    const response = this.#response
    this.#send(0, typeof response === 'number' ? this.#host.responses.read(response) : response)
  }

  /** RFC 3261 §17.2.1: the first pause of Timer G is T1. The pause doubles each time, up to T2. */
  #startG(): void {
    if (this.#quiet) return
    this.#repeatMs = this.#repeatMs === 0 ? T1_MS : Math.min(this.#repeatMs * 2, T2_MS)
    const leftMs = this.#endAt === 0 ? Number.POSITIVE_INFINITY : this.#endAt - this.#host.clock.now()
    if (this.#repeatMs < leftMs) this.#setTimer('timerG', this.#repeatMs)
    else this.#setTimer(this.#endInput, leftMs)
  }

  #startEnd(input: EndInput, ms: number): void {
    this.#endInput = input
    if (this.#repeatMs === 0) this.#setTimer(input, ms)
    this.#endAt = this.#repeatMs === 0 && this.#timer ? this.#timer.deadline : Math.ceil(this.#host.clock.now() + ms)
  }

  #setTimer(input: 'timerG' | EndInput, ms: number): void {
    const { clock } = this.#host
    this.#timerInput = input
    if (this.#timer === undefined) this.#timer = clock.after(ms, ServerTransaction.#onTimer, this)
    else clock.restart(this.#timer, ms)
  }

  #rest(): void {
    if (this.#timer !== undefined) this.#host.clock.cancel(this.#timer)
    this.#repeatMs = 0
    this.#endAt = 0
    if (typeof this.#response === 'number') this.#host.responses.release(this.#response)
    this.#response = undefined
  }
}
