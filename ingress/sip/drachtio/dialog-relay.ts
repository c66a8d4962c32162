/** Relays requests inside the dialogs of a call from one leg to the other, and relays the answers back. */

import type { RequestFacts } from '../message/request-facts.ts'
import type { SipMessage } from '../message/sip-message.ts'
import {
  CALL_DOES_NOT_EXIST,
  NEXT_HOP_UNREACHABLE,
  NOT_WHILE_RINGING,
  OK,
  REQUEST_PENDING,
  REQUEST_TIMEOUT,
} from '../port/answers.ts'
import type { Answer, DialogCookie, DialogHop, InboundDialogRequest, Peer, RelayEdits } from '../port/engine.ts'
import { MessageRequest } from '../port/inbound-request.ts'
import type { HandedRequest, HandedResponse, OutgoingRequest } from './drachtio-library.ts'
import { readHanded } from './handed-message.ts'
import { ownAnswer } from './own-answer.ts'
import {
  bodyOf,
  clean,
  contentHeaders,
  dialogHeaders,
  dialogResponseHeaders,
  reasonHeaders,
} from './relayed-headers.ts'
import type { BridgedCall, CallLeg, SessionWork } from './session-work.ts'

/** A URI that is never used: the server sends to the target of the dialog instead. */
const DIALOG_TARGET = 'sip:placeholder'

export interface DialogArrival {
  readonly handed: HandedRequest
  readonly peer: Peer
  readonly message: SipMessage
  readonly facts: RequestFacts
  /** The leg to which the request belongs. Undefined if the request names a dialog that this process does not have. */
  readonly leg: CallLeg | undefined
  readonly work: SessionWork
  readonly dropped: () => void
  /** Called with a call that was hung up. */
  readonly hungUp: (call: BridgedCall) => void
}

/**
 * A request that belongs to a dialog. The server has found the dialog by Call-ID and tags. The dialog decides where the request
 * goes, not its Route values.
 */
export class DrachtioDialogRequest extends MessageRequest implements InboundDialogRequest {
  readonly nextHop = undefined
  readonly #arrival: DialogArrival

  constructor(arrival: DialogArrival) {
    super(arrival.peer, arrival.message, arrival.facts)
    this.#arrival = arrival
  }

  get dialog(): DialogCookie | undefined {
    const { leg } = this.#arrival
    if (!leg) return undefined
    const { call, side } = leg
    return { from: side, signedTarget: side === 'caller' ? call.target : call.caller, dialogData: call.dialogData }
  }

  /** Sends the request to the other leg. That leg has only one target: the Contact of its far end, which the server retains. */
  relay(_to: DialogHop, edits: RelayEdits): void {
    const { leg, work } = this.#arrival
    if (!leg) return this.drop()
    if (this.method === 'BYE') return this.#relayBye(leg, edits)
    const other = work.otherOf(leg)
    // RFC 3262 §3: a PRACK acknowledges a reliable provisional response. Here no provisional response is reliable, so there is
    // nothing that a PRACK could acknowledge.
    if (!other || this.method === 'PRACK') return this.refuse(CALL_DOES_NOT_EXIST)
    // RFC 3261 §14.2: a re-INVITE is refused while the first INVITE of this leg still waits for its final response.
    if (leg.hangUpEarly && this.method === 'INVITE')
      return this.refuse(leg.side === 'caller' ? NOT_WHILE_RINGING : REQUEST_PENDING)
    relayRequest(this.#arrival, { leg, other, edits })
  }

  refuse(answer: Answer): void {
    const { handed } = this.#arrival
    if (this.method === 'ACK') return this.drop()
    handed.respond(ownAnswer(handed, answer))
  }

  drop(): void {
    this.#arrival.dropped()
  }

  /** RFC 3261 §15.1.2: the side that hangs up always gets 200, whatever the other side answers. */
  #relayBye(leg: CallLeg, edits: RelayEdits): void {
    const { work, message, hungUp } = this.#arrival
    this.refuse(OK)
    if (leg.hangUpEarly) return leg.hangUpEarly()
    hungUp(leg.call)
    const other = work.unbridge(leg)
    acknowledgeOther(leg)
    if (other) sendBye(work, other, { headers: dialogHeaders(message, edits), body: bodyOf(message) })
  }
}

