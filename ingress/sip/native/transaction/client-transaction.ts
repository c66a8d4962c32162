import type { IpAddress } from '../../../address/ip-address.ts'
import type { Clock, Timer } from '../../../time/clock.ts'
import { SIXTY_FOUR_T1_MS, T1_MS, T2_MS, T4_MS, TIMER_D_MS } from '../../limits.ts'
import {
  type InviteClientEffect,
  type InviteClientInput,
  type InviteClientState,
  inviteClientInput,
  inviteClientTables,
} from './invite-client-table.ts'
import {
  type NonInviteClientEffect,
  type NonInviteClientInput,
  type NonInviteClientState,
  nonInviteClientInput,
  nonInviteClientTables,
} from './non-invite-client-table.ts'
import { type AnyTransitionTable, step, type Transition } from './transition-table.ts'

type ClientTransactionState = InviteClientState | NonInviteClientState

type ClientEffect = InviteClientEffect | NonInviteClientEffect
type ClientInput = InviteClientInput | NonInviteClientInput
type EndInput = 'timerB' | 'timerD' | 'timerF' | 'timerK' | 'timerM'

/** A client transaction as its sink sees it. It can be given to a transport in place of `SendOptions`. */
export interface RequestTransaction {
  /** RFC 3261 §17.1.4: called if the bytes that `sendRequest` got could not be sent. */
  onFailure(error: Error): void
}

/** Carries the bytes of a client transaction to the peer. */
export interface RequestSink {
  /** Whether the transport itself delivers the bytes or reports a failure, as TCP and TLS do. Read once, in `start`. */
  readonly reliable: boolean
  /** The address to which the request is sent. Only this address may answer the request. Read once, by the constructor. */
  readonly address: IpAddress
  /** True if the request was made here and not relayed: our Via is then the only one in its responses. Read once, as `address` is. */
  readonly madeHere?: true
  /** Sends a request or its ACK. A failure is reported to `onFailure` of the transaction, during the call or later. */
  sendRequest(bytes: Buffer, transaction: RequestTransaction): void
}

/**
 * The user of a client transaction. It gets the reports of the transaction, and makes the ACKs. All functions may call
 * functions of the transaction. They must not throw.
 */
export interface ClientTransactionUser<M> {
  /**
   * Called with every provisional response and with the first final response. For an INVITE, also called with every further 2xx
   * (RFC 6026 §7.2).
   */
  onResponse(transaction: ClientTransaction<M>, status: number, message: M): void
  /**
   * Timer B has ended: no response to an INVITE came. Or Timer F: no final response to another request came. `onTerminated`
   * follows.
   */
  onTimeout(transaction: ClientTransaction<M>): void
  /** The request could not be sent. Never called after a final response. `onTerminated` follows. */
  onTransportError(transaction: ClientTransaction<M>, error: Error): void
  /** The transaction has ended, for any cause, including `destroy`. Called exactly once for each transaction. */
  onTerminated(transaction: ClientTransaction<M>): void
}

export interface InviteTransactionUser<M> extends ClientTransactionUser<M> {
  /** Makes the ACK to a response from 300 to 699 (RFC 3261 §17.1.1.3). Called again for each repeat of the response. */
  makeAck(response: M): Buffer
}

