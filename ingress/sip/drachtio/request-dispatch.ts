/** Where every request of a server goes: to the application, to the other leg of its call, or nowhere. */
import { fromWords } from '../../address/ip-address.ts'
import type { Application } from '../application.ts'
import type { Clock } from '../clock.ts'
import type { Answer, Peer } from '../engine.ts'
import type { DropReason } from '../events.ts'
import { MessageRequest } from '../inbound-request.ts'
import { readRequestFacts } from '../message/request-facts.ts'
import { refusalOf } from '../proxy/request-validation.ts'
import type { Random } from '../random.ts'
import { recordedSourcesOf } from '../recorded-sources.ts'
import type { CallerSide } from './bridged-invite.ts'
import { DrachtioDialogRequest, sendBye } from './dialog-relay.ts'
import { DrachtioCall, DrachtioPlainRequest } from './drachtio-call.ts'
import type { HandedRequest } from './drachtio-library.ts'
import { type MessageFault, readHanded } from './handed-message.ts'
import { ownAnswer } from './own-answer.ts'
import { peerAt } from './packet-source.ts'
import { demandsReliable } from './relayed-headers.ts'
import type { SessionWork } from './session-work.ts'

export interface DispatchOptions {
  readonly application: Application
  readonly clock: Clock
  readonly random: Random
}

/** Methods outside a dialog that the server hands over; of BYE, UPDATE, REFER and PRACK outside one it disposes itself. */
export const ROUTED_METHODS = ['invite', 'options', 'register', 'message', 'info', 'notify', 'subscribe', 'publish']

const ALLOW = 'INVITE, ACK, CANCEL, BYE, OPTIONS, UPDATE, INFO, REFER, NOTIFY, MESSAGE'
const NOT_ALLOWED: Answer = {
  status: 405,
  reason: 'Method Not Allowed',
  headers: [{ name: 'Allow', value: ALLOW }],
}
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
  const { message, fault } = readHanded(handed.text)
  const peer = peerAt(handed.source)
  if (!peer) return refuse(options, { handed, peer: UNKNOWN }, { ...UNAVAILABLE, code: 'unknown-source' })
  const facts = fault ? undefined : readRequestFacts(message)
  if (facts === undefined || 'fault' in facts) {
    return onUnusable(options, { handed, peer, message }, fault ?? facts)
  }
  const known = options.application.isKnown(peer)
  const arrival = { handed, peer, message, facts, known, work }
  if (message.method === 'ACK') return onAck(work, handed)
  if (handed.dialogId !== '' && work.leg(handed.dialogId)) return onDialogRequest(options, arrival)
  if (message.method === 'INVITE') return onInvite(options, arrival)
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
  const answer = refusal ?? NOT_ALLOWED
  refuse(options, arrival, { ...answer, code: codeOf(answer) })
}

function onDialogRequest(options: DispatchOptions, arrival: Arrival): void {
  const { work, handed } = arrival
  const leg = work.leg(handed.dialogId)
  const dropped = (): void => drop(options, arrival, 'no_dialog')
  options.application.onDialogRequest(new DrachtioDialogRequest({ ...arrival, leg, dropped }))
}

/** RFC 3261 §13.2.2.4: the ACK to a 2xx goes to the far end; a server hands over no other. */
function onAck(work: SessionWork, handed: HandedRequest): void {
  const leg = work.leg(handed.dialogId)
  const acknowledge = leg?.acknowledge
  if (!leg || !acknowledge) return
  leg.acknowledge = undefined
  acknowledge(handed)
}

/** A session timer has run out, or an ACK never came: the server has ended one leg by itself. */
function endedByServer(work: SessionWork, handed: HandedRequest): void {
  const leg = work.leg(handed.dialogId)
  const other = leg && work.unbridge(leg)
  if (other) sendBye(work, other)
}

/**
 * RFC 3261 §16.3 step 1: a known peer is told what is wrong. A stranger is not, but its INVITE has had a 100 and gets a
 * final response for it; any other request of a stranger gets nothing.
 */
function onUnusable(
  options: DispatchOptions,
  from: Pick<Arrival, 'handed' | 'peer' | 'message'>,
  fault: MessageFault | undefined,
): void {
  const known = options.application.isKnown(from.peer)
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
