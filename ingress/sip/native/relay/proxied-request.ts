/**
 * Sends an in-dialog request other than INVITE. Each draft that is tried has its own client transaction (RFC 3261 §16, RFC
 * 4320).
 */
import type { IpAddress } from '../../../address/ip-address.ts'
import type { Timer } from '../../../time/clock.ts'
import { ACK_LOSS_MS, NON_INVITE_TRYING_MS } from '../../limits.ts'
import { parseMessage } from '../../message/parse-message.ts'
import { SipMessage } from '../../message/sip-message.ts'
import { NEXT_HOP_UNREACHABLE, TRYING } from '../../port/answers.ts'
import type { Answer, ResponseIdentity } from '../../port/engine.ts'
import type { EngineCore } from '../engine-core.ts'
import { type ServerSide, writeAnswer } from '../server-side.ts'
import {
  ClientTransaction,
  type ClientTransactionUser,
  type RequestSink,
  type RequestTransaction,
} from '../transaction/client-transaction.ts'
import type { ServerTransaction } from '../transaction/server-transaction.ts'
import type { Flow } from '../transport/transport.ts'
import { type DialogRequest, type Draft, draftDialogRequest, sendDraft } from './dialog-drafts.ts'
import type { ViaSource } from './forwarded-request.ts'
import { relayedDialogResponse } from './relayed-response.ts'

const NO_DRAFTS: readonly Draft[] = []

/**
 * Sends the request to the other side (RFC 3261 §16.6 step 10). This is for BYE, UPDATE, INFO, PRACK and all other in-dialog
 * requests except INVITE and ACK.
 */
export function proxyRequest(core: EngineCore, side: ServerSide, request: RequestToRelay): void {
  const { ways, edits, onOver } = request
  const drafts = draftDialogRequest(core, { side, ways, edits })
  const first = drafts[0]
  if (!first) {
    answerUnreachable(core, side)
    return onOver?.()
  }
  const { responseIdentity } = edits
  new RelayedRequest(core, side, { first, others: othersOf(drafts), responseIdentity, onOver }).start()
}

interface RequestToRelay extends Omit<DialogRequest, 'side'> {
  /**
   * Called once when the request, a BYE, has ended its dialog: it was answered, or nobody answers it (RFC 3261 §15.1.1). A
   * challenge is no end, because the BYE comes again with credentials.
   */
  readonly onOver: (() => void) | undefined
}

/** RFC 3261 §22.1: after these answers, a request is sent again with credentials. */
const CHALLENGES: ReadonlySet<number> = new Set([401, 407])

/** All drafts but the first. Nearly every request has only one. */
function othersOf(drafts: readonly Draft[]): readonly Draft[] {
  return drafts.length > 1 ? drafts.slice(1) : NO_DRAFTS
}

interface RelayedRequestOptions {
  readonly first: Draft
  readonly others: readonly Draft[]
  readonly responseIdentity: ResponseIdentity
  readonly onOver: RequestToRelay['onOver']
}

/**
 * One relayed request. It gets the reports of its client transactions, and sends their bytes. Of the request itself, only the
 * copies that are sent are kept.
 */
class RelayedRequest implements ClientTransactionUser<SipMessage>, RequestSink {
  readonly #core: EngineCore
  readonly #responseIdentity: ResponseIdentity
  readonly #server: ServerTransaction
  readonly #method: string
  readonly #tag: string
  #onOver: RequestToRelay['onOver']
  #draft: Draft
  /** The drafts that are not tried yet. The next one is tried if the current draft cannot be delivered. */
  #others: readonly Draft[]
  /** The flow of the request. Undefined if the request has its answer. */
  #flow: Flow | undefined
  #transaction: ClientTransaction<SipMessage> | undefined
  #tryingTimer: Timer | undefined

  constructor(core: EngineCore, side: ServerSide, { first, others, responseIdentity, onOver }: RelayedRequestOptions) {
    this.#core = core
    this.#responseIdentity = responseIdentity
    this.#server = side.transaction
    this.#method = side.message.method
    this.#tag = side.tag
    this.#onOver = onOver
    this.#draft = first
    this.#others = others
    this.#flow = side.flow
  }

  get reliable(): boolean {
    return this.#draft.destination.transport === 'TCP'
  }

  get address(): IpAddress {
    return this.#draft.destination.address
  }

  /**
   * RFC 4320 §4.1: over UDP, a 100 MUST NOT be sent before Timer E has reached T2. Over every transport, a 100 MUST be sent at
   * that time if the request has no answer yet.
   */
  start(): void {
    this.#tryingTimer = this.#core.clock.after(NON_INVITE_TRYING_MS, RelayedRequest.#onTryingTimer, this)
    // A peer may end its sending direction after its request, and still read the answer. So the connection is kept open.
    this.#flow?.hold()
    this.#send()
  }

