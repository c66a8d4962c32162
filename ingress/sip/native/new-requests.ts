/** Requests that belong to no transaction yet: refused, handed to the application, or met with silence. */

import { HEADER } from '../message/header-name.ts'
import { readRequestFacts } from '../message/request-facts.ts'
import type { Answer } from '../port/engine.ts'
import { MessageRequest } from '../port/inbound-request.ts'
import { refusalOf } from '../proxy/request-validation.ts'
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

/** Methods that may be used inside a dialog, and OPTIONS: what a 405 MUST list, but for the one that it refuses (§21.4.6). */
const ALLOWED = ['INVITE', 'ACK', 'CANCEL', 'BYE', 'OPTIONS', 'UPDATE', 'INFO', 'PRACK', 'REFER', 'NOTIFY', 'MESSAGE']

/** Methods that belong into a dialog: with a Route of ours they come from one, though neither cookie nor tag says of which. */
const OF_DIALOGS: ReadonlySet<string> = new Set(['BYE', 'UPDATE', 'PRACK', 'INFO', 'NOTIFY', 'REFER'])

const NO_DIALOG: Answer = { status: 481, reason: 'Call/Transaction Does Not Exist' }

interface Arrival extends ReceivedRequest {
  readonly key: string
  readonly known: boolean
  readonly route: DialogRoute | undefined
  readonly inDialog?: true
}

export function createNewRequests(core: EngineCore, sides: ServerSides, dropped: InviteMemory): NewRequests {
  const onNew = (received: ReceivedRequest, key: string): void => {
    const request = undoneStrict(core, received) ?? received
    const { message, facts, flow } = request
    const route = readDialogRoute(core, message, facts)
    const known = core.application.isKnown(peerOf(flow))
    const arrival = { ...request, key, known, route }
    if (message.method === 'ACK') return onAck(core, sides, arrival)
    if (message.method === 'CANCEL') return onCancel(core, sides, arrival)
    if (!known && !route) return onStranger(core, sides, { arrival, dropped })
    const inDialog = route !== undefined || claimsDialog(core, arrival)
    const refusal = refusalOf(message, facts, core.application.headersRead(), inDialog)
    if (refusal) return refuse(core, sides, inDialog ? { ...arrival, inDialog } : arrival, refusal)
    if (inDialog) return onDialogRequest(core, sides, arrival)
    if (message.method === 'INVITE') return new NativeCall(core, sides, { request: arrival, key }).offer()
    onPlain(core, sides, arrival)
  }
  return { onNew }
}

/** RFC 3261 §12.2.2, §15.1.2: a To tag says so, and so does a Route of ours where the method has no other use. */
function claimsDialog(core: EngineCore, { message, facts }: ReceivedRequest): boolean {
  return facts.toTag !== undefined || (OF_DIALOGS.has(message.method) && hasOwnRoute(core, message))
}

/** An INVITE is the application's to judge, each time; whatever else a stranger sends is nobody's. */
function onStranger(
  core: EngineCore,
  sides: ServerSides,
  { arrival, dropped }: { readonly arrival: Arrival; readonly dropped: InviteMemory },
): void {
  const { message, facts, flow, key } = arrival
  if (message.method === 'INVITE' && facts.toTag === undefined) {
    const repeated = dropped.seen(key, core.clock.now())
    return new NativeCall(core, sides, { request: arrival, key, repeated }).offer()
  }
  reportDrop(core, flow, { reason: 'stranger', method: message.method, request: arrival })
}

/** RFC 3261 §17.1.1.3: an ACK is never answered. With a valid cookie it belongs to a 2xx and is passed on. */
function onAck(core: EngineCore, sides: ServerSides, arrival: Arrival): void {
  const { message, facts, flow, known, route, key } = arrival
  // The ACK to an answer without state ends here, whatever table has come meanwhile.
  if (sides.endsOnce(key, facts.toTag)) return
  const usable = route !== undefined && facts.maxForwards !== 0
  if (usable) return core.application.onDialogRequest(new NativeDialogRequest(core, sides, arrival, route))
  const reason = known || route ? 'no_transaction' : 'stranger'
  reportDrop(core, flow, { reason, method: message.method, request: arrival })
}

