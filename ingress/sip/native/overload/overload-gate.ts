/**
 * Stands before the dispatch of messages. As long as the process keeps up, each message goes through at once. When more comes
 * than the process can do, requests of existing calls go first, and new INVITEs wait in order. INVITEs that have waited too
 * long are shed: they are refused with 503, or dropped.
 */
import { DROPPED_INVITE_MS } from '../../limits.ts'
import type { EngineCore } from '../engine-core.ts'
import type { MessageDispatch } from '../message-dispatch.ts'
import { reportDrop } from '../received-request.ts'
import type { TransactionKey } from '../transaction/transaction-key.ts'
import type { Flow, Intake } from '../transport/transport.ts'
import { type Admission, createAdmission } from './admission.ts'
import { createInviteIdentities, type InviteIdentities } from './invite-identity.ts'
import {
  LONG_QUEUE_MS,
  MAX_INVITE_WAIT_MS,
  MAX_READING_MS,
  MAX_REFUSAL_WAIT_MS,
  MAX_UNREAD_SLICES,
  REFUSAL_SLICE_MS,
  REFUSALS_BETWEEN_SLICES,
  WAITING_SLICE_MS,
} from './limits.ts'
import { createPacketScan, type PacketScan, scanPacket } from './packet-scan.ts'
import { createShedRequests, type ShedRequests } from './shed-requests.ts'
import { createWaitingRequests, type WaitingRequest, type WaitingRequests } from './waiting-requests.ts'

export interface OverloadGateOptions {
  readonly core: EngineCore
  readonly dispatch: MessageDispatch
  /** Runs the work. The datagrams that the work sends leave together, in batches. */
  readonly together: (work: () => void) => void
  /**
   * Runs the work once, after the event loop has read all sockets. This happens in the current round of the loop or in the next
   * one.
   */
  readonly afterReading: (work: () => void) => void
  /** Lets the kernel drop new calls. Undefined if it cannot. */
  readonly intake: Intake | undefined
  /** Milliseconds of processor time that the process has used. */
  readonly cpuUsed: () => number
}

export interface OverloadGate extends MessageDispatch {
  /** A transport has read as many messages as it reads at once, so more of them probably wait. */
  onFullBatch(): void
  /** Answers all requests that wait. */
  close(): void
}

interface GateState extends OverloadGateOptions {
  readonly scan: PacketScan
  readonly identities: InviteIdentities
  /** New INVITEs and their CANCELs, which will be served in their turn. */
  readonly waiting: WaitingRequests
  /** INVITEs that will be refused, and their CANCELs. */
  readonly refusals: WaitingRequests
  readonly sheds: ShedRequests
  readonly admission: Admission
  /** Whether new INVITEs wait for their turn. */
  isBehind: boolean
  /**
   * Whether each message is examined before the dispatch gets it. This is so while new INVITEs wait, and after that as long as
   * repeats of shed INVITEs may come.
   */
  isWatching: boolean
  /** The time on the clock at which a request was shed last. Repeats may come for `DROPPED_INVITE_MS` after that time. */
  lastShedAt: number
  /** Whether a timer runs after which `isWatching` may become false. */
  isEndTimed: boolean
  /**
   * Whether a transport has read a full batch since `onSocketsRead` ran last. If so, more messages probably wait in the
   * sockets.
   */
  isUnread: boolean
  /** The number of slices (`workSlice`) that ran since the sockets were last found empty. */
  unreadSlices: number
  sliceEndedAt: number
  /** How many INVITEs may be refused before the next slice, without waiting for it. */
  refusalsLeft: number
}

/** A message as a transport hands it over. */
interface ReceivedBytes {
  readonly bytes: Buffer
  readonly offset: number
  readonly length: number
  readonly flow: Flow
}

