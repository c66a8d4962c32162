/**
 * The calls and requests in progress on one session. When the session is lost, they are lost too, because a dialog belongs to
 * the connection that made it.
 */
import type { Peer, ProxyTarget } from '../port/engine.ts'
import type { HandedRequest } from './drachtio-library.ts'
import type { ServerSession } from './server-session.ts'

/** A call that rings. */
export interface RingingCall {
  /** Called when the session is lost. Nothing more can be sent. */
  lost(): void
  /** Called when the process ends. The caller gets an answer. */
  end(): void
}

/** The values that both legs of an answered call share. */
export interface BridgedCall {
  /** Call-ID and From tag of the caller's INVITE. The backend's leg has others. */
  readonly callId: string
  readonly callerTag: string | undefined
  readonly caller: Peer
  readonly target: ProxyTarget
  readonly dialogData: string
}

/** One of the two dialogs of a call: the caller's or the backend's. */
export interface CallLeg {
  readonly call: BridgedCall
  readonly side: 'caller' | 'backend'
  /** The server's id of the dialog. */
  readonly dialogId: string
  /**
   * Sends the ACK to the 2xx of the other leg. It is called with the ACK that came on this leg. If the call ends before that
   * ACK, it is called without one.
   */
  acknowledge: ((ack?: HandedRequest) => void) | undefined
  /** Only in an early dialog (RFC 3261 §12): called if the side of this leg hangs up while the call still rings. */
  readonly hangUpEarly?: () => void
}

/** Whether the server may be asked to call a target. */
export type Reach = (target: ProxyTarget) => boolean

export class SessionWork {
  readonly session: ServerSession
  readonly reaches: Reach
  /** The number of requests inside dialogs that still wait for their answer. */
  relays = 0
  readonly #ringing = new Set<RingingCall>()
  readonly #legs = new Map<string, CallLeg>()
  readonly #others = new Map<CallLeg, CallLeg>()
  /** The legs of early dialogs. They end when the call stops ringing, so `size` does not count them. */
  readonly #earlyLegs = new Map<string, CallLeg>()
  readonly #earlyOthers = new Map<CallLeg, CallLeg>()
  /** Dialogs that the server will probably end by itself. */
  readonly #ending = new Set<string>()
  #onSilence: (() => void) | undefined

  constructor(session: ServerSession, reaches: Reach = () => true) {
    this.session = session
    this.reaches = reaches
  }

  /**
   * The number of ringing calls, answered calls and requests inside dialogs. Until they are over, all of them need this
   * process.
   */
  get size(): number {
    return this.#ringing.size + this.#others.size / 2 + this.relays
  }

  rings(call: RingingCall): void {
    this.#ringing.add(call)
  }

  /** Forgets a ringing call whose caller has its final answer. */
  settled(call: RingingCall): void {
    this.#ringing.delete(call)
    if (this.#ringing.size === 0) this.#onSilence?.()
  }

  /** Ends every call that rings. Calls `silent` when the server has sent the answers to all these calls. */
  endRinging(silent: () => void): void {
    this.#onSilence = silent
    for (const call of this.ringing()) call.end()
    if (this.#ringing.size === 0) silent()
  }

  ringing(): readonly RingingCall[] {
    return [...this.#ringing]
  }

  leg(dialogId: string): CallLeg | undefined {
    return this.#legs.get(dialogId) ?? this.#earlyLegs.get(dialogId)
  }

  otherOf(leg: CallLeg): CallLeg | undefined {
    return this.#others.get(leg) ?? this.#earlyOthers.get(leg)
  }

  /** Joins the two early dialogs of a ringing call. The server accepts requests inside them before the call is answered. */
  bridgeEarly(caller: CallLeg, backend: CallLeg): void {
    this.#earlyLegs.set(caller.dialogId, caller)
    this.#earlyLegs.set(backend.dialogId, backend)
    this.#earlyOthers.set(caller, backend)
    this.#earlyOthers.set(backend, caller)
  }

  forgetEarly(legs: readonly CallLeg[]): void {
    for (const leg of legs) {
      if (this.#earlyLegs.get(leg.dialogId) === leg) this.#earlyLegs.delete(leg.dialogId)
      this.#earlyOthers.delete(leg)
    }
  }

  expectEnd(dialogId: string): void {
    this.#ending.add(dialogId)
  }

  /**
   * Removes a dialog from the dialogs that the server will probably end. Returns whether the dialog was one of them. Called
   * when the server has ended the dialog, and when we no longer wait for the server to end it.
   */
  ended(dialogId: string): boolean {
    return this.#ending.delete(dialogId)
  }

  bridge(caller: CallLeg, backend: CallLeg): void {
    this.#legs.set(caller.dialogId, caller)
    this.#legs.set(backend.dialogId, backend)
    this.#others.set(caller, backend)
    this.#others.set(backend, caller)
  }

  /** Forgets both legs of a call. Returns the other leg. */
  unbridge(leg: CallLeg): CallLeg | undefined {
    const other = this.#others.get(leg)
    for (const one of other ? [leg, other] : [leg]) {
      this.#legs.delete(one.dialogId)
      this.#others.delete(one)
    }
    return other
  }

  /** The caller's leg of each answered call. */
  callers(): CallLeg[] {
    return [...this.#others.keys()].filter(({ side }) => side === 'caller')
  }
}