/** One request that we have sent, and its responses (RFC 3261 §17.1 with RFC 6026). `M` is the type of a response. */
export class ClientTransaction<M> implements RequestTransaction {
  readonly kind: 'invite' | 'non-invite'
  /** Its place in the table of transactions. Only the table uses it. 0: the table does not have the transaction. */
  place = 0
  readonly #clock: Clock
  /** The address to which the request is sent. */
  readonly asked: IpAddress
  /** Whether the request was made here and not relayed. */
  readonly madeHere: boolean
  /** Undefined after `passTo`. */
  #sink: RequestSink | undefined
  #user: ClientTransactionUser<M> | InviteTransactionUser<M>
  #table: AnyTransitionTable<ClientTransactionState, ClientEffect>
  #state: ClientTransactionState = 'Initial'
  #gotProvisional = false
  #finalStatus = 0
  /** The request, as long as it may have to be repeated. */
  #request: Buffer | undefined
  /** The current pause of Timer A or E in milliseconds. 0: neither of them runs. */
  #repeatMs = 0
  /** The input and the time of Timer B, D, F, K or M. Only one of these timers runs at a time. */
  #endInput: EndInput = 'timerB'
  /** A whole number, because V8 keeps a fraction in an object of its own. 0: none of these timers runs. */
  #endAt = 0
  /** The timer that repeats and the timer at the end share this timer of the clock. It is set to the first of them. */
  #timer: Timer | undefined
  #timerInput: 'timerA' | 'timerE' | EndInput = 'timerB'

  /** The user of an INVITE must be an `InviteTransactionUser`. */
  constructor(kind: 'invite', clock: Clock, sink: RequestSink, user: InviteTransactionUser<M>)
  constructor(kind: 'non-invite', clock: Clock, sink: RequestSink, user: ClientTransactionUser<M>)
  constructor(kind: 'invite' | 'non-invite', clock: Clock, sink: RequestSink, user: ClientTransactionUser<M>) {
    this.kind = kind
    this.asked = sink.address
    this.madeHere = sink.madeHere === true
    this.#clock = clock
    this.#sink = sink
    this.#user = user
    this.#table = (kind === 'invite' ? inviteClientTables : nonInviteClientTables).unreliable
  }

  get state(): ClientTransactionState {
    return this.#state
  }

  /**
   * Whether a provisional response has come; a 100 counts too. RFC 3261 §9.1: a CANCEL may be sent only after such a response.
   */
  get gotProvisional(): boolean {
    return this.#gotProvisional
  }

  /** Whether the final response has still to come. After that response, the transaction only absorbs its repeats. */
  get unfinished(): boolean {
    return this.#state === 'Calling' || this.#state === 'Trying' || this.#state === 'Proceeding'
  }

  /** The status of the first final response, or 0 before a final response has come. */
  get finalStatus(): number {
    return this.#finalStatus
  }

  /**
   * Sends the request. Only the first call has an effect. The bytes of `request` must not change, because repeats are sent from
   * them.
   */
  start(request: Buffer): void {
    if (this.#state !== 'Initial') return
    const tables = this.kind === 'invite' ? inviteClientTables : nonInviteClientTables
    this.#table = this.#sink?.reliable ? tables.reliable : tables.unreliable
    this.#request = request
    this.#run('start')
  }

  /** Takes a response whose key is the key of this transaction. `message` is passed to the user and not retained. */
  receiveResponse(status: number, message: M): void {
    const { to, effects } = this.#enter(
      this.kind === 'invite' ? inviteClientInput(status) : nonInviteClientInput(status),
    )
    for (let i = 0; i < effects.length; i++) {
      // The user may have destroyed the transaction while it handled the response.
      if (this.#state !== to) return
      const effect = effects[i]
      if (effect === 'passUp') this.#passUp(status, message)
      else if (effect === 'ack') this.#acknowledge(message)
      else if (effect !== undefined) this.#perform(effect)
    }
  }

  /** RFC 3261 §17.1.4: called if the bytes that `sendRequest` got could not be sent. */
  onFailure(error: Error): void {
    for (const effect of this.#enter('transportError').effects) {
      if (effect === 'transportError') this.#user.onTransportError(this, error)
      else this.#perform(effect)
    }
  }

  /**
   * Gives the transaction another user. Only for a transaction that will send nothing more, because its request is answered:
   * its sink is dropped. A transaction lives for up to 32 s after its answer, so its user should then be small.
   */
  passTo(user: ClientTransactionUser<M>): void {
    this.#user = user
    this.#sink = undefined
  }

  /** Ends the transaction immediately. Nothing more is sent, and the user gets only `onTerminated`. */
  destroy(): void {
    this.#run('destroy')
  }

  static readonly #onTimer = <M>(transaction: ClientTransaction<M>): void => {
    transaction.#run(transaction.#timerInput)
  }

