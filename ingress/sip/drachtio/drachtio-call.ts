import type { Clock } from '../../time/clock.ts'
import { SERVICE_UNAVAILABLE } from '../port/answers.ts'
import type { Application } from '../port/application.ts'
import type { Answer, InboundPlain, ProxyPlan } from '../port/engine.ts'
import { MessageRequest } from '../port/inbound-request.ts'
import { type OfferedCall, offerCall } from '../port/offered-call.ts'
import { BridgedInvite, type CallerSide } from './bridged-invite.ts'
import type { HandedRequest } from './drachtio-library.ts'
import { ownAnswer } from './own-answer.ts'
import type { SessionWork } from './session-work.ts'

export interface CallContext {
  readonly application: Application
  readonly clock: Clock
  readonly work: SessionWork
}

/** A new INVITE before it is decided. The server has sent 100 Trying. If no answer followed, the caller would go on waiting. */
export class DrachtioCall extends MessageRequest implements OfferedCall {
  readonly provisionalSent = true
  /** Always false: the server has a transaction for every INVITE, and hands over each INVITE only once. */
  readonly repeated = false
  readonly #context: CallContext
  readonly #side: CallerSide
  #isDecided = false

  constructor(context: CallContext, side: CallerSide) {
    super(side.peer, side.message, side.facts)
    this.#context = context
    this.#side = side
  }

  get isDecided(): boolean {
    return this.#isDecided
  }

  /** Gives the call to the application, which decides it. */
  offer(): void {
    offerCall(this.#context.application, this)
  }

  drop(): '503' {
    this.respond(SERVICE_UNAVAILABLE)
    return '503'
  }

  respond(answer: Answer): void {
    if (this.#isDecided) return
    this.#isDecided = true
    const { handed } = this.#side
    handed.respond(ownAnswer(handed, answer))
  }

  /**
   * Answers like `respond`, for every source. The server has already sent 100, and it repeats the final response until the ACK
   * comes.
   */
  respondOnce(answer: Answer): boolean {
    this.respond(answer)
    return true
  }

  /**
   * Always true. The server has the sockets and does not say which ones. If it has no socket for a target, it refuses that
   * target immediately, and the next target is tried.
   */
  canReach(): boolean {
    return true
  }

  proxy(plan: ProxyPlan): void {
    if (this.#isDecided) return
    this.#isDecided = true
    const { clock, work } = this.#context
    new BridgedInvite(clock, work, this.#side, plan).start()
  }
}

/** A request outside a dialog. It is answered here and never forwarded. */
export class DrachtioPlainRequest extends MessageRequest implements InboundPlain {
  readonly #handed: HandedRequest

  constructor({ handed, peer, message, facts }: CallerSide) {
    super(peer, message, facts)
    this.#handed = handed
  }

  respond(answer: Answer): void {
    this.#handed.respond(ownAnswer(this.#handed, answer))
  }
}
