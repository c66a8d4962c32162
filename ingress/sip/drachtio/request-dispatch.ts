/**
 * Handles every request that a server hands over. The request is given to the application, relayed to the other leg of its
 * call, refused or dropped. `proxy/silence-for-strangers.ts` decides which of these is done. This module does it.
 */
import { fromWords } from '../../address/ip-address.ts'
import type { Clock } from '../../time/clock.ts'
import type { Random } from '../../time/random.ts'
import { type RequestFacts, readRequestFacts } from '../message/request-facts.ts'
import type { SipMessage } from '../message/sip-message.ts'
import {
  BAD_REQUEST,
  badExtension,
  explainedAnswer,
  methodNotAllowed,
  type Refusal,
  SERVICE_UNAVAILABLE,
} from '../port/answers.ts'
import type { Application } from '../port/application.ts'
import type { Peer, RecordedSource } from '../port/engine.ts'
import type { DropReason } from '../port/events.ts'
import { MessageRequest } from '../port/inbound-request.ts'
import { recordedSourcesOf } from '../port/recorded-sources.ts'
import { refusalOf } from '../proxy/request-validation.ts'
import {
  type AdmittedWay,
  requestWay,
  type Sender,
  senderOf,
  silenceReason,
  unusableWay,
} from '../proxy/silence-for-strangers.ts'
import type { CallerSide } from './bridged-invite.ts'
import { acknowledgeOther, DrachtioDialogRequest, sendBye } from './dialog-relay.ts'
import { DrachtioCall, DrachtioPlainRequest } from './drachtio-call.ts'
import type { HandedRequest } from './drachtio-library.ts'
import { type MessageFault, readHanded } from './handed-message.ts'
import { ownAnswer } from './own-answer.ts'
import { peerAt } from './packet-source.ts'
import { demandsReliable, RELIABLE } from './relayed-headers.ts'
import type { BridgedCall, CallLeg, SessionWork } from './session-work.ts'

export interface DispatchOptions {
  readonly application: Application
  readonly clock: Clock
  readonly random: Random
}

/**
 * The methods that the server must hand over outside a dialog. The server itself answers BYE, UPDATE, REFER and PRACK outside a
 * dialog.
 */
export const ROUTED_METHODS = ['invite', 'options', 'register', 'message', 'info', 'notify', 'subscribe', 'publish']

/**
 * Stands for a source that cannot be read. It is only reported and never looked up, because a trunk with 0.0.0.0/0 would admit
 * it.
 */
const UNKNOWN: Peer = { address: fromWords([0, 0, 0xffff, 0]), port: 0, transport: 'UDP' }

/** A request that the server handed over, and its sender. */
interface Handed {
  readonly handed: HandedRequest
  readonly peer: Peer
  readonly sender: Sender
}

/** A request that could be read. */
interface NewRequest extends CallerSide, Handed {
  readonly work: SessionWork
  /** The leg whose dialog the server has found for the request. Undefined if this process has no such leg. */
  readonly leg: CallLeg | undefined
}

export function dispatchRequest(options: DispatchOptions, work: SessionWork, handed: HandedRequest): void {
  if (handed.unsolicited) return endedByServer(options, work, handed)
  // The server has found the dialog by Call-ID and tags. For an ACK, it does not report the protocol, so the sender of an ACK
  // stays unknown. An ACK inside a dialog is therefore handled first.
  const leg = work.leg(handed.dialogId)
  if (handed.method === 'ACK' && handed.dialogId !== '') return onAck(options, leg, handed)
  const peer = peerAt(handed.source) ?? (leg && peerOf(leg))
  if (!peer) return onUnusable(options, { handed, peer: UNKNOWN, sender: 'stranger' }, UNKNOWN_SOURCE)
  const { message, fault } = readHanded(handed.text)
  const facts = fault ? undefined : readRequestFacts(message)
  const sender = senderOf(leg !== undefined, options.application.isKnown(peer))
  if (facts === undefined || 'fault' in facts) {
    return onUnusable(options, { handed, peer, sender, message }, fault ?? facts)
  }
  onUsable(options, { handed, peer, sender, message, facts, work, leg })
}

function onUsable(options: DispatchOptions, request: NewRequest): void {
  const { sender, message, facts } = request
  const way = requestWay(sender, message.method, facts.toTag !== undefined, true)
  switch (way) {
    case 'silence':
      return drop(options, request, silenceReason(sender, 'malformed'))
    case 'stranger-invite':
      return offer(options, request)
    case 'in-dialog':
    case 'invite':
    case 'options':
    case 'not-allowed':
      return admit(options, request, way)
  }
}

function admit(options: DispatchOptions, request: NewRequest, way: AdmittedWay): void {
  // A request inside a dialog ends at its leg. It is not proxied, so the checks of RFC 3261 §16.3 for a proxy are not needed.
  const refusal = way === 'in-dialog' ? undefined : invalid(options, request)
  if (refusal) return refuse(options, request, refusal)
  switch (way) {
    case 'in-dialog': {
      const dropped = (): void => drop(options, request, 'no_dialog')
      const hungUp = (call: BridgedCall): void => reportHungUp(options.application, call)
      return options.application.onDialogRequest(new DrachtioDialogRequest({ ...request, dropped, hungUp }))
    }
    case 'invite':
      return offer(options, request)
    case 'options':
      return options.application.onOptions(new DrachtioPlainRequest(request))
    case 'not-allowed':
      return refuse(options, request, methodNotAllowed(request.message.method, 'PRACK'))
  }
}

