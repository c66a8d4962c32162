/**
 * Decides what is done with a request that belongs to no transaction yet. A stranger gets no byte (invariant I1), and every
 * other request is handled in one of the ways in `RequestWay`. Pure: the engine carries out the decision. Who is known is
 * decided in `ingress/call/application.ts`, and a stranger's new INVITE in `ingress/call/handle-invite.ts`. Of ACK and CANCEL,
 * the native engine decides in `new-requests.ts`.
 */
import type { DropReason } from '../port/events.ts'

/**
 * Who sends a request. `dialog`: a valid cookie, or a dialog that the drachtio-server has found, shows that the request belongs
 * to a dialog of ours. The source of such a request may be unvouched. `known`: the application knows the source.
 */
export type Sender = 'dialog' | 'known' | 'stranger'

/**
 * What can be done with a request that is not a stranger's. `not-allowed`: the request is outside a dialog, and its method is
 * not served there (RFC 3261 §8.2.1: it gets 405).
 */
export type AdmittedWay = 'in-dialog' | 'invite' | 'options' | 'not-allowed'

/**
 * `silence`: nothing is sent. `stranger-invite`: the application is asked each time, so that it can report which trunk almost
 * admitted the call. The INVITE is not checked for faults before that, because a refusal would be an answer to a stranger.
 */
export type RequestWay = 'silence' | 'stranger-invite' | AdmittedWay

/** `final-response`: a stranger's INVITE already got a provisional response, so it must also get a final response. */
export type UnusableWay = 'silence' | 'refusal' | 'final-response'

export function senderOf(inOurDialog: boolean, known: boolean): Sender {
  if (inOurDialog) return 'dialog'
  return known ? 'known' : 'stranger'
}

/**
 * What is done with a request that can be read. `claimsDialog`: the request has a To tag, or claims in another way to be inside
 * a dialog (RFC 3261 §12.2.2). `provisionalSent`: the engine sent a 100 to the INVITE before it could ask the application. The
 * caller must then get a final response, or the caller would wait forever (invariant I2).
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
 * RFC 3261 §16.3 step 1: what is done with a request that cannot be read. A known peer gets an answer that names the fault. An
 * ACK gets no answer.
 */
export function unusableWay(sender: Sender, method: string, provisionalSent: boolean): UnusableWay {
  if (method === 'ACK') return 'silence'
  if (sender !== 'stranger') return 'refusal'
  return provisionalSent && method === 'INVITE' ? 'final-response' : 'silence'
}

/** Why a packet gets no answer. If its sender is a stranger, that is the reason. Else the reason is `otherwise`. */
export function silenceReason(sender: Sender, otherwise: DropReason): DropReason {
  return sender === 'stranger' ? 'stranger' : otherwise
}
