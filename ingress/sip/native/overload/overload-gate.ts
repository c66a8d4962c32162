/**
 * Stands before the dispatch of messages. As long as the process keeps up, each message goes through at once. When more comes
 * than the process can do, calls that exist go first, new INVITEs wait in order, and those that have waited too long are shed.
 */
import { DROPPED_INVITE_MS, MAX_INVITE_WAIT_MS, MAX_READING_MS, MAX_UNREAD_SLICES, WAITING_SLICE_MS } from '../../limits.ts'
import type { EngineCore } from '../engine-core.ts'
import type { MessageDispatch } from '../message-dispatch.ts'
import { peerOf } from '../received-request.ts'
import type { Flow } from '../transport/transport.ts'
import { createInviteIdentities, type InviteIdentities } from './invite-identity.ts'
import { createPacketScan, type PacketScan, scanPacket } from './packet-scan.ts'
import { createShedRequests, type ShedRequests } from './shed-requests.ts'
import { createWaitingRequests, type WaitingRequest, type WaitingRequests } from './waiting-requests.ts'

export interface OverloadGateOptions {
  readonly core: EngineCore
  readonly dispatch: MessageDispatch
  /** Runs the work, and sends what it sends together. */
  readonly together: (work: () => void) => void
  /** Runs the work once, after the sockets were read in this or the next round of the event loop. */
  readonly afterReading: (work: () => void) => void
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
  readonly waiting: WaitingRequests
  readonly sheds: ShedRequests
  /** Whether new INVITEs wait for their turn. */
  isBehind: boolean
  /** Whether messages are looked at before they go through: while behind, and while repeats of shed INVITEs may come. */
  isWatching: boolean
  /** Repeats of an INVITE that was shed come for some time after this. */
  lastShedAt: number
  /** Whether a timer will end the watching. */
  isEndTimed: boolean
  /** Whether a transport has read a full batch since the last look at the sockets. */
  isUnread: boolean
  /** The number of slices since the sockets were last found empty. */
  unreadSlices: number
  sliceEndedAt: number
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
  const identities = createInviteIdentities()
  const state: GateState = {
    ...options,
    scan: createPacketScan(),
    identities,
    waiting: createWaitingRequests(),
    sheds: createShedRequests(core, identities),
    isBehind: false,
    isWatching: false,
    lastShedAt: Number.NEGATIVE_INFINITY,
    isEndTimed: false,
    isUnread: false,
    unreadSlices: 0,
    sliceEndedAt: 0,
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
      while (state.waiting.count > 0) serveFirst(state, Number.POSITIVE_INFINITY)
      state.sheds.report()
    },
  }
}

/** Lets a message through, or lets it wait, or sheds it. A message that cannot be read goes through: it is refused as usual. */
function onWatched(state: GateState, message: ReceivedBytes): void {
  const { scan, core, sheds } = state
  const { bytes, offset, length, flow } = message
  switch (scanPacket(scan, bytes, offset, length)) {
    case 'begun':
      return pass(state, message)
    case 'new-invite':
      return onNewInvite(state, message)
    case 'cancel':
      return onCancel(state, message)
    case 'ack':
      return sheds.ends(scan, flow) ? undefined : pass(state, message)
    case 'outside':
      return state.isBehind && !core.application.isKnown(peerOf(flow)) ? drop(state, flow) : pass(state, message)
  }
}

function onNewInvite(state: GateState, message: ReceivedBytes): void {
  const { scan, core, sheds, waiting } = state
  const { flow } = message
  const wasShed = sheds.hasShed(scan, flow)
  if (!state.isBehind && !wasShed) return pass(state, message)
  if (!core.application.isKnown(peerOf(flow))) return drop(state, flow)
  const key = state.identities.keyOf(scan, flow)
  // A repeat of an INVITE that was accepted belongs to its transaction, which answers it.
  if (key === undefined || core.transactions.server(key)) return pass(state, message)
  if (waiting.has(key)) return
  const isLate = state.unreadSlices >= MAX_UNREAD_SLICES
  if (!wasShed && !isLate && wait(state, message, key, 'INVITE')) return
  if (!refuse(state, flow, core.clock.now())) pass(state, message)
  if (!state.isBehind) sheds.report()
}

