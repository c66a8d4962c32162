/** Where every request of a server goes: to the application, to the other leg of its call, or nowhere. */
import { fromWords } from '../../address/ip-address.ts'
import type { Clock } from '../../time/clock.ts'
import type { Random } from '../../time/random.ts'
import { readRequestFacts } from '../message/request-facts.ts'
import type { Application } from '../port/application.ts'
import type { Answer, Peer } from '../port/engine.ts'
import type { DropReason } from '../port/events.ts'
import { MessageRequest } from '../port/inbound-request.ts'
import { recordedSourcesOf } from '../port/recorded-sources.ts'
import { refusalOf } from '../proxy/request-validation.ts'
import type { CallerSide } from './bridged-invite.ts'
import { acknowledgeOther, DrachtioDialogRequest, sendBye } from './dialog-relay.ts'
import { DrachtioCall, DrachtioPlainRequest } from './drachtio-call.ts'
import type { HandedRequest } from './drachtio-library.ts'
import { type MessageFault, readHanded } from './handed-message.ts'
import { ownAnswer } from './own-answer.ts'
import { peerAt } from './packet-source.ts'
import { demandsReliable } from './relayed-headers.ts'
import type { CallLeg, SessionWork } from './session-work.ts'

export interface DispatchOptions {
  readonly application: Application
  readonly clock: Clock
  readonly random: Random
}

/** Methods outside a dialog that the server hands over; of BYE, UPDATE, REFER and PRACK outside one it disposes itself. */
export const ROUTED_METHODS = ['invite', 'options', 'register', 'message', 'info', 'notify', 'subscribe', 'publish']

/** What a 405 lists, but for the method that it refuses (RFC 3261 §21.4.6). */
const ALLOWED = ['INVITE', 'ACK', 'CANCEL', 'BYE', 'OPTIONS', 'UPDATE', 'INFO', 'REFER', 'NOTIFY', 'MESSAGE']
const NOT_RELIABLE: Answer = {
  status: 420,
  reason: 'Bad Extension',
  headers: [{ name: 'Unsupported', value: '100rel' }],
}
const UNAVAILABLE: Answer = { status: 503, reason: 'Service Unavailable' }

/** Stands for a source that cannot be read. It is never looked up: a list with 0.0.0.0/0 would hold it. */
const UNKNOWN: Peer = { address: fromWords([0, 0, 0xffff, 0]), port: 0, transport: 'UDP' }

interface Arrival extends CallerSide {
  readonly known: boolean
  readonly work: SessionWork
}

export function dispatchRequest(options: DispatchOptions, work: SessionWork, handed: HandedRequest): void {
  if (handed.unsolicited) return endedByServer(work, handed)
  // The server has found the dialog by Call-ID and tags. Of an ACK it says no protocol, so who sends it must not be asked first.
  const leg = work.leg(handed.dialogId)
  if (handed.method === 'ACK' && handed.dialogId !== '') return onAck(options, leg, handed)
  const { message, fault } = readHanded(handed.text)
  const peer = peerAt(handed.source) ?? (leg && peerOf(leg))
  if (!peer) return refuse(options, { handed, peer: UNKNOWN }, { ...UNAVAILABLE, code: 'unknown-source' })
  const facts = fault ? undefined : readRequestFacts(message)
  if (facts === undefined || 'fault' in facts) {
    return onUnusable(options, { handed, peer, message, known: leg !== undefined }, fault ?? facts)
  }
  const known = options.application.isKnown(peer)
  const arrival = { handed, peer, message, facts, known, work }
  if (leg) return onDialogRequest(options, arrival)
  // A stranger's INVITE gets its final response there, whatever it claims; a known peer's is no new call with a To tag.
  if (message.method === 'INVITE' && !(known && facts.toTag !== undefined)) return onInvite(options, arrival)
  if (!known) return drop(options, arrival, 'stranger')
  if (facts.toTag !== undefined) return onDialogRequest(options, arrival)
  onPlain(options, arrival)
}

/** A stranger's INVITE is the application's to judge as well; the server has answered it with 100 already. */
function onInvite(options: DispatchOptions, arrival: Arrival): void {
  const { application, clock } = options
  const { message, facts, known, work } = arrival
  const own = known && demandsReliable(message) ? NOT_RELIABLE : undefined
  const refusal = known ? (refusalOf(message, facts, application.headersRead()) ?? own) : undefined
  if (refusal) return refuse(options, arrival, { ...refusal, code: codeOf(refusal) })
  new DrachtioCall({ application, clock, work }, arrival).offer()
}