function offer({ application, clock }: DispatchOptions, request: NewRequest): void {
  new DrachtioCall({ application, clock, work: request.work }, request).offer()
}

function invalid({ application }: DispatchOptions, { message, facts }: NewRequest): Refusal | undefined {
  const refusal = refusalOf(message, facts, application.headersRead())
  if (refusal || message.method !== 'INVITE') return refusal
  return demandsReliable(message) ? badExtension(RELIABLE) : undefined
}

/**
 * RFC 3261 §13.2.2.4: sends the ACK to a 2xx to the far end, once. The server hands over only ACKs to a 2xx, and their repeats.
 */
function onAck({ application }: DispatchOptions, leg: CallLeg | undefined, handed: HandedRequest): void {
  if (leg) return acknowledgeOther(leg, handed)
  const peer = peerAt({ ...handed.source, protocol: 'udp' }) ?? UNKNOWN
  application.onEvent({ type: 'dropped', peer, reason: 'no_dialog', method: 'ACK', request: undefined })
}

/**
 * Called when the server has ended one leg by itself. The causes: a session timer ended, an ACK never came, or a CANCEL and a
 * 200 were sent at the same time. If we cancelled an early dialog, the server ends its leg too.
 */
function endedByServer({ application }: DispatchOptions, work: SessionWork, handed: HandedRequest): void {
  const leg = work.leg(handed.dialogId)
  if (work.ended(handed.dialogId) || !leg || leg.hangUpEarly) return
  reportHungUp(application, leg.call)
  const other = work.unbridge(leg)
  acknowledgeOther(leg)
  if (other) sendBye(work, other)
}

/** Reports the end of an answered call. */
export function reportHungUp(application: Application, { callId, callerTag, dialogData }: BridgedCall): void {
  application.onEvent({ type: 'hung-up', callId, callerTag, dialogData: [dialogData] })
}

/** The far end of a leg. If the server does not report a source that can be read, the far end counts as the sender. */
function peerOf({ call, side }: CallLeg): Peer {
  const { caller, target } = call
  if (side === 'caller') return caller
  return { address: target.address, port: target.port, transport: target.transport ?? 'UDP' }
}

const UNKNOWN_SOURCE: MessageFault = { ...SERVICE_UNAVAILABLE, code: 'unknown-source' }
const STRANGER: MessageFault = { ...SERVICE_UNAVAILABLE, code: 'stranger' }
const UNREADABLE: MessageFault = { ...BAD_REQUEST, code: 'bad-request' }

interface Unusable extends Handed {
  /** The message of the request. Undefined if the source of the request cannot be read. */
  readonly message?: SipMessage
}

/**
 * Handles a request that cannot be used. A stranger does not learn what is wrong. If it sent an INVITE, it still gets a final
 * response, because the server has already answered the INVITE with 100.
 */
function onUnusable(options: DispatchOptions, unusable: Unusable, fault: MessageFault = UNREADABLE): void {
  const { handed, peer, sender, message } = unusable
  const { method } = handed
  const recordedSources = sender === 'stranger' || !message ? undefined : recordedSourcesOf(message)
  switch (unusableWay(sender, method, true)) {
    case 'silence': {
      const dropped = { peer, reason: silenceReason(sender, 'malformed'), method, request: undefined, recordedSources }
      return options.application.onEvent({ type: 'dropped', ...dropped })
    }
    case 'refusal':
      return refuse(options, { handed, peer, recordedSources }, fault)
    case 'final-response':
      return refuseStranger(options, unusable, message ? STRANGER : fault)
  }
}

interface Refused extends Pick<Handed, 'handed' | 'peer'> {
  readonly message?: SipMessage
  readonly facts?: RequestFacts
  readonly recordedSources?: readonly RecordedSource[] | undefined
}

function refuse({ application, random }: DispatchOptions, refused: Refused, { code, ...answer }: Refusal): void {
  const { handed, peer, message, facts, recordedSources } = refused
  const decisionId = random.token()
  handed.respond(ownAnswer(handed, explainedAnswer(answer, 'malformed', decisionId)))
  const request = message && facts && new MessageRequest(peer, message, facts)
  const event = { peer, method: handed.method, status: answer.status, reason: code, decisionId, request }
  application.onEvent({ type: 'refused', ...event, recordedSources })
}

/** Refuses without a Warning, because a stranger must not learn the reason. */
function refuseStranger(
  { application, random }: DispatchOptions,
  from: Handed,
  { code, ...answer }: MessageFault,
): void {
  const { handed, peer } = from
  handed.respond(ownAnswer(handed, answer))
  const event = { peer, method: handed.method, status: answer.status, reason: code, decisionId: random.token() }
  application.onEvent({ type: 'refused', ...event, request: undefined, stranger: true })
}

function drop({ application }: DispatchOptions, { peer, message, facts }: NewRequest, reason: DropReason): void {
  const request = new MessageRequest(peer, message, facts)
  application.onEvent({ type: 'dropped', peer, reason, method: message.method, request })
}
