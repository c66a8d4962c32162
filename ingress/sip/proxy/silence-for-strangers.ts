/**
 * Decides what is done with a request that belongs to no transaction yet: a stranger gets no byte (invariant I1), and every other
 * request has its way. Both engines call this before they send anything. Pure: the engine carries out the way. Only a stranger's
 * new INVITE is decided elsewhere, by the application (`ingress/call/handle-invite.ts`).
 */
import type { DropReason } from '../port/events.ts'

/**
 * Who sends a request. `dialog`: a dialog of ours vouches for the request, by a valid cookie or because the server has found
 * the dialog. The source itself may still be unvouched. `known`: the application knows the source.
 */
export type Sender = 'dialog' | 'known' | 'stranger'

/** `not-allowed`: outside a dialog, no rule exists for the method (RFC 3261 §8.2.1). */
export type AdmittedWay = 'in-dialog' | 'invite' | 'options' | 'not-allowed'

/**
 * `silence`: nothing is sent. `stranger-invite`: the application is asked each time, so that it can report which trunk almost
 * admitted the call. The request is not validated before it is dropped, because a refusal would be an answer.
 */
export type RequestWay = 'silence' | 'stranger-invite' | AdmittedWay

/** `final-response`: a stranger's INVITE has already got a provisional response, so it must get a final response too. */
export type UnusableWay = 'silence' | 'refusal' | 'final-response'

export function senderOf(inOurDialog: boolean, known: boolean): Sender {
  if (inOurDialog) return 'dialog'
  return known ? 'known' : 'stranger'
}

/**
 * The way of a request that can be read. `claimsDialog`: the request has a To tag, or shows in another way that it is inside a
 * dialog (RFC 3261 §12.2.2). `provisionalSent`: the engine has answered the INVITE with 100 before it could ask, so silence would
 * leave the caller ringing (invariant I2).
 */
export function requestWay(
  sender: Sender,
  method: string,
  claimsDialog: boolean,
  provisionalSent: boolean,
): RequestWay {
  if (sender === 'stranger') {
    return method === 'INVITE' && (provisionalSent || !claimsDialog) ? 'stranger-invite' : 'silence'
  }
  return sender === 'dialog' || claimsDialog ? 'in-dialog' : wayOutsideDialogs(method)
}

function wayOutsideDialogs(method: string): RequestWay {
  switch (method) {
    case 'INVITE':
      return 'invite'
    case 'OPTIONS':
      return 'options'
    // RFC 3261 §17.1.1.3: an ACK is never answered.
    case 'ACK':
      return 'silence'
    default:
      return 'not-allowed'
  }
}

/**
 * RFC 3261 §16.3 step 1: the way of a request that cannot be read. A known peer gets an answer that says what is wrong. An ACK
 * gets no answer.
 */
export function unusableWay(sender: Sender, method: string, provisionalSent: boolean): UnusableWay {
  if (method === 'ACK') return 'silence'
  if (sender !== 'stranger') return 'refusal'
  return provisionalSent && method === 'INVITE' ? 'final-response' : 'silence'
}

/** Why a packet gets no answer: because its sender is a stranger, else for the reason `otherwise`. */
export function silenceReason(sender: Sender, otherwise: DropReason): DropReason {
  return sender === 'stranger' ? 'stranger' : otherwise
}
