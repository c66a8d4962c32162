import { hostText, sameAddress } from '../../address/ip-address.ts'
import { REQUEST_TIMEOUT } from '../port/answers.ts'
import type { Answer, DialogCookie, DialogHop, InboundDialogRequest, ProxyPlan, RelayEdits } from '../port/engine.ts'
import { MessageRequest } from '../port/inbound-request.ts'
import { isFromPod } from '../proxy/loop-detection.ts'
import type { EngineCore } from './engine-core.ts'
import { ReceivedRequest, reportDrop } from './received-request.ts'
import type { DialogWay } from './relay/dialog-drafts.ts'
import type { DialogRoute } from './relay/dialog-route.ts'
import { ROUTES_AS_THEY_ARE } from './relay/forwarded-request.ts'
import { ProxiedInvite } from './relay/proxied-invite.ts'
import { proxyRequest, relayAck } from './relay/proxied-request.ts'
import { viaSourceOf } from './response-path.ts'
import type { ServerSides } from './server-sides.ts'

/** A request inside a dialog that passed through us, or a request that only claims to be inside one. */
export class NativeDialogRequest extends MessageRequest implements InboundDialogRequest {
  readonly #core: EngineCore
  readonly #sides: ServerSides
  readonly #request: ReceivedRequest

  constructor(core: EngineCore, sides: ServerSides, request: ReceivedRequest) {
    super(request.flow.peer, request.message, request.facts)
    this.#core = core
    this.#sides = sides
    this.#request = request
  }

  get dialog(): DialogCookie | undefined {
    return this.#request.route?.cookie
  }

  get nextHop(): DialogHop | undefined {
    return this.#request.route?.nextHop
  }

  relay(to: DialogHop, edits: RelayEdits): void {
    const { route } = this.#request
    if (!route) return this.drop()
    const ways = this.#waysTo(to, route)
    if (this.method === 'ACK') return this.#relayAck(ways, edits)
    const request = this.method === 'INVITE' ? this.#retained() : this.#request
    const side = this.#request.known ? this.#sides.open(request) : this.#sides.openUnvouched(request)
    if (!side) return
    const onOver = this.method === 'BYE' ? this.#hungUp(route.cookie) : undefined
    if (this.method !== 'INVITE') return proxyRequest(this.#core, side, { ways, edits, onOver })
    const invite = new ProxiedInvite(this.#core, side, reInvitePlan(ways, edits), {
      dialogData: undefined,
      routes: route.edits,
      podTarget: ways.findIndex(({ toPod }) => toPod),
    })
    this.#sides.start(side, invite)
  }

  /** Reports the end of the call. The facts are read now, because of the request itself nothing is kept. */
  #hungUp({ from, dialogData, otherDialogData = [] }: DialogCookie): () => void {
    const { callId, fromTag, toTag } = this.facts
    const { application } = this.#core
    const callerTag = from === 'caller' ? fromTag : toTag
    const passes = [dialogData, ...otherDialogData]
    return () => application.onEvent({ type: 'hung-up', callId, callerTag, dialogData: passes })
  }

  /** An INVITE may be sent again to another place, so it is kept. Of all other requests, only the copies that we send are. */
  #retained(): ReceivedRequest {
    this.keep()
    const { flow, key } = this.#request
    return new ReceivedRequest(this.message, this.facts, flow, key)
  }

  /**
   * Finds the ways to the other side. A caller behind NAT gets requests over the TCP connection on which its call came. (RFC
   * 5923 does the same with a header, which is not needed here.) This is done if the Contact has the address of that connection
   * and no connection to the Contact's port is open. If another pod has the call's connection, that pod gets the request. That
   * pod is tried first if the Contact names the connection's own port, because nobody else can connect to that port.
   */
  #waysTo(hop: DialogHop, { cookie, edits: routes }: DialogRoute): readonly DialogWay[] {
    const { outbound } = this.#core
    const { signedTarget, pod } = cookie
    const ownPort = signedTarget.transport === 'TCP' && hop.port === signedTarget.port
    const byStream = hop.transport === 'TCP' || (hop.transport === undefined && ownPort)
    if (!byStream || !sameAddress(hop.address, signedTarget.address)) return [{ hop, routes, toPod: false }]
    const stream = { ...hop, transport: 'TCP' as const }
    const open = [stream, signedTarget].find((one) => outbound.connectedTo(one))
    const direct = { hop: open ?? stream, routes, toPod: false }
    if (open || !pod || this.#isHere(pod)) return [direct]
    const other = { hop: pod, routes: ROUTES_AS_THEY_ARE, toPod: true }
    return ownPort ? [other, direct] : [direct, other]
  }

  /**
   * Whether the request must stay here, and not go to the pod that the cookie names. There are three cases: that pod is this
   * pod, no listener of ours can reach that pod, or another pod has already sent the request here.
   */
  #isHere({ address, port }: DialogHop): boolean {
    const { names, outbound } = this.#core
    const local = outbound.endpointFor('TCP', address)
    const reachable = local !== undefined && !names.isSentBy(hostText(address), port)
    return !reachable || isFromPod(this.#core, this.#request.message)
  }

  refuse(answer: Answer): void {
    if (this.method === 'ACK') return this.drop()
    // A valid cookie proves that the dialog exists. It proves nothing about the source of the packet, so limits apply.
    if (this.#request.known) this.#sides.respond(this.#request, answer)
    else this.#sides.answerOnce(this.#request, answer)
  }

  drop(): void {
    reportDrop(this.#core, this.#request.flow, { reason: 'no_dialog', method: this.method, request: this.#request })
  }

  #relayAck(ways: readonly DialogWay[], edits: RelayEdits): void {
    const { message, facts, flow } = this.#request
    const side = { peer: this.peer, message, facts, flow, viaSource: viaSourceOf(facts.via, flow) }
    relayAck(this.#core, { side, ways, edits })
  }
}

/**
 * RFC 3261 §12.2: inside a dialog there is only one destination. The time of a re-INVITE is limited by Timers B and C, not by a
 * rule.
 */
function reInvitePlan(ways: readonly DialogWay[], edits: RelayEdits): ProxyPlan {
  return {
    targets: ways.map(({ hop }) => ({ id: '', ...hop, uriParameters: '' })),
    requestUser: undefined,
    ...edits,
    backendTimeout: undefined,
    ringingTimeout: undefined,
    failoverOn: ways.length > 1 ? new Set(['transport']) : new Set(),
    failover: 'BeforeRinging',
    dialogData: '',
    exhausted: REQUEST_TIMEOUT,
    done: () => undefined,
    progress: () => undefined,
  }
}
