/** Sends the INVITE of a branch, and the CANCEL of that INVITE (RFC 3261 §16.6, §9.1). */

import { MAX_DATAGRAM_REQUEST_BYTES } from '../../limits.ts'
import { HEADER } from '../../message/header-name.ts'
import type { SipMessage } from '../../message/sip-message.ts'
import type { ProxyPlan, ProxyTarget, TransportName } from '../../port/engine.ts'
import { branchOf } from '../../proxy/loop-detection.ts'
import { targetUri } from '../../proxy/target-uri.ts'
import type { EngineCore } from '../engine-core.ts'
import type { ServerSide } from '../server-side.ts'
import { ClientTransaction, type RequestSink } from '../transaction/client-transaction.ts'
import type { Destination } from '../transport/transport.ts'
import { writeCancel } from './cancel-request.ts'
import { callable, callerTarget, givesWay } from './dialog-target.ts'
import { ROUTES_AS_THEY_ARE, type RouteEdits, writeForwardedRequest } from './forwarded-request.ts'
import { type BranchOwner, InviteBranch } from './invite-branch.ts'

/** An INVITE that makes a dialog and an INVITE inside a dialog differ in these values. */
export interface InvitePurpose {
  /**
   * The data for the cookie. Undefined inside a dialog: there, no Record-Route is added, and Request-URI and Route values
   * follow the dialog (RFC 3261 §12.2).
   */
  readonly dialogData: string | undefined
  /** How the Route values are changed. Set only inside a dialog. */
  readonly routes: RouteEdits | undefined
  /**
   * The index of the target that is another pod of ours, or -1. That pod gets the Route values unchanged. Set only inside a
   * dialog.
   */
  readonly podTarget?: number
}

/** The parts of a proxied INVITE that are needed to send its branches. */
export interface SendingInvite extends BranchOwner {
  readonly core: EngineCore
  readonly side: ServerSide
  readonly plan: ProxyPlan
  readonly purpose: InvitePurpose
}

export interface OpenOptions {
  readonly breadth: number
  /** The branch over TCP that has failed. If it is set, the request is now sent over UDP, whatever its size is. */
  readonly instead: InviteBranch | undefined
  /** Whether another target can still be tried after this one. */
  readonly othersLeft: boolean
}

interface Draft {
  readonly bytes: Buffer
  readonly destination: Destination
  readonly cookie: string
}

/** Makes a branch to a target. Undefined if no listener of ours can reach the target. */
export function openBranch(invite: SendingInvite, target: ProxyTarget, options: OpenOptions): InviteBranch | undefined {
  const { core } = invite
  const { breadth, instead, othersLeft } = options
  // The copy over UDP has the branch parameter of the copy over TCP. If the backend gets both copies, it takes the second one
  // for a repeat (RFC 3261 §17.2.3).
  const branchId = instead?.branchId ?? branchOf(core, invite.side.message, isToPod(invite, target))
  const { draft, streamForSize } = chooseDraft(invite, target, { breadth, branchId, datagram: instead !== undefined })
  if (!draft) return undefined
  const another = streamForSize || (othersLeft && invite.purpose.dialogData === undefined)
  return new InviteBranch(
    {
      target,
      destination: draft.destination,
      request: draft.bytes,
      branchId,
      cookie: draft.cookie,
      breadth,
      streamForSize,
      connectMs: another ? alternativeConnectMs(invite, draft.destination) : undefined,
    },
    invite,
    core.clock,
  )
}

interface DraftOptions {
  readonly breadth: number
  readonly branchId: string
  readonly datagram: boolean
}

/**
 * RFC 3261 §18.1.1: a large request MUST be sent over a stream. Large means: more than 1300 bytes, or within 200 bytes of the
 * path MTU.
 */
function chooseDraft(
  invite: SendingInvite,
  target: ProxyTarget,
  options: DraftOptions,
): { readonly draft: Draft | undefined; readonly streamForSize: boolean } {
  const named = target.transport
  if (named !== undefined) return { draft: draftRequest(invite, target, options, named), streamForSize: false }
  const datagram = draftRequest(invite, target, options, 'UDP')
  if (!datagram) return { draft: draftRequest(invite, target, options, 'TCP'), streamForSize: false }
  const large = datagram.bytes.length > MAX_DATAGRAM_REQUEST_BYTES
  const stream = large && !options.datagram ? draftRequest(invite, target, options, 'TCP') : undefined
  return { draft: stream ?? datagram, streamForSize: stream !== undefined }
}