export function createOverloadGate(options: OverloadGateOptions): OverloadGate {
  const { core, dispatch } = options
  const identities = createInviteIdentities(core.transactions.newKey())
  const state: GateState = {
    ...options,
    scan: createPacketScan(),
    identities,
    waiting: createWaitingRequests(),
    refusals: createWaitingRequests(),
    sheds: createShedRequests(core, identities),
    admission: createAdmission({
      clock: core.clock,
      intake: options.intake,
      isBehind: () => state.isBehind,
      queued: () => state.waiting.count + state.refusals.count,
      cpuUsed: options.cpuUsed,
      onDropped: (datagrams) => core.application.onEvent({ type: 'unread', datagrams }),
    }),
    isBehind: false,
    isWatching: false,
    lastShedAt: Number.NEGATIVE_INFINITY,
    isEndTimed: false,
    isUnread: false,
    unreadSlices: 0,
    sliceEndedAt: 0,
    refusalsLeft: 0,
  }
  return {
    onMessage: (bytes, offset, length, flow) => {
      if (state.isWatching) onWatched(state, { bytes, offset, length, flow })
      else dispatch.onMessage(bytes, offset, length, flow)
    },
    onBrokenStream: (head, fault, flow) => dispatch.onBrokenStream(head, fault, flow),
    onFullBatch: () => {
      state.isUnread = true
      if (!state.isBehind) fallBehind(state)
    },
    close: () => {
      for (const queue of [state.waiting, state.refusals]) forSlice(state, queue, Number.POSITIVE_INFINITY, refuse)
      state.sheds.report()
    },
  }
}

/**
 * Gives a message to the dispatch, or puts it into a queue, or sheds it. A message that cannot be read goes to the dispatch,
 * which refuses it as usual.
 */
function onWatched(state: GateState, message: ReceivedBytes): void {
  const { scan, core } = state
  const { bytes, offset, length, flow } = message
  switch (scanPacket(scan, bytes, offset, length)) {
    case 'begun':
      return pass(state, message)
    case 'new-invite':
      return onNewInvite(state, message)
    case 'cancel':
      return onCancel(state, message)
    case 'ack':
      return onAck(state, message)
    case 'outside':
      return state.isBehind && !core.application.isKnown(flow.peer) ? drop(state, flow) : pass(state, message)
  }
}

function onNewInvite(state: GateState, message: ReceivedBytes): void {
  const { scan, core, sheds, waiting, refusals } = state
  const { flow } = message
  const wasShed = sheds.look(scan, flow)
  if (!state.isBehind && !wasShed) {
    state.admission.onHandled()
    return pass(state, message)
  }
  if (!core.application.isKnown(flow.peer)) return drop(state, flow)
  // While the queue is this long, a new INVITE would be shed at its end. To let it wait would cost as much as to serve another.
  const isTooMuch = flow.transport === 'UDP' && isLong(state, waiting)
  if (isTooMuch && state.refusalsLeft <= 0) return leaveToRepeat(state, flow)
  const key = state.identities.keyOf(scan, flow)
  // If a transaction has this key, the INVITE is a repeat, and its transaction answers it. An INVITE without a key is handled
  // in the usual way.
  if (key === undefined || core.transactions.server(key)) return pass(state, message)
  const name = nameOf(key)
  if (waiting.has(name) || refusals.has(name)) return
  if (isTooMuch) return refuseOneOfFew(state, message)
  const isLate = state.unreadSlices >= MAX_UNREAD_SLICES
  const queue = wasShed || isLate ? refusals : waiting
  // At the end of a long queue of refusals, it would become too old for a 503, as all that come after it.
  if (queue === refusals && flow.transport === 'UDP' && isLong(state, refusals)) return leaveToRepeat(state, flow)
  if (state.isBehind && queue.add(copyOf(state, message, name))) return flow.hold()
  if (!state.isBehind || flow.transport === 'TCP') refuseNow(state, message)
  else leaveToRepeat(state, flow)
}

/** Whether the INVITE that is next in the queue has waited so long that those that come now will wait too long. */
function isLong({ core }: GateState, queue: WaitingRequests): boolean {
  const first = queue.first()
  return first !== undefined && core.clock.now() - first.arrivedAt > LONG_QUEUE_MS
}

