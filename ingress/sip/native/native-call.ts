import type { Answer, ProxyPlan, ProxyTarget } from '../port/engine.ts'
import { MessageRequest } from '../port/inbound-request.ts'
import { type OfferedCall, offerCall } from '../port/offered-call.ts'
import type { EngineCore } from './engine-core.ts'
import { ReceivedRequest } from './received-request.ts'
import { ProxiedInvite } from './relay/proxied-invite.ts'
import type { ServerSides } from './server-sides.ts'

/** A new INVITE that is not decided yet. Bytes are sent, and memory is retained, only after one of its methods is called. */
export class NativeCall extends MessageRequest implements OfferedCall {
  /** This engine sends nothing before the decision. */
  readonly provisionalSent = false
  readonly repeated: boolean
  readonly #core: EngineCore
  readonly #sides: ServerSides
  readonly #request: ReceivedRequest
  #isDecided = false

  constructor(core: EngineCore, sides: ServerSides, request: ReceivedRequest, repeated = false) {
    super(request.flow.peer, request.message, request.facts)
    this.#core = core
    this.#sides = sides
    this.#request = request
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
    this.#sides.respond(this.#request, answer)
  }

  respondOnce(answer: Answer): boolean {
    if (this.#isDecided) return false
    this.#isDecided = true
    return this.#sides.answerOnce(this.#request, answer) !== 'silent'
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
    const { flow, key } = this.#request
    const side = this.#sides.open(new ReceivedRequest(this.message, this.facts, flow, key))
    if (!side) return plan.done({ outcome: 'exhausted', status: 503, target: undefined })
    const invite = new ProxiedInvite(this.#core, side, plan, { dialogData: plan.dialogData, routes: undefined })
    this.#sides.start(side, invite)
  }
}