  #run(input: ClientInput): void {
    const { effects } = this.#enter(input)
    for (let i = 0; i < effects.length; i++) {
      const effect = effects[i]
      if (effect !== undefined) this.#perform(effect)
    }
  }

  #enter(input: ClientInput): Transition<ClientTransactionState, ClientEffect> {
    const transition = step(this.#table, this.#state, input)
    this.#state = transition.to
    return transition
  }

  #perform(effect: ClientEffect): void {
    switch (effect) {
      case 'send':
        this.#send()
        break
      case 'startA':
        this.#startRepeat(this.#repeatMs * 2)
        break
      case 'startE':
        // RFC 3261 §17.1.2.2: the pause of Timer E doubles each time, up to T2.
        this.#startRepeat(Math.min(this.#repeatMs * 2, T2_MS))
        break
      case 'startEAtT2':
        this.#startRepeat(T2_MS)
        break
      case 'startB':
        this.#startEnd('timerB', SIXTY_FOUR_T1_MS)
        break
      case 'startD':
        this.#startEnd('timerD', TIMER_D_MS)
        break
      case 'startF':
        this.#startEnd('timerF', SIXTY_FOUR_T1_MS)
        break
      case 'startK':
        this.#startEnd('timerK', T4_MS)
        break
      case 'startM':
        this.#startEnd('timerM', SIXTY_FOUR_T1_MS)
        break
      case 'rest':
        this.#rest()
        break
      case 'timeout':
        this.#user.onTimeout(this)
        break
      case 'terminate':
        this.#user.onTerminated(this)
        break
      case 'ack':
      case 'passUp':
      case 'transportError':
        // The other effects need the response or the error. `receiveResponse` and `onFailure` carry them out.
        break
    }
  }

  #send(): void {
    if (this.#request !== undefined) this.#sink?.sendRequest(this.#request, this)
  }

  #passUp(status: number, message: M): void {
    if (status < 200) this.#gotProvisional = true
    else if (this.#finalStatus === 0) this.#finalStatus = status
    this.#user.onResponse(this, status, message)
  }

  #acknowledge(response: M): void {
    if ('makeAck' in this.#user) this.#sink?.sendRequest(this.#user.makeAck(response), this)
  }

  /** RFC 3261 §17.1: the first pause of Timers A and E is T1. */
  #startRepeat(nextMs: number): void {
    this.#repeatMs = nextMs === 0 ? T1_MS : nextMs
    const leftMs = this.#endAt === 0 ? Number.POSITIVE_INFINITY : this.#endAt - this.#clock.now()
    if (this.#repeatMs < leftMs) this.#setTimer(this.kind === 'invite' ? 'timerA' : 'timerE', this.#repeatMs)
    else this.#setTimer(this.#endInput, leftMs)
  }

  #startEnd(input: EndInput, ms: number): void {
    this.#endInput = input
    if (this.#repeatMs === 0) this.#setTimer(input, ms)
    this.#endAt = this.#repeatMs === 0 && this.#timer ? this.#timer.deadline : Math.ceil(this.#clock.now() + ms)
  }

  #setTimer(input: 'timerA' | 'timerE' | EndInput, ms: number): void {
    this.#timerInput = input
    if (this.#timer === undefined) this.#timer = this.#clock.after(ms, ClientTransaction.#onTimer<M>, this)
    else this.#clock.restart(this.#timer, ms)
  }

  #rest(): void {
    if (this.#timer !== undefined) this.#clock.cancel(this.#timer)
    this.#repeatMs = 0
    this.#endAt = 0
    this.#request = undefined
  }
}
