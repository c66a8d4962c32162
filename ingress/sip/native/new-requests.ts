/**
 * Handles requests that belong to no transaction yet. `proxy/silence-for-strangers.ts` decides whether a request is answered,
 * passed on or dropped. For an ACK and a CANCEL, this file decides.
 */

import { HEADER } from '../message/header-name.ts'
import { readRequestFacts } from '../message/request-facts.ts'
import { CALL_DOES_NOT_EXIST, explainedAnswer, methodNotAllowed, OK, type Refusal } from '../port/answers.ts'
import { MessageRequest } from '../port/inbound-request.ts'
import { refusalOf } from '../proxy/request-validation.ts'
import { type AdmittedWay, requestWay, type Sender, senderOf, silenceReason } from '../proxy/silence-for-strangers.ts'
import type { InviteMemory } from './dropped-invites.ts'
import type { EngineCore } from './engine-core.ts'
import { NativeCall } from './native-call.ts'
import { NativeDialogRequest } from './native-dialog-request.ts'
import { NativePlainRequest } from './native-plain-request.ts'
import { keyOf, peerOf, type ReceivedRequest, reportDrop } from './received-request.ts'
import { type DialogRoute, hasOwnRoute, readDialogRoute, undoStrictRoute } from './relay/dialog-route.ts'
import type { ServerSides } from './server-sides.ts'

export interface NewRequests {
  onNew(request: ReceivedRequest, key: string): void
}

/**
 * Methods that are used inside dialogs. If a request has such a method and a Route of ours, it comes from a dialog. This holds
 * even if the request lacks a cookie and a tag that names the dialog.
 */
const OF_DIALOGS: ReadonlySet<string> = new Set(['BYE', 'UPDATE', 'PRACK', 'INFO', 'NOTIFY', 'REFER'])

/** A new request, and the facts that are known about its sender. */
interface NewRequest extends ReceivedRequest {
  readonly key: string
  /**
   * Whether the application knows the source. A cookie proves that the dialog exists. It proves nothing about the source of the
   * packet.
   */
  readonly known: boolean
  /** The place to which the dialog's cookie leads. Undefined if the request has no valid cookie. */
  readonly route: DialogRoute | undefined
  readonly sender: Sender
}

export function createNewRequests(core: EngineCore, sides: ServerSides, dropped: InviteMemory): NewRequests {
  const onNew = (received: ReceivedRequest, key: string): void => {
    const request = newRequest(core, received, key)
    const { method } = request.message
    if (method === 'ACK') return onAck(core, sides, request)
    if (method === 'CANCEL') return onCancel(core, sides, request)
    const way = requestWay(request.sender, method, claimsDialog(core, request), false)
    switch (way) {
      case 'silence':
        return reportDrop(core, request.flow, { reason: 'stranger', method, request })
      case 'stranger-invite': {
        const repeated = dropped.seen(key, core.clock.now())
        return new NativeCall(core, sides, { request, key, repeated }).offer()
      }
      case 'in-dialog':
      case 'invite':
      case 'options':
      case 'not-allowed':
        return admit(core, sides, request, way)
    }
  }
  return { onNew }
}

function newRequest(core: EngineCore, received: ReceivedRequest, key: string): NewRequest {
  const { message, facts, flow } = undoneStrict(core, received) ?? received
  const route = readDialogRoute(core, message, facts)
  const known = core.application.isKnown(peerOf(flow))
  return { message, facts, flow, key, known, route, sender: senderOf(route !== undefined, known) }
}

/**
 * RFC 3261 §12.2.2, §15.1.2: a request with a To tag claims to be inside a dialog. A request with a Route of ours makes the
 * same claim if its method is used only inside dialogs.
 */
function claimsDialog(core: EngineCore, { message, facts }: ReceivedRequest): boolean {
  return facts.toTag !== undefined || (OF_DIALOGS.has(message.method) && hasOwnRoute(core, message))
}