/** Only a few are refused in each slice, because a 503 costs nearly as much as a call that is served. */
function refuseOneOfFew(state: GateState, message: ReceivedBytes): void {
  state.refusalsLeft--
  state.admission.onHandled()
  refuseNow(state, message)
}

function refuseNow(state: GateState, message: ReceivedBytes): void {
  state.lastShedAt = state.core.clock.now()
  if (!state.sheds.refuse(state.lastShedAt)) pass(state, message)
  if (!state.isBehind) state.sheds.report()
}

/**
 * Drops an INVITE that came over UDP. The peer repeats it (RFC 3261 §17.1.1.2), and the repeat may be served. To send a 503
 * costs the system as much as to send any other answer. If every INVITE got a 503, no time would be left for calls.
 */
function leaveToRepeat({ core, admission }: GateState, flow: Flow): void {
  admission.onLeft()
  reportDrop(core, flow, { reason: 'over_limit', method: 'INVITE' })
}

/** RFC 3261 §17.1.1.3: the ACK to our 503 ends here. */
function onAck(state: GateState, message: ReceivedBytes): void {
  state.sheds.look(state.scan, message.flow)
  if (!state.sheds.isEnded()) pass(state, message)
}

/**
 * RFC 3261 §9.2: a CANCEL has an effect only after its INVITE was handled. So the CANCEL waits behind its INVITE, in the same
 * queue.
 */
function onCancel(state: GateState, message: ReceivedBytes): void {
  const { scan, waiting, refusals } = state
  const isNone = waiting.count === 0 && refusals.count === 0
  const inviteKey = isNone ? undefined : state.identities.keyOf(scan, message.flow)
  const invite = inviteKey && nameOf(inviteKey)
  const queue = invite !== undefined && [waiting, refusals].find((one) => one.has(invite))
  if (!queue) return pass(state, message)
  const key = `${CANCEL_OF}${invite}`
  if (!queue.has(key) && queue.add(copyOf(state, message, key))) message.flow.hold()
}

/** The bytes of a key as text, by which a request is found among those that wait. */
function nameOf({ bytes, length }: TransactionKey): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, length).toString('latin1')
}

/** The key of a CANCEL that waits is this text and the key of its INVITE. */
const CANCEL_OF = 'CANCEL '

function pass({ dispatch }: GateState, { bytes, offset, length, flow }: ReceivedBytes): void {
  dispatch.onMessage(bytes, offset, length, flow)
}

/**
 * Makes a copy of the message for a queue. The calling code must hold the flow while the copy waits, so that a stream stays
 * open for the answer.
 */
function copyOf({ core }: GateState, message: ReceivedBytes, key: string): WaitingRequest {
  const { offset, length, flow } = message
  const bytes = Buffer.allocUnsafe(length)
  message.bytes.copy(bytes, 0, offset, offset + length)
  return { bytes, flow, key, arrivedAt: core.clock.now() }
}

function drop(state: GateState, flow: Flow): void {
  state.lastShedAt = state.core.clock.now()
  state.sheds.look(state.scan, flow)
  state.sheds.drop()
}

function fallBehind(state: GateState): void {
  state.isBehind = true
  state.isWatching = true
  state.unreadSlices = 0
  state.sliceEndedAt = state.core.clock.now()
  state.afterReading(() => onSocketsRead(state))
}

/**
 * While the sockets are not empty, lets the event loop read again, for at most `MAX_READING_MS`. Then works for one slice on
 * the requests that wait.
 */
function onSocketsRead(state: GateState): void {
  const { core, waiting, refusals } = state
  const again = () => state.afterReading(() => onSocketsRead(state))
  const isUnread = state.isUnread
  state.isUnread = false
  if (isUnread && core.clock.now() - state.sliceEndedAt < MAX_READING_MS) return again()
  state.unreadSlices = isUnread ? state.unreadSlices + 1 : 0
  state.together(() => workSlice(state))
  state.sheds.report()
  state.sliceEndedAt = core.clock.now()
  if (isUnread || waiting.count > 0 || refusals.count > 0) return again()
  state.isBehind = false
  if (!state.isEndTimed) watchOn(state)
}

