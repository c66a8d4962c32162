/** Requests inside the dialogs of an answered call: from one leg to the other, and the answer back. */
import type { Answer, DialogCookie, DialogHop, InboundDialogRequest, Peer, RelayEdits } from '../engine.ts'
import { MessageRequest } from '../inbound-request.ts'
import type { RequestFacts } from '../message/request-facts.ts'
import type { SipMessage } from '../message/sip-message.ts'
import type { HandedRequest, HandedResponse, OutgoingRequest } from './drachtio-library.ts'
import { readHanded } from './handed-message.ts'
import { ownAnswer } from './own-answer.ts'
import { bodyOf, clean, dialogHeaders, reasonHeaders, responseHeaders } from './relayed-headers.ts'
import type { CallLeg, SessionWork } from './session-work.ts'

/** The server takes the target of the dialog. */
const DIALOG_TARGET = 'sip:placeholder'

const GONE: Answer = { status: 481, reason: 'Call/Transaction Does Not Exist' }
const BYE_TAKEN: Answer = { status: 200, reason: 'OK' }

export interface DialogArrival {
  readonly handed: HandedRequest
  readonly peer: Peer
  readonly message: SipMessage
  readonly facts: RequestFacts
  /** Undefined: the request claims a dialog that is none of this process's. */
  readonly leg: CallLeg | undefined
  readonly work: SessionWork
  readonly dropped: () => void
}

/** The server knows the dialog by Call-ID and tags; where the request may go follows from that, not from its routes. */
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

  /** Goes to the other leg, which has one target: the far end's own Contact, kept by the server. */
  relay(_to: DialogHop, edits: RelayEdits): void {
    const { leg, work } = this.#arrival
    if (!leg) return this.drop()
    if (this.method === 'BYE') return this.#relayBye(leg, edits)
    const other = work.otherOf(leg)
    if (!other) return this.refuse(GONE)
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

  /** RFC 3261 §15.1.2: whoever hangs up gets its 200 whatever the other side makes of it. */
  #relayBye(leg: CallLeg, edits: RelayEdits): void {
    const { work, message } = this.#arrival
    this.refuse(BYE_TAKEN)
    const other = work.unbridge(leg)
    if (other) sendBye(work, other, { headers: dialogHeaders(message, edits), body: bodyOf(message) })
  }
}

/** Ends a leg. What the far end says to it changes nothing. */
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
    onFailure: () => {
      finish()
      handed.respond(ownAnswer(handed, GONE))
    },
    onResponse: (response) => {
      if (response.status === 100) return
      if (response.status >= 200) finish()
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
    leg.acknowledge = (ack) => {
      response.acknowledge(edits.setHeaders.map(clean), bodyOf(readHanded(ack.text).message))
    }
  }
  handed.respond(
    {
      status: response.status,
      reason: message.bytes.toString('utf8', message.reasonStart, message.reasonEnd),
      headers: responseHeaders(message, edits.responseIdentity),
      body: bodyOf(message),
    },
    (sent) => {
      // Nobody will acknowledge a 2xx that did not go out; the far end must not be left to repeat it.
      if (answersInvite && 'failure' in sent) response.acknowledge([], '')
    },
  )
}