function admit(core: EngineCore, sides: ServerSides, request: NewRequest, way: AdmittedWay): void {
  const { message, facts, key } = request
  const inDialog = way === 'in-dialog'
  const refusal = refusalOf(message, facts, core.application.headersRead(), inDialog)
  if (refusal) return refuse(core, sides, request, inDialog ? { ...refusal, inDialog } : refusal)
  switch (way) {
    case 'in-dialog':
      return core.application.onDialogRequest(new NativeDialogRequest(core, sides, request, request.route))
    case 'invite':
      return new NativeCall(core, sides, { request, key }).offer()
    case 'options':
      return core.application.onOptions(new NativePlainRequest(sides, request))
    case 'not-allowed':
      return refuse(core, sides, request, methodNotAllowed(message.method))
  }
}

/** RFC 3261 §17.1.1.3: an ACK is never answered. An ACK with a valid cookie belongs to a 2xx and is relayed. */
function onAck(core: EngineCore, sides: ServerSides, request: NewRequest): void {
  const { message, facts, flow, route, key, sender } = request
  // The ACK to an answer without a transaction ends here. The sender may have become known after that answer; this does not
  // matter.
  if (sides.endsOnce(key, facts.toTag)) return
  const usable = route !== undefined && facts.maxForwards !== 0
  if (usable) return core.application.onDialogRequest(new NativeDialogRequest(core, sides, request, route))
  reportDrop(core, flow, { reason: silenceReason(sender, 'no_transaction'), method: message.method, request })
}

/**
 * RFC 3261 §16.10, §9.2: a CANCEL immediately gets 200 if the transaction of its INVITE is here, in any state. If that
 * transaction is not here, the CANCEL gets 481. The source address is part of the transaction key, so a CANCEL from another
 * address finds no INVITE.
 */
function onCancel(core: EngineCore, sides: ServerSides, request: NewRequest): void {
  const { key, known, sender, flow } = request
  const inviteKey = keyOf(request, 'INVITE')
  const invite = core.transactions.server(inviteKey)
  if (!invite && sender === 'stranger') return reportDrop(core, flow, { reason: 'stranger', method: 'CANCEL', request })
  if (!invite && !known) return void sides.answerOnce(request, key, CALL_DOES_NOT_EXIST)
  const side = sides.open(request, key, sides.tagOf(inviteKey))
  if (!side) return
  sides.answer(side, invite ? OK : CALL_DOES_NOT_EXIST)
  if (invite) sides.proxied(inviteKey)?.cancel(reasonLines(request))
}

interface NewRefusal extends Refusal {
  readonly inDialog?: true
}

function refuse(core: EngineCore, sides: ServerSides, request: NewRequest, refusal: NewRefusal): void {
  const decisionId = core.random.token()
  if (!answerFirst(sides, request, refusal, decisionId)) return
  const { message, facts, flow } = request
  const { status, code: reason, inDialog } = refusal
  const peer = peerOf(flow)
  core.application.onEvent({
    type: 'refused',
    peer,
    method: message.method,
    status,
    reason,
    decisionId,
    request: new MessageRequest(peer, message, facts),
    ...(inDialog && { inDialog }),
  })
}

/** Answers the request. Returns whether this answer is the first one to the request. */
function answerFirst(sides: ServerSides, request: NewRequest, refusal: Refusal, decisionId: string): boolean {
  const { key, known } = request
  if (!known) return sides.answerOnce(request, key, refusal) === 'first'
  const side = sides.open(request, key)
  if (side) sides.answer(side, explainedAnswer(refusal, 'malformed', decisionId))
  return side !== undefined
}

function undoneStrict(core: EngineCore, request: ReceivedRequest): ReceivedRequest | undefined {
  const message = undoStrictRoute(core, request.message, request.facts)
  const facts = message && readRequestFacts(message)
  return message && facts && !('fault' in facts) ? { message, facts, flow: request.flow } : undefined
}

/** RFC 3326 §2: the Reason values of the received CANCEL are copied into the CANCEL that we send. */
function reasonLines({ message }: ReceivedRequest): string {
  let lines = ''
  for (let row = message.first(HEADER.reason); row !== -1; row = message.next(HEADER.reason, row)) {
    lines += message.bytes.toString('latin1', message.lineStart(row), message.lineEnd(row))
  }
  return lines
}