/**
 * Serves requests that have not waited too long, for at most `WAITING_SLICE_MS`. Then refuses requests that have waited too
 * long, for at most `REFUSAL_SLICE_MS`.
 */
function workSlice(state: GateState): void {
  const { waiting, refusals } = state
  state.refusalsLeft = REFUSALS_BETWEEN_SLICES
  sortOutOld(state)
  forSlice(state, waiting, WAITING_SLICE_MS, serve)
  forSlice(state, refusals, REFUSAL_SLICE_MS, refuse)
}

/**
 * Moves the requests that have waited too long from `waiting` to `refusals`. The oldest request is always first. If `refusals`
 * is full, a request over UDP is dropped, and a request over TCP stays in `waiting`.
 */
function sortOutOld(state: GateState): void {
  const { core, waiting, refusals } = state
  const tooOld = core.clock.now() - MAX_INVITE_WAIT_MS
  for (let first = waiting.first(); first && first.arrivedAt < tooOld; first = waiting.first()) {
    if (!refusals.add(first)) {
      if (first.flow.transport === 'TCP') return
      leaveToRepeat(state, first.flow)
    }
    waiting.removeFirst()
  }
}

/** Works on the requests of a queue in their order. A fault of one request does not stop the others. */
function forSlice(
  state: GateState,
  queue: WaitingRequests,
  milliseconds: number,
  work: (state: GateState, request: WaitingRequest) => void,
): void {
  const { clock, application } = state.core
  const end = clock.now() + milliseconds
  for (let first = queue.first(); first && clock.now() < end; first = queue.first()) {
    queue.removeFirst()
    try {
      work(state, first)
    } catch (error) {
      const message = `waiting request: ${error instanceof Error ? error.stack : String(error)}`
      application.onEvent({ type: 'fault', code: 'listener-threw', message })
    }
    first.flow.release()
  }
}

/** Gives a request to the dispatch. A CANCEL whose INVITE waits in `refusals` is put behind that INVITE instead. */
function serve(state: GateState, request: WaitingRequest): void {
  const { dispatch, refusals, admission } = state
  const { bytes, flow, key } = request
  const isBehindInvite = key.startsWith(CANCEL_OF) && refusals.has(key.slice(CANCEL_OF.length))
  if (isBehindInvite && refusals.add(request)) flow.hold()
  else {
    admission.onHandled()
    dispatch.onMessage(bytes, 0, bytes.length, flow)
  }
}

/**
 * Refuses a request. An INVITE over UDP that is older than `MAX_REFUSAL_WAIT_MS` is dropped: its peer sends it again after T1,
 * and the repeat is handled instead. A CANCEL goes to the dispatch.
 */
function refuse(state: GateState, { bytes, flow, arrivedAt }: WaitingRequest): void {
  const { core, scan, sheds, dispatch } = state
  const isNew = scanPacket(scan, bytes, 0, bytes.length) === 'new-invite'
  const now = core.clock.now()
  if (isNew && flow.transport === 'UDP' && now - arrivedAt > MAX_REFUSAL_WAIT_MS) return leaveToRepeat(state, flow)
  state.lastShedAt = now
  state.admission.onHandled()
  if (isNew) sheds.look(scan, flow)
  if (!isNew || !sheds.refuse(arrivedAt)) dispatch.onMessage(bytes, 0, bytes.length, flow)
}

/** Stops watching when no repeat of a shed INVITE can come any more. */
function watchOn(state: GateState): void {
  const { clock } = state.core
  const left = state.lastShedAt + DROPPED_INVITE_MS - clock.now()
  state.isEndTimed = left > 0
  if (left > 0) clock.after(left, watchOn, state)
  else state.isWatching = state.isBehind
}
