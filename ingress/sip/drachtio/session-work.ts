/** What is in progress on one session: it is lost with the session, because dialogs belong to the connection that made them. */
import type { Peer, ProxyTarget } from '../engine.ts'
import type { HandedRequest } from './drachtio-library.ts'
import type { ServerSession } from './server-session.ts'

/** A call that rings. */
export interface RingingCall {
  /** The session is lost: nothing can be sent any more. */
  lost(): void
  /** The process ends: the caller gets an answer. */
  end(): void
}

/** What both legs of an answered call share. */
export interface BridgedCall {
  readonly caller: Peer
  readonly target: ProxyTarget
  readonly dialogData: string
}

/** One of the two dialogs of an answered call. */
export interface CallLeg {
  readonly call: BridgedCall
  readonly side: 'caller' | 'backend'
  /** The server's id of the dialog. */
  readonly dialogId: string
  /** What sends the ACK of a 2xx on the other leg; called with this leg's ACK. */
  acknowledge: ((ack: HandedRequest) => void) | undefined
}

export class SessionWork {
  readonly session: ServerSession
  /** Requests inside dialogs that wait for their answer. */
  relays = 0
  readonly #ringing = new Set<RingingCall>()
  readonly #legs = new Map<string, CallLeg>()
  readonly #others = new Map<CallLeg, CallLeg>()
  #onSilence: (() => void) | undefined

  constructor(session: ServerSession) {
    this.session = session
  }

  /** Calls that ring or were answered, and requests inside them: all need this process until they are over. */
  get size(): number {
    return this.#ringing.size + this.#others.size / 2 + this.relays
  }

  rings(call: RingingCall): void {
    this.#ringing.add(call)
  }

  /** The caller has its answer. */
  settled(call: RingingCall): void {
    this.#ringing.delete(call)
    if (this.#ringing.size === 0) this.#onSilence?.()
  }

  /** Ends every call that rings, and tells when the server has sent the answers. */
  endRinging(silent: () => void): void {
    this.#onSilence = silent
    for (const call of this.ringing()) call.end()
    if (this.#ringing.size === 0) silent()
  }

  ringing(): readonly RingingCall[] {
    return [...this.#ringing]
  }

  leg(dialogId: string): CallLeg | undefined {
    return this.#legs.get(dialogId)
  }

  otherOf(leg: CallLeg): CallLeg | undefined {
    return this.#others.get(leg)
  }

  bridge(caller: CallLeg, backend: CallLeg): void {
    this.#legs.set(caller.dialogId, caller)
    this.#legs.set(backend.dialogId, backend)
    this.#others.set(caller, backend)
    this.#others.set(backend, caller)
  }

  /** Forgets both legs of a call; answers the other one. */
  unbridge(leg: CallLeg): CallLeg | undefined {
    const other = this.#others.get(leg)
    for (const one of other ? [leg, other] : [leg]) {
      this.#legs.delete(one.dialogId)
      this.#others.delete(one)
    }
    return other
  }

  /** One leg of each call that was answered. */
  callers(): CallLeg[] {
    return [...this.#others.keys()].filter(({ side }) => side === 'caller')
  }
}