function onPlain(options: DispatchOptions, arrival: Arrival): void {
  const { message, facts } = arrival
  const refusal = refusalOf(message, facts, options.application.headersRead())
  if (!refusal && message.method === 'OPTIONS') {
    return options.application.onOptions(new DrachtioPlainRequest(arrival))
  }
  const answer = refusal ?? notAllowed(message.method)
  refuse(options, arrival, { ...answer, code: codeOf(answer) })
}

function notAllowed(refused: string): Answer {
  const value = ALLOWED.filter((method) => method !== refused).join(', ')
  return { status: 405, reason: 'Method Not Allowed', headers: [{ name: 'Allow', value }] }
}

function onDialogRequest(options: DispatchOptions, arrival: Arrival): void {
  const { work, handed } = arrival
  const leg = work.leg(handed.dialogId)
  const dropped = (): void => drop(options, arrival, 'no_dialog')
  options.application.onDialogRequest(new DrachtioDialogRequest({ ...arrival, leg, dropped }))
}

/** RFC 3261 §13.2.2.4: the ACK to a 2xx goes to the far end, once; a server hands over no other, and repeats of it too. */
function onAck({ application }: DispatchOptions, leg: CallLeg | undefined, handed: HandedRequest): void {
  if (leg) return acknowledgeOther(leg, handed)
  const peer = peerAt({ ...handed.source, protocol: 'udp' }) ?? UNKNOWN
  application.onEvent({ type: 'dropped', peer, reason: 'no_dialog', method: 'ACK', request: undefined })
}

/**
 * A session timer has run out, an ACK never came, or a CANCEL has crossed the 200: the server has ended one leg by itself.
 * That of an early dialog it ends because we cancelled it.
 */
function endedByServer(work: SessionWork, handed: HandedRequest): void {
  const leg = work.leg(handed.dialogId)
  if (work.ended(handed.dialogId) || !leg || leg.hangUpEarly) return
  const other = work.unbridge(leg)
  acknowledgeOther(leg)
  if (other) sendBye(work, other)
}

/** Who is at the far end of a leg, where a packet does not say it. */
function peerOf({ call, side }: CallLeg): Peer {
  const { caller, target } = call
  if (side === 'caller') return caller
  return { address: target.address, port: target.port, transport: target.transport ?? 'UDP' }
}

/**
 * RFC 3261 §16.3 step 1: a known peer is told what is wrong. A stranger is not, but its INVITE has had a 100 and gets a
 * final response for it; any other request of a stranger gets nothing.
 */
function onUnusable(
  options: DispatchOptions,
  from: Pick<Arrival, 'handed' | 'peer' | 'message' | 'known'>,
  fault: MessageFault | undefined,
): void {
  const known = from.known || options.application.isKnown(from.peer)
  const { status = 400, reason = 'Bad Request', code = 'bad-request' } = known ? (fault ?? {}) : {}
  refuse(options, from, known ? { status, reason, code } : { ...UNAVAILABLE, code: 'stranger' })
}

interface Refusal extends Answer {
  readonly code: string
}

function refuse(
  options: DispatchOptions,
  { handed, peer, ...rest }: Pick<Arrival, 'handed' | 'peer'> & Partial<Pick<Arrival, 'message' | 'facts'>>,
  { code, ...answer }: Refusal,
): void {
  const { application, random } = options
  const { method } = handed
  const stranger = code === 'stranger' || code === 'unknown-source'
  const { message, facts } = rest
  const recordedSources = stranger || !message || facts ? undefined : recordedSourcesOf(message)
  if (method === 'ACK' || (stranger && method !== 'INVITE')) {
    const reason = stranger ? 'stranger' : 'malformed'
    return application.onEvent({ type: 'dropped', peer, reason, method, request: undefined, recordedSources })
  }
  const decisionId = random.token()
  handed.respond(ownAnswer(handed, stranger ? answer : { ...answer, warning: `malformed ${decisionId}` }))
  const request = message && facts && new MessageRequest(peer, message, facts)
  const told = { peer, method, status: answer.status, reason: code, decisionId, request, recordedSources }
  application.onEvent({ type: 'refused', ...told, ...(stranger ? { stranger } : {}) })
}

function drop({ application }: DispatchOptions, { peer, message, facts }: Arrival, reason: DropReason): void {
  const request = new MessageRequest(peer, message, facts)
  application.onEvent({ type: 'dropped', peer, reason, method: message.method, request })
}

function codeOf({ reason }: Answer): string {
  return reason.toLowerCase().replace(/\W+/g, '_')
}
