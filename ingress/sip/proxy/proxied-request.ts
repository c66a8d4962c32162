/** A request other than INVITE inside a dialog: one target, one client transaction (RFC 3261 §16, RFC 4320). */
import type { Timer } from '../clock.ts'
import type { Answer, DialogHop, RelayEdits, ResponseIdentity, TransportName } from '../engine.ts'
import { MAX_BREADTH, MAX_DATAGRAM_REQUEST_BYTES, NON_INVITE_TRYING_MS } from '../limits.ts'
import type { SipMessage } from '../message/sip-message.ts'
import { ClientTransaction, type ClientTransactionUser, type RequestSink } from '../transaction/client-transaction.ts'
import type { ServerTransaction } from '../transaction/server-transaction.ts'
import { clientTransactionKey } from '../transaction/transaction-key.ts'
import type { Destination } from '../transport/transport.ts'
import type { EngineCore } from './engine-core.ts'
import { type RouteEdits, writeForwardedRequest } from './forwarded-request.ts'
import { viaValue } from './invite-sending.ts'
import { loopHash, makeBranch } from './loop-detection.ts'
import { relayedDialogResponse } from './relayed-response.ts'
import { breadthOf } from './request-validation.ts'
import { type ServerSide, writeAnswer } from './server-side.ts'

export interface DialogRequest {
  readonly side: Omit<ServerSide, 'transaction' | 'path' | 'tag'>
  readonly hop: DialogHop
  readonly routes: RouteEdits
  readonly edits: RelayEdits
}

interface Draft {
  readonly bytes: Buffer
  readonly destination: Destination
  readonly branchId: string
}

/** RFC 3261 §16.6 step 10 for a BYE, UPDATE, INFO, PRACK and whatever else comes inside a dialog. */
export function proxyRequest(core: EngineCore, side: ServerSide, request: Omit<DialogRequest, 'side'>): void {
  const draft = draftDialogRequest(core, { ...request, side })
  if (!draft) return answerUnreachable(core, side)
  const relay = new RelayedRequest(core, side, draft.destination, request.edits.responseIdentity)
  const transaction = new ClientTransaction<SipMessage>({
    kind: 'non-invite',
    key: clientTransactionKey(draft.branchId, side.message.method),
    clock: core.clock,
    user: relay,
    sink: relay,
  })
  if (!core.transactions.addClient(transaction)) return relay.onTransportError()
  relay.start(transaction, draft.bytes)
}

/** The request of another, as its client transaction sees it: whom to tell, and the way out. */
class RelayedRequest implements ClientTransactionUser<SipMessage>, RequestSink {
  readonly reliable: boolean
  readonly #core: EngineCore
  readonly #destination: Destination
  readonly #responseIdentity: ResponseIdentity
  readonly #server: ServerTransaction
  /** Needed for an answer of our own, so only until the other side has answered. */
  #side: ServerSide | undefined
  #transaction: ClientTransaction<SipMessage> | undefined
  #tryingTimer: Timer | undefined

  constructor(core: EngineCore, side: ServerSide, destination: Destination, responseIdentity: ResponseIdentity) {
    this.reliable = destination.transport === 'TCP'
    this.#core = core
    this.#side = side
    this.#server = side.transaction
    this.#destination = destination
    this.#responseIdentity = responseIdentity
  }

  /**
   * RFC 4320 §4.1: over UDP a 100 MUST NOT come before Timer E has reached T2; over any transport it MUST come if there
   * is no answer then.
   */
  start(transaction: ClientTransaction<SipMessage>, bytes: Buffer): void {
    this.#transaction = transaction
    this.#tryingTimer = this.#core.clock.after(NON_INVITE_TRYING_MS, RelayedRequest.#onTryingTimer, this)
    transaction.start(bytes)
  }

  sendRequest(bytes: Buffer): void {
    const onFailure = (error: Error): void => this.#transaction?.transportError(error)
    this.#core.outbound.send(bytes, this.#destination, { onFailure })
  }

  onResponse(_transaction: ClientTransaction<SipMessage>, status: number, response: SipMessage): void {
    // RFC 4320 §4.1: no provisional response but our own 100 goes to a non-INVITE.
    if (status < 200) return
    this.#server.respond(status, relayedDialogResponse(response, this.#responseIdentity))
    this.#forget()
  }

  /** RFC 4320 §4.2: no 408, because the peer has given up by itself. */
  onTimeout(): void {
    this.#server.destroy()
    this.#forget()
  }

  onTransportError(): void {
    if (this.#side) answerUnreachable(this.#core, this.#side)
    this.#forget()
  }

  onTerminated(transaction: ClientTransaction<SipMessage>): void {
    this.#core.transactions.removeClient(transaction)
  }

  static readonly #onTryingTimer = (relay: RelayedRequest): void => {
    if (relay.#side && relay.#server.state === 'Trying') {
      answer(relay.#core, relay.#side, { status: 100, reason: 'Trying' })
    }
  }

  #forget(): void {
    if (this.#tryingTimer) this.#core.clock.cancel(this.#tryingTimer)
    this.#tryingTimer = undefined
    this.#side = undefined
  }
}

/** RFC 3261 §13.2.2.4: the ACK to a 2xx is a request of its own, without a transaction; it is never answered. */
export function relayAck(core: EngineCore, request: DialogRequest): void {
  const draft = draftDialogRequest(core, request)
  const lost = (error: Error): void =>
    core.application.onEvent({ type: 'fault', code: 'ack-not-sent', message: error.message })
  if (draft) core.outbound.send(draft.bytes, draft.destination, { onFailure: lost })
}

/** RFC 3263 §4.1: a hop that names no transport is UDP, and TCP for what is too large for it (RFC 3261 §18.1.1). */
function draftDialogRequest(core: EngineCore, request: DialogRequest): Draft | undefined {
  const { transport } = request.hop
  if (transport !== undefined) return draftOver(transport, core, request)
  const datagram = draftOver('UDP', core, request)
  const tooLarge = datagram === undefined || datagram.bytes.length > MAX_DATAGRAM_REQUEST_BYTES
  return tooLarge ? (draftOver('TCP', core, request) ?? datagram) : datagram
}

function draftOver(transport: TransportName, core: EngineCore, request: DialogRequest): Draft | undefined {
  const { side, hop, routes, edits } = request
  const { method } = side.message
  const outgoing = core.outbound.endpointFor(transport, hop.address)
  if (!outgoing) return undefined
  const branchId = makeBranch(core.random.token(), loopHash(side.message, core.application.headersRead()))
  const bytes = writeForwardedRequest({
    message: side.message,
    facts: side.facts,
    viaSource: side.viaSource,
    via: viaValue(core, outgoing, branchId),
    requestUri: routes.requestUri,
    recordRoute: '',
    routes,
    setHeaders: edits.setHeaders,
    removeHeaders: edits.removeHeaders,
    maxBreadth: method === 'ACK' ? undefined : (breadthOf(side.message) ?? MAX_BREADTH),
    stream: transport === 'TCP',
  })
  return { bytes, destination: { transport, address: hop.address, port: hop.port }, branchId }
}

function answer(core: EngineCore, side: ServerSide, own: Answer): void {
  side.transaction.respond(own.status, writeAnswer(side, own, core.names.warningAgent))
}

/** RFC 3261 §16.9: a request that cannot be sent counts as a 503, which goes up as 500 (§16.7 step 6). */
function answerUnreachable(core: EngineCore, side: ServerSide): void {
  answer(core, side, { status: 500, reason: 'Next Hop Unreachable' })
}
