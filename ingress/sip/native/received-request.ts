/** A request as it was received: its content, its flow, and the key of its transaction. */

import type { RequestFacts } from '../message/request-facts.ts'
import type { SipMessage } from '../message/sip-message.ts'
import type { RecordedSource } from '../port/engine.ts'
import type { DropReason } from '../port/events.ts'
import { MessageRequest } from '../port/inbound-request.ts'
import { type Sender, senderOf } from '../proxy/silence-for-strangers.ts'
import type { EngineCore } from './engine-core.ts'
import type { DialogRoute } from './relay/dialog-route.ts'
import type { TransactionKey } from './transaction/transaction-key.ts'
import type { Flow } from './transport/transport.ts'

/**
 * A request with the key of its server transaction. The dispatch uses one instance for packet after packet, so it is valid only
 * while its packet is handled.
 */
export class ReceivedRequest {
  readonly message: SipMessage
  readonly facts: RequestFacts
  flow: Flow
  readonly key: TransactionKey
  /**
   * Whether the application knows the source. A cookie proves that the dialog exists. It proves nothing about the source of the
   * packet.
   */
  known = false
  /** The place to which the dialog's cookie leads. Undefined if the request has no valid cookie. */
  route: DialogRoute | undefined = undefined

  constructor(message: SipMessage, facts: RequestFacts, flow: Flow, key: TransactionKey) {
    this.message = message
    this.facts = facts
    this.flow = flow
    this.key = key
  }

  get sender(): Sender {
    return senderOf(this.route !== undefined, this.known)
  }
}

/** Tells the application that a packet was dropped. */
export function reportDrop(
  core: EngineCore,
  { peer }: Flow,
  drop: {
    readonly reason: DropReason
    readonly method: string
    readonly request?: ReceivedRequest
    readonly recordedSources?: readonly RecordedSource[] | undefined
  },
): void {
  const { reason, method, recordedSources } = drop
  const request = drop.request && new MessageRequest(peer, drop.request.message, drop.request.facts)
  core.application.onEvent({ type: 'dropped', peer, reason, method, request, recordedSources })
}
