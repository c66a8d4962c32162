import type { Answer, ProxyPlan, ProxyTarget } from '../port/engine.ts'
import { MessageRequest } from '../port/inbound-request.ts'
import { type OfferedCall, offerCall } from '../port/offered-call.ts'
import type { EngineCore } from './engine-core.ts'
import { peerOf, type ReceivedRequest } from './received-request.ts'
import { ProxiedInvite } from './relay/proxied-invite.ts'
import type { ServerSides } from './server-sides.ts'

interface NewInvite {
  readonly request: ReceivedRequest
  /** The key of the call's server transaction. */
  readonly key: string
  readonly repeated?: boolean
}

/** A new INVITE that is not decided yet. Bytes are sent, and memory is retained, only after one of its methods is called. */
export class NativeCall extends MessageRequest implements OfferedCall {
  /** This engine sends nothing before the decision. */
  readonly provisionalSent = false
  readonly repeated: boolean
  readonly #core: EngineCore
  readonly #sides: ServerSides
  readonly #request: ReceivedRequest
  readonly #key: string
  #isDecided = false

  constructor(core: EngineCore, sides: ServerSides, { request, key, repeated = false }: NewInvite) {
    super(peerOf(request.flow), request.message, request.facts)
    this.#core = core
    this.#sides = sides
    this.#request = request
    this.#key = key
    this.repeated = repeated
  }

  get isDecided(): boolean {
    return this.#isDecided
  }

  /** Gives the call to the application, which decides it. */
  offer(): void {
    offerCall(this.#core.application, this)
  }

  drop(): 'none' {
    this.#isDecided = true
    return 'none'
  }

  respond(answer: Answer): void {
    if (this.#isDecided) return
    this.#isDecided = true
    const side = this.#sides.open(this.#request, this.#key)
    if (side) this.#sides.answer(side, answer)
  }

  respondOnce(answer: Answer): boolean {
    if (this.#isDecided) return false
    this.#isDecided = true
    return this.#sides.answerOnce(this.#request, this.#key, answer) !== 'silent'
  }

  /** A target that names no transport is reached over UDP. If no UDP socket can reach it, TCP is used (RFC 3263 §4.1). */
  canReach({ address, transport }: Pick<ProxyTarget, 'address' | 'transport'>): boolean {
    const { outbound } = this.#core
    if (transport !== undefined) return outbound.endpointFor(transport, address) !== undefined
    return (outbound.endpointFor('UDP', address) ?? outbound.endpointFor('TCP', address)) !== undefined
  }

  proxy(plan: ProxyPlan): void {
    if (this.#isDecided) return
    this.#isDecided = true
    this.keep()
    const retained = { message: this.message, facts: this.facts, flow: this.#request.flow }
    const side = this.#sides.open(retained, this.#key)
    if (!side) return plan.done({ outcome: 'exhausted', status: 503, target: undefined })
    const invite = new ProxiedInvite(this.#core, side, plan, { dialogData: plan.dialogData, routes: undefined })
    this.#sides.start(this.#key, invite)
  }
}
