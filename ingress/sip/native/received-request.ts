/** A request as it was received: its content, its flow, and the key of its transaction. */

import { isCookie, type RequestFacts } from '../message/request-facts.ts'
import type { SipMessage } from '../message/sip-message.ts'
import type { Peer, RecordedSource } from '../port/engine.ts'
import type { DropReason } from '../port/events.ts'
import { MessageRequest } from '../port/inbound-request.ts'
import type { EngineCore } from './engine-core.ts'
import { serverTransactionKey } from './transaction/transaction-key.ts'
import type { Flow } from './transport/transport.ts'

export interface ReceivedRequest {
  readonly message: SipMessage
  readonly facts: RequestFacts
  readonly flow: Flow
}

export function peerOf(flow: Flow): Peer {
  return { address: flow.remoteAddress, port: flow.remotePort, transport: flow.transport }
}

/**
 * RFC 3261 §17.2.3: the parts of the key that find a transaction. The source address is added, so that only the peer itself can
 * end or repeat its call.
 */
export function keyOf(request: ReceivedRequest, method: string): string {
  const { message, facts, flow } = request
  const { via } = facts
  const sentBy = `${via.host}:${via.port ?? ''} ${flow.remoteAddress.text}`
  // A peer that follows RFC 3261 is found by branch, sent-by and method. Only an RFC 2543 peer needs more strings, so they are
  // not made for other peers.
  const rfc3261 = isCookie(via.branch)
  return serverTransactionKey({
    branch: via.branch,
    sentBy,
    method,
    requestUri: rfc3261 ? '' : message.requestUri(),
    callId: facts.callId,
    fromTag: facts.fromTag,
    toTag: facts.toTag,
    cseq: facts.cseq,
    topVia: rfc3261 ? '' : `${sentBy}${via.parameters}`,
  })
}

/** Tells the application that a packet was dropped. */
export function reportDrop(
  core: EngineCore,
  flow: Flow,
  drop: {
    readonly reason: DropReason
    readonly method: string
    readonly request?: ReceivedRequest
    readonly recordedSources?: readonly RecordedSource[] | undefined
  },
): void {
  const peer = peerOf(flow)
  const { reason, method, recordedSources } = drop
  const request = drop.request && new MessageRequest(peer, drop.request.message, drop.request.facts)
  core.application.onEvent({ type: 'dropped', peer, reason, method, request, recordedSources })
}
