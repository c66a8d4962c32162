import { sameAddress } from '../address/ip-address.ts'
import type { Answer, DialogCookie, DialogHop, InboundDialogRequest, ProxyPlan, RelayEdits } from './engine.ts'
import { MessageRequest } from './inbound-request.ts'
import type { DialogRoute } from './proxy/dialog-route.ts'
import type { EngineCore } from './proxy/engine-core.ts'
import { ProxiedInvite } from './proxy/proxied-invite.ts'
import { proxyRequest, relayAck } from './proxy/proxied-request.ts'
import { keyOf, peerOf, type ReceivedRequest, reportDrop } from './received-request.ts'
import { viaSourceOf } from './response-path.ts'
import type { ServerSides } from './server-sides.ts'

/** A request that is, or claims to be, inside a dialog of ours. */
export class NativeDialogRequest extends MessageRequest implements InboundDialogRequest {
  readonly #core: EngineCore
  readonly #sides: ServerSides
  readonly #request: ReceivedRequest
  readonly #route: DialogRoute | undefined

  constructor(core: EngineCore, sides: ServerSides, request: ReceivedRequest, route: DialogRoute | undefined) {
    super(peerOf(request.flow), request.message, request.facts)
    this.#core = core
    this.#sides = sides
    this.#request = request
    this.#route = route
  }

  get dialog(): DialogCookie | undefined {
    return this.#route?.cookie
  }

  get nextHop(): DialogHop | undefined {
    return this.#route?.nextHop
  }

  relay(to: DialogHop, edits: RelayEdits): void {
    if (!this.#route) return this.drop()
    const hop = this.#reachable(to, this.#route.cookie)
    const routes = this.#route.edits
    if (this.method === 'ACK') return this.#relayAck(hop, edits)
    const key = keyOf(this.#request, this.method)
    const kept = { ...this.#request, message: this.#request.message.keep() }
    const known = this.#core.application.isKnown(this.peer)
    const side = known ? this.#sides.open(kept, key, this.#sides.tagOf(key)) : this.#sides.openUnvouched(kept, key)
    if (!side) return
    if (this.method !== 'INVITE') return proxyRequest(this.#core, side, { hop, routes, edits })
    const invite = new ProxiedInvite(this.#core, side, reInvitePlan(hop, edits), { dialogData: undefined, routes })
    this.#sides.start(key, invite)
  }

  /**
   * RFC 5923's need without its header: a caller behind NAT is reached over the connection that its call came on, where
   * its Contact names the same address and nothing is open to that port.
   */
  #reachable(hop: DialogHop, { signedTarget }: DialogCookie): DialogHop {
    const { outbound } = this.#core
    const same = hop.transport === 'TCP' && sameAddress(hop.address, signedTarget.address)
    return same && !outbound.connectedTo(hop) && outbound.connectedTo(signedTarget) ? signedTarget : hop
  }

  refuse(answer: Answer): void {
    if (this.method === 'ACK') return this.drop()
    const key = keyOf(this.#request, this.method)
    // A cookie vouches for its dialog, not for where the packet is from.
    if (!this.#core.application.isKnown(this.peer)) return void this.#sides.answerOnce(this.#request, key, answer)
    const side = this.#sides.open(this.#request, key, this.#sides.tagOf(key))
    if (side) this.#sides.answer(side, answer)
  }

  drop(): void {
    reportDrop(this.#core, this.#request.flow, { reason: 'no_dialog', method: this.method, request: this.#request })
  }

  #relayAck(hop: DialogHop, edits: RelayEdits): void {
    if (!this.#route) return
    const { message, facts, flow } = this.#request
    const side = { peer: this.peer, message, facts, flow, viaSource: viaSourceOf(facts.via, flow) }
    relayAck(this.#core, { side, hop, routes: this.#route.edits, edits })
  }
}

/** RFC 3261 §12.2: inside a dialog there is one place to go to, and Timers B and C alone say how long it may take. */
function reInvitePlan(hop: DialogHop, edits: RelayEdits): ProxyPlan {
  return {
    targets: [{ id: '', address: hop.address, port: hop.port, transport: hop.transport, uriParameters: '' }],
    requestUser: undefined,
    ...edits,
    backendTimeout: undefined,
    ringingTimeout: undefined,
    failoverOn: new Set(),
    failover: 'BeforeRinging',
    dialogData: '',
    exhausted: { status: 408, reason: 'Request Timeout' },
    done: () => undefined,
    progress: () => undefined,
  }
}
