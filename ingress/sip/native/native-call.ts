import type { Answer, InboundCall, ProxyPlan, ProxyTarget } from '../port/engine.ts'
import { MessageRequest } from '../port/inbound-request.ts'
import type { EngineCore } from './engine-core.ts'
import { peerOf, type ReceivedRequest } from './received-request.ts'
import { ProxiedInvite } from './relay/proxied-invite.ts'
import type { ServerSides } from './server-sides.ts'

const UNDECIDED: Answer = { status: 500, reason: 'Server Internal Error' }

interface NewInvite {
  readonly request: ReceivedRequest
  /** Of its server transaction. */
  readonly key: string
  readonly repeated?: boolean
}

/** A new INVITE before its fate is known: nothing has been sent, and nothing is kept until a verb is called. */
export class NativeCall extends MessageRequest implements InboundCall {
  /** This engine says nothing before the decision. */
  readonly provisionalSent = false
  readonly repeated: boolean
  readonly #core: EngineCore
  readonly #sides: ServerSides
  readonly #request: ReceivedRequest
  readonly #key: string
  #decided = false

  constructor(core: EngineCore, sides: ServerSides, { request, key, repeated = false }: NewInvite) {
    super(peerOf(request.flow), request.message, request.facts)
    this.#core = core
    this.#sides = sides
    this.#request = request
    this.#key = key
    this.repeated = repeated
  }

  /** Asks the application, and answers for it should it fail to decide: a known peer never waits for nothing. */
  offer(): void {
    try {
      this.#core.application.onInvite(this)
    } catch (error) {
      this.#core.application.onEvent({ type: 'fault', code: 'call-handler-failed', message: String(error) })
    }
    if (this.#decided) return
    if (this.#core.application.isKnown(this.peer)) this.respond(UNDECIDED)
    else this.drop()
  }

  drop(): 'none' {
    this.#decided = true
    return 'none'
  }

  respond(answer: Answer): void {
    if (this.#decided) return
    this.#decided = true
    const side = this.#sides.open(this.#request, this.#key)
    if (side) this.#sides.answer(side, answer)
  }

  respondOnce(answer: Answer): boolean {
    if (this.#decided) return false
    this.#decided = true
    return this.#sides.answerOnce(this.#request, this.#key, answer) !== 'silent'
  }

  /** A target that names no transport is UDP, and TCP where there is no socket for that (RFC 3263 §4.1). */
  canReach({ address, transport }: Pick<ProxyTarget, 'address' | 'transport'>): boolean {
    const { outbound } = this.#core
    if (transport !== undefined) return outbound.endpointFor(transport, address) !== undefined
    return (outbound.endpointFor('UDP', address) ?? outbound.endpointFor('TCP', address)) !== undefined
  }

  proxy(plan: ProxyPlan): void {
    if (this.#decided) return
    this.#decided = true
    const kept = { ...this.#request, message: this.#request.message.keep() }
    const side = this.#sides.open(kept, this.#key)
    if (!side) return plan.done({ outcome: 'exhausted', status: 503, target: undefined })
    const invite = new ProxiedInvite(this.#core, side, plan, { dialogData: plan.dialogData, routes: undefined })
    this.#sides.start(this.#key, invite)
  }
}