  sendRequest(_bytes: Buffer, transaction: RequestTransaction): void {
    sendDraft(this.#core, this.#draft, this.#others.length > 0, transaction)
  }

  onResponse(transaction: ClientTransaction<SipMessage>, status: number, response: SipMessage): void {
    // RFC 4320 §4.1: a non-INVITE request may get only one provisional response, the 100 that we send ourselves. All others end
    // here.
    if (status < 200) return
    this.#server.respond(status, relayedDialogResponse(response, this.#responseIdentity))
    if (CHALLENGES.has(status)) this.#onOver = undefined
    this.#forget()
    // The transaction absorbs repeats for 5 s. Without this, it would keep the copies of the request for as long.
    transaction.passTo(this.#core.transactions.absorber)
  }

  /** RFC 4320 §4.2: a 408 is not sent to a non-INVITE request, because its sender has already stopped waiting. */
  onTimeout(): void {
    this.#server.destroy()
    this.#forget()
  }

  onTransportError(): void {
    const [next] = this.#others
    if (next) {
      this.#draft = next
      this.#others = othersOf(this.#others)
      return this.#send()
    }
    if (this.#flow) this.#answer(NEXT_HOP_UNREACHABLE)
    this.#forget()
  }

  onTerminated(transaction: ClientTransaction<SipMessage>): void {
    this.#core.transactions.removeClient(transaction)
  }

  static readonly #onTryingTimer = (relay: RelayedRequest): void => {
    if (relay.#flow && relay.#server.state === 'Trying') relay.#answer(TRYING)
  }

  /**
   * Each draft has its own transaction. Two drafts may have the same branch parameter, so the old transaction is removed first.
   */
  #send(): void {
    const { transactions, clock } = this.#core
    if (this.#transaction) transactions.removeClient(this.#transaction)
    const transaction = new ClientTransaction<SipMessage>('non-invite', clock, this, this)
    this.#transaction = transaction
    if (transactions.addClient(transaction, this.#draft.branchId, this.#method)) transaction.start(this.#draft.bytes)
    else this.onTransportError()
  }

  /** Gives the sender an answer of our own. It is written as if the other side had sent it, because its copy is all we have. */
  #answer(own: Answer): void {
    const message = messageOf(this.#draft.bytes)
    const answered = { message, viaSource: NO_SOURCE, tag: this.#tag }
    const response = messageOf(writeAnswer(answered, own, this.#core.names.warningAgent))
    this.#server.respond(own.status, relayedDialogResponse(response, this.#responseIdentity))
  }

  #forget(): void {
    this.#flow?.release()
    this.#others = NO_DRAFTS
    if (this.#tryingTimer) this.#core.clock.cancel(this.#tryingTimer)
    this.#tryingTimer = undefined
    this.#flow = undefined
    this.#onOver?.()
    this.#onOver = undefined
  }
}

/** RFC 3261 §13.2.2.4: the ACK to a 2xx is a request of its own and has no transaction. It is never answered. */
export function relayAck(core: EngineCore, request: DialogRequest): void {
  sendFirst(core, draftDialogRequest(core, request))
}

function sendFirst(core: EngineCore, drafts: readonly Draft[]): void {
  const draft = drafts[0]
  if (!draft) return
  const others = othersOf(drafts)
  const sentAt = core.clock.now()
  const onFailure = (error: Error): void => {
    // An ACK gets no answer, so an error that comes later than `ACK_LOSS_MS` says nothing about the ACK. It only means that an
    // idle connection has ended.
    if (core.clock.now() - sentAt > ACK_LOSS_MS) return
    if (others.length > 0) return sendFirst(core, others)
    core.application.onEvent({ type: 'fault', code: 'ack-not-sent', message: error.message })
  }
  sendDraft(core, draft, others.length > 0, { onFailure })
}

/** RFC 3261 §16.9: a request that cannot be sent counts as refused with 503. §16.7 step 6: a 503 is relayed as 500. */
function answerUnreachable(core: EngineCore, side: ServerSide): void {
  const bytes = writeAnswer(side, NEXT_HOP_UNREACHABLE, core.names.warningAgent)
  side.transaction.respond(NEXT_HOP_UNREACHABLE.status, bytes)
}

/** For our own Via in a copy, to which nobody has added anything. */
const NO_SOURCE: ViaSource = { received: undefined, rport: undefined }

/** The index of a message that we have written, so it has no fault. */
function messageOf(bytes: Buffer): SipMessage {
  const message = new SipMessage()
  parseMessage(message, bytes, 0, bytes.length)
  return message
}