/**
 * RFC 3261 §13.2.2.4: sends the ACK to a 2xx of the other leg, once. If a call ends before the ACK has come, the ACK is sent
 * nevertheless, and the BYE after it.
 */
export function acknowledgeOther(leg: CallLeg, ack?: HandedRequest): void {
  const { acknowledge } = leg
  leg.acknowledge = undefined
  acknowledge?.(ack)
}

/**
 * Sends the ACK to a 2xx, with the header changes of a rule. `ack` is the ACK that came on the other leg. Its body is copied,
 * because it may contain the SDP answer.
 */
export function acknowledgeWith(
  response: HandedResponse,
  ack: HandedRequest | undefined,
  { setHeaders, removeHeaders }: Pick<RelayEdits, 'setHeaders' | 'removeHeaders'>,
): void {
  const own = setHeaders.map(clean)
  if (!ack) return response.acknowledge(own, '')
  const { message } = readHanded(ack.text)
  const names = new Set([...removeHeaders, ...own.map(({ name }) => name)].map((name) => name.toLowerCase()))
  const content = contentHeaders(message).filter(({ name }) => !names.has(name.toLowerCase()))
  response.acknowledge([...content, ...own], bodyOf(message))
}

/** Sends a BYE to end a leg. The answer to the BYE is ignored. */
export function sendBye(
  work: SessionWork,
  leg: CallLeg,
  content: Pick<OutgoingRequest, 'headers' | 'body'> = { headers: [], body: '' },
): void {
  const bye = { method: 'BYE', uri: DIALOG_TARGET, dialogId: leg.dialogId, ...content }
  work.session.request(bye, { onFailure: () => undefined, onResponse: () => undefined })
}

interface Relay {
  readonly leg: CallLeg
  readonly other: CallLeg
  readonly edits: RelayEdits
}

function relayRequest(arrival: DialogArrival, { leg, other, edits }: Relay): void {
  const { handed, message, work } = arrival
  work.relays++
  let over = false
  const finish = (): void => {
    if (!over) work.relays--
    over = true
  }
  const request = {
    method: message.method,
    uri: DIALOG_TARGET,
    dialogId: other.dialogId,
    headers: dialogHeaders(message, edits),
    body: bodyOf(message),
  }
  const sent = work.session.request(request, {
    onFailure: (reason) => {
      finish()
      const gone = /unable to find dialog/i.test(reason)
      // While the call rings, the server may still lack the dialog of the other leg. Then the sender is told to try again.
      const missing = leg.hangUpEarly ? NOT_WHILE_RINGING : CALL_DOES_NOT_EXIST
      handed.respond(ownAnswer(handed, gone ? missing : NEXT_HOP_UNREACHABLE))
    },
    onResponse: (response) => {
      if (response.status === 100) return
      if (response.status >= 200) finish()
      // RFC 3261 §16.9, §16.7 step 6: the far end cannot be reached. The answer is 500 and not 503, because a trunk would apply
      // a 503 to all of its calls.
      if (response.byServer)
        return handed.respond(ownAnswer(handed, response.status === 408 ? REQUEST_TIMEOUT : NEXT_HOP_UNREACHABLE))
      relayResponse(arrival, { leg, response, edits })
    },
  })
  if (message.method !== 'INVITE') return
  handed.onCancel((text) => {
    finish()
    sent.cancel(reasonHeaders(readHanded(text).message, edits))
  })
}

function relayResponse(
  { handed, message: request }: DialogArrival,
  { leg, response, edits }: { readonly leg: CallLeg; readonly response: HandedResponse; readonly edits: RelayEdits },
): void {
  const { message } = readHanded(response.text)
  const answersInvite = request.method === 'INVITE' && response.status >= 200 && response.status < 300
  if (answersInvite) {
    leg.acknowledge = (ack) => acknowledgeWith(response, ack, edits)
  }
  handed.respond(
    {
      status: response.status,
      reason: message.bytes.toString('utf8', message.reasonStart, message.reasonEnd),
      headers: dialogResponseHeaders(message, edits.responseIdentity),
      body: bodyOf(message),
    },
    (sent) => {
      // The 2xx was not sent, so no ACK to it will come. We send an ACK ourselves, else the far end would go on repeating its
      // 2xx.
      if (answersInvite && 'failure' in sent) response.acknowledge([], '')
    },
  )
}
