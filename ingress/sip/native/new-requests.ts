/**
 * Handles requests that belong to no transaction yet. `proxy/silence-for-strangers.ts` decides whether a request is answered,
 * passed on or dropped. For an ACK and a CANCEL, this file decides.
 */

import { HEADER } from '../message/header-name.ts'
import { readRequestFacts } from '../message/request-facts.ts'
import { CALL_DOES_NOT_EXIST, explainedAnswer, methodNotAllowed, OK, type Refusal } from '../port/answers.ts'
import { MessageRequest } from '../port/inbound-request.ts'
import { refusalOf } from '../proxy/request-validation.ts'
import { type AdmittedWay, requestWay, silenceReason } from '../proxy/silence-for-strangers.ts'
import type { InviteMemory } from './dropped-invites.ts'
import type { EngineCore } from './engine-core.ts'
import { NativeCall } from './native-call.ts'
import { NativeDialogRequest } from './native-dialog-request.ts'
import { NativePlainRequest } from './native-plain-request.ts'
import { ReceivedRequest, reportDrop } from './received-request.ts'
import { hasOwnRoute, readDialogRoute, undoStrictRoute } from './relay/dialog-route.ts'
import type { ServerSides } from './server-sides.ts'
import { type TransactionKey, writeServerKey } from './transaction/transaction-key.ts'

export interface NewRequests {
  onNew(received: ReceivedRequest): void
}

/**
 * Methods that are used inside dialogs. If a request has such a method and a Route of ours, it comes from a dialog. This holds
 * even if the request lacks a cookie and a tag that names the dialog.
 */
const OF_DIALOGS: ReadonlySet<string> = new Set(['BYE', 'UPDATE', 'PRACK', 'INFO', 'NOTIFY', 'REFER'])

export function createNewRequests(core: EngineCore, sides: ServerSides, dropped: InviteMemory): NewRequests {
  const inviteKey = core.transactions.newKey()
  const onNew = (received: ReceivedRequest): void => {
    const { method } = received.message
    const request = judged(core, received)
    if (method === 'ACK') return onAck(core, sides, request)
    if (method === 'CANCEL') return onCancel(core, sides, request, writeServerKey(inviteKey, received, 'INVITE'))
    const way = requestWay(request.sender, method, claimsDialog(core, request), false)
    switch (way) {
      case 'silence':
        return reportDrop(core, request.flow, { reason: 'stranger', method, request })
      case 'stranger-invite':
        return new NativeCall(core, sides, request, dropped.seen(request.key, core.clock.now())).offer()
      case 'in-dialog':
      case 'invite':
      case 'options':
      case 'not-allowed':
        return admit(core, sides, request, way)
    }
  }
  return { onNew }
}

/** Finds out who sends the request. If a strict router has changed it, the result is another request. */
function judged(core: EngineCore, received: ReceivedRequest): ReceivedRequest {
  const request = undoneStrict(core, received) ?? received
  const hasRoute = request.message.first(HEADER.route) !== -1
  request.route = hasRoute ? readDialogRoute(core, request.message, request.facts) : undefined
  request.known = core.application.isKnown(request.flow.peer)
  return request
}

/**
 * RFC 3261 §12.2.2, §15.1.2: a request with a To tag claims to be inside a dialog. A request with a Route of ours makes the
 * same claim if its method is used only inside dialogs.
 */
function claimsDialog(core: EngineCore, { message, facts }: ReceivedRequest): boolean {
  return facts.toTag !== undefined || (OF_DIALOGS.has(message.method) && hasOwnRoute(core, message))
}

function admit(core: EngineCore, sides: ServerSides, request: ReceivedRequest, way: AdmittedWay): void {
  const { message, facts } = request
  const inDialog = way === 'in-dialog'
  const refusal = refusalOf(message, facts, core.application.headersRead(), inDialog)
  if (refusal) return refuse(core, sides, request, inDialog ? { ...refusal, inDialog } : refusal)
  switch (way) {
    case 'in-dialog':
      return core.application.onDialogRequest(new NativeDialogRequest(core, sides, request))
    case 'invite':
      return new NativeCall(core, sides, request).offer()
    case 'options':
      return core.application.onOptions(new NativePlainRequest(sides, request))
    case 'not-allowed':
      return refuse(core, sides, request, methodNotAllowed(message.method))
  }
}

/** RFC 3261 §17.1.1.3: an ACK is never answered. An ACK with a valid cookie belongs to a 2xx and is relayed. */
function onAck(core: EngineCore, sides: ServerSides, request: ReceivedRequest): void {
  const { message, facts, flow, route, key, sender } = request
  // An ACK ends here if it acknowledges an answer that was sent without a transaction. This is so for every sender, because a
  // sender may become known after that answer.
  if (sides.endsOnce(key, facts.toTag)) return
  const usable = route !== undefined && facts.maxForwards !== 0
  if (usable) return core.application.onDialogRequest(new NativeDialogRequest(core, sides, request))
  reportDrop(core, flow, { reason: silenceReason(sender, 'no_transaction'), method: message.method, request })
}

/**
 * RFC 3261 §16.10, §9.2: a CANCEL immediately gets 200 if the transaction of its INVITE is here, in any state. If that
 * transaction is not here, the CANCEL gets 481. The source address is part of the transaction key, so a CANCEL from another
 * address finds no INVITE.
 */
function onCancel(core: EngineCore, sides: ServerSides, request: ReceivedRequest, inviteKey: TransactionKey): void {
  const { known, sender, flow } = request
  const invite = core.transactions.server(inviteKey)
  if (!invite && sender === 'stranger') return reportDrop(core, flow, { reason: 'stranger', method: 'CANCEL', request })
  if (!invite && !known) return void sides.answerOnce(request, CALL_DOES_NOT_EXIST)
  if (!sides.respond(request, invite ? OK : CALL_DOES_NOT_EXIST, sides.tagOf(inviteKey))) return
  invite?.waiting?.cancel(reasonLines(request))
}

interface NewRefusal extends Refusal {
  readonly inDialog?: true
}

function refuse(core: EngineCore, sides: ServerSides, request: ReceivedRequest, refusal: NewRefusal): void {
  const decisionId = core.random.token()
  if (!answerFirst(sides, request, refusal, decisionId)) return
  const { message, facts, flow } = request
  const { status, code: reason, inDialog } = refusal
  const { peer } = flow
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
function answerFirst(sides: ServerSides, request: ReceivedRequest, refusal: Refusal, decisionId: string): boolean {
  if (!request.known) return sides.answerOnce(request, refusal) === 'first'
  return sides.respond(request, explainedAnswer(refusal, 'malformed', decisionId))
}

function undoneStrict(core: EngineCore, request: ReceivedRequest): ReceivedRequest | undefined {
  const message = undoStrictRoute(core, request.message, request.facts)
  const facts = message && readRequestFacts(message)
  return message && facts && !('fault' in facts)
    ? new ReceivedRequest(message, facts, request.flow, request.key)
    : undefined
}

/** RFC 3326 §2: the Reason values of the received CANCEL are copied into the CANCEL that we send. */
function reasonLines({ message }: ReceivedRequest): string {
  let lines = ''
  for (let row = message.first(HEADER.reason); row !== -1; row = message.next(HEADER.reason, row)) {
    lines += message.bytes.toString('latin1', message.lineStart(row), message.lineEnd(row))
  }
  return lines
}