/** RFC 3261 §9.2: a CANCEL has an effect only after its INVITE was handled. */
function onCancel(state: GateState, message: ReceivedBytes): void {
  const { scan, waiting } = state
  const inviteKey = waiting.count > 0 ? state.identities.keyOf(scan, message.flow) : undefined
  if (inviteKey === undefined || !waiting.has(inviteKey)) return pass(state, message)
  const key = `CANCEL ${inviteKey}`
  if (!waiting.has(key)) wait(state, message, key, 'CANCEL')
}

function pass({ dispatch }: GateState, { bytes, offset, length, flow }: ReceivedBytes): void {
  dispatch.onMessage(bytes, offset, length, flow)
}

/** Puts a copy of the request into the queue. A stream is held, so that it stays open for the answer. */
function wait(state: GateState, message: ReceivedBytes, key: string, method: WaitingRequest['method']): boolean {
  const { offset, length, flow } = message
  const bytes = Buffer.allocUnsafe(length)
  message.bytes.copy(bytes, 0, offset, offset + length)
  const isTaken = state.waiting.add({ bytes, flow, key, method, arrivedAt: state.core.clock.now() })
  if (isTaken) flow.hold()
  return isTaken
}

function refuse(state: GateState, flow: Flow, arrivedAt: number): boolean {
  state.lastShedAt = state.core.clock.now()
  return state.sheds.refuse(state.scan, flow, arrivedAt)
}

function drop(state: GateState, flow: Flow): void {
  state.lastShedAt = state.core.clock.now()
  state.sheds.drop(state.scan, flow)
}

function fallBehind(state: GateState): void {
  state.isBehind = true
  state.isWatching = true
  state.unreadSlices = 0
  state.sliceEndedAt = state.core.clock.now()
  state.afterReading(() => onSocketsRead(state))
}

/** Reads on as long as the sockets are not empty, but not for too long. Then serves requests that wait. */
function onSocketsRead(state: GateState): void {
  const { core, waiting } = state
  const again = () => state.afterReading(() => onSocketsRead(state))
  const isUnread = state.isUnread
  state.isUnread = false
  if (isUnread && core.clock.now() - state.sliceEndedAt < MAX_READING_MS) return again()
  state.unreadSlices = isUnread ? state.unreadSlices + 1 : 0
  state.together(() => serveSlice(state))
  state.sheds.report()
  state.sliceEndedAt = core.clock.now()
  if (isUnread || waiting.count > 0) return again()
  state.isBehind = false
  if (!state.isEndTimed) watchOn(state)
}

function serveSlice(state: GateState): void {
  const { core, waiting } = state
  const end = core.clock.now() + WAITING_SLICE_MS
  for (let now = core.clock.now(); waiting.count > 0 && now < end; now = core.clock.now()) serveFirst(state, now)
}

/** Serves the request that came first, or sheds it if it has waited too long. A fault of one request does not stop the others. */
function serveFirst(state: GateState, now: number): void {
  const { core, waiting, dispatch } = state
  const request = waiting.first()
  if (request === undefined) return
  waiting.removeFirst()
  try {
    if (!isShedInTurn(state, request, now)) dispatch.onMessage(request.bytes, 0, request.bytes.length, request.flow)
  } catch (error) {
    const message = `waiting request: ${error instanceof Error ? error.stack : String(error)}`
    core.application.onEvent({ type: 'fault', code: 'listener-threw', message })
  }
  request.flow.release()
}

function isShedInTurn(state: GateState, request: WaitingRequest, now: number): boolean {
  const { bytes, flow, arrivedAt, method } = request
  if (method === 'CANCEL' || now - arrivedAt <= MAX_INVITE_WAIT_MS) return false
  return scanPacket(state.scan, bytes, 0, bytes.length) === 'new-invite' && refuse(state, flow, arrivedAt)
}

/** Stops watching when no repeat of a shed INVITE can come any more. */
function watchOn(state: GateState): void {
  const { clock } = state.core
  const left = state.lastShedAt + DROPPED_INVITE_MS - clock.now()
  state.isEndTimed = left > 0
  if (left > 0) clock.after(left, watchOn, state)
  else state.isWatching = state.isBehind
}
