/**
 * Collects datagrams and sends those of one socket together. All batched sockets share one batch. Outside of a turn, each
 * datagram is sent at once.
 */
import { DATAGRAM_BATCH, DATAGRAM_SEND_SLOT_BYTES, MAX_DATAGRAM_BYTES } from '../../../limits.ts'
import type { DatagramAddress } from './datagram-sockets.ts'
import { createMessageVector, type MessageVector } from './message-vector.ts'
import { type MemoryAddress, MSG_DONTWAIT, type SystemCalls } from './system-calls.ts'

/** The part of a socket that the batch needs. */
export interface BatchSender {
  readonly fd: number
  /** The system has not taken these datagrams, for the reason `code` (`EAGAIN`, `ECONNREFUSED`). The bytes are copies. */
  onUnsent(code: string, datagrams: readonly UnsentDatagram[]): void
}

export interface UnsentDatagram {
  readonly bytes: Buffer
  readonly to: DatagramAddress | undefined
}

export interface SendBatch {
  /**
   * Sends what was collected, if a datagram of `length` bytes does not fit beside it. A socket calls this before `add`: if the
   * system now refuses earlier datagrams of this socket, the new datagram must wait behind them.
   */
  makeRoom(length: number): void
  /** Takes a copy of the bytes. The system gets them at the end of the turn, or at once outside of a turn. */
  add(sender: BatchSender, bytes: Uint8Array, to: DatagramAddress | undefined): void
  /** Sends everything that was collected. A socket calls this before it closes. */
  flush(): void
  /** Collects everything that is added during `work`, and sends it afterwards. */
  turn(work: () => void): void
}

interface BatchState {
  readonly calls: SystemCalls
  readonly vector: MessageVector
  readonly slots: Buffer
  readonly slotsAddress: MemoryAddress
  readonly senders: (BatchSender | undefined)[]
  readonly lengths: number[]
  readonly targets: (DatagramAddress | undefined)[]
  /** For each message in the vector, the number of its slot. */
  readonly order: number[]
  used: number
  inTurn: boolean
}

/** Errors after which the system takes no datagram of this socket now. Any other error concerns one datagram only. */
const CONCERNS_ALL: ReadonlySet<string> = new Set(['EAGAIN', 'ENOSYS', 'EBADF', 'EFAULT', 'ENOTSOCK'])

export function createSendBatch(calls: SystemCalls): SendBatch {
  const slots = Buffer.from(new ArrayBuffer(DATAGRAM_BATCH * DATAGRAM_SEND_SLOT_BYTES + MAX_DATAGRAM_BYTES))
  const state: BatchState = {
    calls,
    vector: createMessageVector(calls, DATAGRAM_BATCH),
    slots,
    slotsAddress: calls.addressOf(slots),
    senders: [],
    lengths: [],
    targets: [],
    order: [],
    used: 0,
    inTurn: false,
  }
  return {
    makeRoom: (length) => {
      if (length > DATAGRAM_SEND_SLOT_BYTES || state.used === DATAGRAM_BATCH) flush(state)
    },
    add: (sender, bytes, to) => {
      const isLarge = bytes.length > DATAGRAM_SEND_SLOT_BYTES
      // A large datagram is put into the last slot, because the memory after that slot has room for the largest datagram. It is
      // sent at once.
      const slot = isLarge ? DATAGRAM_BATCH - 1 : state.used
      put(state, slot, { sender, bytes, to })
      if (isLarge || !state.inTurn) flush(state)
    },
    flush: () => flush(state),
    turn: (work) => {
      state.inTurn = true
      try {
        work()
      } finally {
        state.inTurn = false
        flush(state)
      }
    },
  }
}

interface Datagram {
  readonly sender: BatchSender
  readonly bytes: Uint8Array
  readonly to: DatagramAddress | undefined
}

function put(state: BatchState, slot: number, { sender, bytes, to }: Datagram): void {
  state.slots.set(bytes, slot * DATAGRAM_SEND_SLOT_BYTES)
  state.senders[slot] = sender
  state.lengths[slot] = bytes.length
  state.targets[slot] = to
  state.used = slot + 1
}

/**
 * Sends all slots, socket by socket. Failures are reported after all slots are free, because a socket may send again when it
 * gets the report.
 */
function flush(state: BatchState): void {
  let failures: Failure[] | undefined
  const { used } = state
  for (let slot = 0; slot < used; slot++) {
    const sender = state.senders[slot]
    if (sender === undefined) continue
    const failed = sendAllOf(state, sender, collect(state, sender, slot))
    if (failed !== undefined) failures = [...(failures ?? []), ...failed]
  }
  state.used = 0
  for (const { sender, code, datagrams } of failures ?? []) sender.onUnsent(code, datagrams)
}

interface Failure {
  readonly sender: BatchSender
  readonly code: string
  readonly datagrams: readonly UnsentDatagram[]
}

/** Puts the messages of one socket into the vector, in order, and returns how many they are. */
function collect(state: BatchState, sender: BatchSender, from: number): number {
  const { vector, senders, lengths, targets, order, used, slotsAddress } = state
  let count = 0
  for (let slot = from; slot < used; slot++) {
    if (senders[slot] !== sender) continue
    vector.setBytes(count, slotsAddress + slot * DATAGRAM_SEND_SLOT_BYTES, lengths[slot] ?? 0)
    vector.setName(count, targets[slot])
    senders[slot] = undefined
    order[count] = slot
    count++
  }
  return count
}

/** The system may take only some of the messages. If it takes none, the error is about the first of them. */
function sendAllOf(state: BatchState, sender: BatchSender, count: number): Failure[] | undefined {
  const { calls, vector } = state
  let failures: Failure[] | undefined
  for (let sent = 0; sent < count; ) {
    const taken = calls.sendmmsg(sender.fd, vector.addressOf(sent), count - sent, MSG_DONTWAIT)
    if (taken > 0) {
      sent += taken
      continue
    }
    const code = calls.errorCode()
    if (code === 'EINTR') continue
    const until = CONCERNS_ALL.has(code) ? count : sent + 1
    failures = [...(failures ?? []), { sender, code, datagrams: copies(state, sent, until) }]
    sent = until
  }
  return failures
}

function copies(state: BatchState, from: number, until: number): UnsentDatagram[] {
  const { order, slots, lengths, targets } = state
  return order.slice(from, until).map((slot) => {
    const start = slot * DATAGRAM_SEND_SLOT_BYTES
    return { bytes: Buffer.from(slots.subarray(start, start + (lengths[slot] ?? 0))), to: targets[slot] }
  })
}