/**
 * RFC 3261 §16.10, §9.2: 200 at once where its INVITE is here, whatever has become of that; 481 where it is not. A
 * CANCEL that is not from its INVITE's address finds nothing, because the address is in the key.
 */
function onCancel(core: EngineCore, sides: ServerSides, arrival: Arrival): void {
  const inviteKey = keyOf(arrival, 'INVITE')
  const invite = core.transactions.server(inviteKey)
  if (!invite && !arrival.known && !arrival.route) {
    return reportDrop(core, arrival.flow, { reason: 'stranger', method: 'CANCEL', request: arrival })
  }
  // Without its INVITE a cookie is all that is known of the sender, and a cookie does not vouch for the source.
  if (!invite && !arrival.known) return void sides.answerOnce(arrival, arrival.key, NO_DIALOG)
  const side = sides.open(arrival, arrival.key, sides.tagOf(inviteKey))
  if (!side) return
  sides.answer(side, invite ? { status: 200, reason: 'OK' } : NO_DIALOG)
  if (invite) sides.proxied(inviteKey)?.cancel(reasonLines(arrival))
}

function onDialogRequest(core: EngineCore, sides: ServerSides, arrival: Arrival): void {
  core.application.onDialogRequest(new NativeDialogRequest(core, sides, arrival, arrival.route))
}

/** RFC 3261 §8.2.1: rules exist for INVITE only, so every other method outside a dialog but OPTIONS is a 405. */
function onPlain(core: EngineCore, sides: ServerSides, arrival: Arrival): void {
  const request = new NativePlainRequest(sides, arrival)
  if (arrival.message.method === 'OPTIONS') return core.application.onOptions(request)
  const value = ALLOWED.filter((method) => method !== arrival.message.method).join(', ')
  const answer = { status: 405, reason: 'Method Not Allowed', headers: [{ name: 'Allow', value }] }
  refuse(core, sides, arrival, answer)
}

function refuse(core: EngineCore, sides: ServerSides, arrival: Arrival, answer: Answer): void {
  const decisionId = core.random.token()
  if (!answerArrival(sides, arrival, answer, decisionId)) return
  const peer = peerOf(arrival.flow)
  const request = new MessageRequest(peer, arrival.message, arrival.facts)
  const reason = answer.reason.toLowerCase().replace(/\W+/g, '_')
  const { method } = arrival.message
  const told = { peer, method, status: answer.status, reason, decisionId, request }
  core.application.onEvent({ type: 'refused', ...told, ...(arrival.inDialog && { inDialog: true }) })
}

/** Whether this is the first answer to the request. A cookie vouches for its dialog, not for where the packet is from. */
function answerArrival(sides: ServerSides, arrival: Arrival, answer: Answer, decisionId: string): boolean {
  const { key, known } = arrival
  if (!known) return sides.answerOnce(arrival, key, answer) === 'first'
  const side = sides.open(arrival, key, sides.tagOf(key))
  if (side) sides.answer(side, { ...answer, warning: `malformed ${decisionId}` })
  return side !== undefined
}

function undoneStrict(core: EngineCore, request: ReceivedRequest): ReceivedRequest | undefined {
  const message = undoStrictRoute(core, request.message, request.facts)
  const facts = message && readRequestFacts(message)
  return message && facts && !('fault' in facts) ? { message, facts, flow: request.flow } : undefined
}

/** RFC 3326 §2: the reason of a CANCEL is copied to ours. */
function reasonLines({ message }: ReceivedRequest): string {
  let lines = ''
  for (let row = message.first(HEADER.reason); row !== -1; row = message.next(HEADER.reason, row)) {
    lines += message.bytes.toString('latin1', message.lineStart(row), message.lineEnd(row))
  }
  return lines
}
