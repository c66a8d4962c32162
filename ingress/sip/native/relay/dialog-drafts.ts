/**
 * Drafts: the copies of an in-dialog request that may be sent, in the order in which they are tried (RFC 3261 §16.6, §18.1.1).
 */

import { MAX_BREADTH, MAX_DATAGRAM_REQUEST_BYTES } from '../../limits.ts'
import type { DialogHop, RelayEdits, TransportName } from '../../port/engine.ts'
import { branchOf } from '../../proxy/loop-detection.ts'
import { breadthOf } from '../../proxy/request-validation.ts'
import type { EngineCore } from '../engine-core.ts'
import type { ServerSide } from '../server-side.ts'
import type { RequestTransaction } from '../transaction/client-transaction.ts'
import type { Destination } from '../transport/transport.ts'
import { type RouteEdits, writeForwardedRequest } from './forwarded-request.ts'

/** One way to reach the other side of a dialog. */
export interface DialogWay {
  readonly hop: DialogHop
  readonly routes: RouteEdits
  /** True if the hop is another pod of ours. That pod handles the request as if its sender had sent it there. */
  readonly toPod: boolean
}

export interface DialogRequest {
  readonly side: Omit<ServerSide, 'transaction' | 'path' | 'tag'>
  /** The ways in order. A way is tried only after all ways before it have failed. */
  readonly ways: readonly DialogWay[]
  readonly edits: RelayEdits
}

export interface Draft {
  readonly bytes: Buffer
  readonly destination: Destination
  readonly branchId: string
}

/** Makes the drafts of a request. The list is empty if no listener of ours can reach any of the hops. */
export function draftDialogRequest(core: EngineCore, request: DialogRequest): Draft[] {
  const drafts: Draft[] = []
  for (let i = 0; i < request.ways.length; i++) {
    const way = request.ways[i]
    if (way) addDrafts(drafts, core, request, way)
  }
  return drafts
}

/**
 * Sends a draft. If another draft is left, this draft waits for a shorter time for its TCP connection, and its failure is
 * remembered. `sender`: it is told if the draft cannot be sent.
 */
export function sendDraft(core: EngineCore, draft: Draft, othersLeft: boolean, sender: RequestTransaction): void {
  const { bytes, destination } = draft
  if (destination.transport !== 'TCP' || !othersLeft) return core.outbound.send(bytes, destination, sender)
  core.outbound.send(bytes, destination, {
    onFailure: (error) => {
      core.streamFailures.note(destination)
      sender.onFailure(error)
    },
    connectMs: core.streamFailures.connectMs(destination),
  })
}

/**
 * RFC 3263 §4.1: if a hop names no transport, the request is sent over UDP. RFC 3261 §18.1.1: if the request is too large for
 * UDP, TCP is tried first.
 */
function addDrafts(drafts: Draft[], core: EngineCore, request: DialogRequest, way: DialogWay): void {
  const branchId = branchOf(core, request.side.message, way.toPod)
  const { transport } = way.hop
  const first = draftOver(transport ?? 'UDP', core, { request, way, branchId })
  const isLarge = first !== undefined && first.bytes.length > MAX_DATAGRAM_REQUEST_BYTES
  // Both copies have the same branch parameter. If the peer gets both copies, it takes the second one for a repeat (RFC 3261
  // §17.2.3).
  if (transport === undefined && (isLarge || !first)) {
    const stream = draftOver('TCP', core, { request, way, branchId })
    if (stream) drafts.push(stream)
  }
  if (first) drafts.push(first)
}

interface Drafting {
  readonly request: DialogRequest
  readonly way: DialogWay
  readonly branchId: string
}

function draftOver(
  transport: TransportName,
  core: EngineCore,
  { request, way, branchId }: Drafting,
): Draft | undefined {
  const { side, edits } = request
  const { hop, routes } = way
  const outgoing = core.outbound.endpointFor(transport, hop.address)
  if (!outgoing) return undefined
  const bytes = writeForwardedRequest({
    message: side.message,
    facts: side.facts,
    viaSource: side.viaSource,
    viaStart: core.names.viaStart(outgoing),
    branchId,
    requestUri: routes.requestUri,
    recordRoute: undefined,
    routes,
    setHeaders: edits.setHeaders,
    removeHeaders: edits.removeHeaders,
    maxBreadth: side.message.method === 'ACK' ? undefined : (breadthOf(side.message) ?? MAX_BREADTH),
    stream: transport === 'TCP',
  })
  return { bytes, destination: { transport, address: hop.address, port: hop.port }, branchId }
}