/** The time-out of a backend covers TCP and UDP together. So the wait for a TCP connection takes at most half of it. */
function alternativeConnectMs({ core, plan }: SendingInvite, destination: Destination): number {
  return Math.min(core.streamFailures.connectMs(destination), (plan.backendTimeout ?? Number.POSITIVE_INFINITY) / 2)
}

function isToPod({ purpose, plan }: SendingInvite, target: ProxyTarget): boolean {
  return purpose.podTarget !== undefined && plan.targets[purpose.podTarget] === target
}

/**
 * RFC 3261 §9.1: the CANCEL goes to the same place as the INVITE and has the same branch parameter. It has its own transaction.
 */
export function sendCancel(invite: SendingInvite, branch: InviteBranch, reason: string): void {
  const { core } = invite
  const bytes = writeCancel(branch.request, reason)
  const sink: RequestSink = {
    reliable: branch.reliable,
    address: branch.address,
    sendRequest: (cancel, sender) => core.outbound.send(cancel, branch.destination, sender),
  }
  // The answer to a CANCEL is ignored. Only the final response to the INVITE says how the call ended.
  const transaction = new ClientTransaction<SipMessage>('non-invite', core.clock, sink, core.transactions.absorber)
  branch.startCancelTimer()
  if (core.transactions.addClient(transaction, branch.branchId, 'CANCEL')) transaction.start(bytes)
}

function draftRequest(
  invite: SendingInvite,
  target: ProxyTarget,
  options: DraftOptions,
  transport: TransportName,
): Draft | undefined {
  const { core, side, plan, purpose } = invite
  const outgoing = core.outbound.endpointFor(transport, target.address)
  if (!outgoing) return undefined
  const routes = isToPod(invite, target) ? ROUTES_AS_THEY_ARE : purpose.routes
  const cookie = purpose.dialogData === undefined ? '' : backendCookie(invite, purpose.dialogData)
  const bytes = writeForwardedRequest({
    message: side.message,
    facts: side.facts,
    viaSource: side.viaSource,
    viaStart: core.names.viaStart(outgoing),
    branchId: options.branchId,
    requestUri: purpose.dialogData === undefined ? routes?.requestUri : targetUri(target, plan, side.facts.uri),
    recordRoute: cookie === '' ? undefined : { names: core.names, incoming: side.flow.local, outgoing, cookie },
    routes,
    setHeaders: plan.setHeaders,
    removeHeaders: plan.removeHeaders,
    maxBreadth: options.breadth,
    stream: transport === 'TCP',
  })
  const destination = { transport, address: target.address, port: target.port }
  return { bytes, destination, cookie }
}

/**
 * Makes the backend's cookie. It sends the backend's requests to the place that the call names. If we cannot send to that
 * place, it sends them to the address and port from which the caller's packets come.
 */
function backendCookie({ core, side, plan }: SendingInvite, dialogData: string): string {
  const { peer, facts, message } = side
  const signedTarget = { address: peer.address, port: peer.port, transport: peer.transport }
  const dialog = { callId: facts.callId, callerTag: facts.fromTag ?? '' }
  // A proxy before us that record-routed knows best where its caller is. So its value is followed, and the rule's
  // `callerTarget` is not used.
  const called = message.first(HEADER.recordRoute) === -1 ? (plan.callerTarget ?? 'contact') : 'contact'
  const hop = callable(callerTarget(message, peer.address), peer.address, core)
  const routeTarget = hop && !givesWay(hop, peer.address, called) ? hop : undefined
  // Over UDP, any pod can reach the caller. Over TCP, only the pod that has the caller's connection can use it, so the cookie
  // names that pod.
  const pod = peer.transport === 'TCP' ? core.names.ownHop(side.flow.local) : undefined
  const target = called === 'contact' ? undefined : called
  return core.cookies.seal(
    { from: 'backend', signedTarget, routeTarget, pod, callerTarget: target, dialogData },
    dialog,
  )
}

/** Starts the client transaction of a branch, which sends the request. */
export function startBranch(core: EngineCore, branch: InviteBranch): void {
  const transaction = new ClientTransaction<SipMessage>('invite', core.clock, branch, branch)
  if (!core.transactions.addClient(transaction, branch.branchId, 'INVITE')) return branch.input('unreachable')
  branch.transaction = transaction
  transaction.start(branch.request)
}
