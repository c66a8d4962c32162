/**
 * Receives datagrams in batches. All batched sockets share one batch, because its datagrams are handled before the next batch
 * is received.
 */
import { DATAGRAM_BATCH, DATAGRAM_SLOT_BYTES, MAX_DATAGRAM_BYTES } from '../../../limits.ts'
import type { DatagramReceiver } from './datagram-sockets.ts'
import { createMessageVector } from './message-vector.ts'
import { DATAGRAM_CUT_OFF } from './passing-errors.ts'
import { createSocketAddressReader } from './socket-address.ts'
import { MSG_DONTWAIT, MSG_TRUNC, type SystemCalls } from './system-calls.ts'

export interface ReceiveBatch {
  /** The largest number of datagrams of one batch. */
  readonly size: number
  /**
   * Receives up to `DATAGRAM_BATCH` datagrams and hands each to the receiver. Returns how many came, or -1 if the system
   * refused. Then `errorCode` of the system calls says why.
   */
  receive(fd: number, receiver: DatagramReceiver): number
}

export function createReceiveBatch(calls: SystemCalls): ReceiveBatch {
  const bytes = Buffer.from(new ArrayBuffer(DATAGRAM_BATCH * DATAGRAM_SLOT_BYTES))
  const start = calls.addressOf(bytes)
  const vector = createMessageVector(calls, DATAGRAM_BATCH)
  const sources = createSocketAddressReader()
  for (let slot = 0; slot < DATAGRAM_BATCH; slot++) {
    vector.setBytes(slot, start + slot * DATAGRAM_SLOT_BYTES, DATAGRAM_SLOT_BYTES)
    vector.makeRoom(slot)
  }
  const handOver = (slot: number, receiver: DatagramReceiver): void => {
    const source = sources.read(vector.names, vector.nameAt(slot))
    const length = vector.lengthOf(slot)
    // A packet whose source is not an IP address is dropped, because it cannot be answered.
    if (source === undefined) return
    if ((vector.flagsOf(slot) & MSG_TRUNC) !== 0) receiver.onError(tooLong(length), source)
    else receiver.onDatagram(bytes, slot * DATAGRAM_SLOT_BYTES, length, source)
  }
  return {
    size: DATAGRAM_BATCH,
    receive: (fd, receiver) => {
      const count = calls.recvmmsg(fd, vector.addressOf(0), DATAGRAM_BATCH, MSG_DONTWAIT, 0)
      for (let slot = 0; slot < count; slot++) handOver(slot, receiver)
      for (let slot = 0; slot < count; slot++) vector.makeRoom(slot)
      return count
    },
  }
}

/**
 * The error about a datagram that was longer than its slot. Only a jumbogram can be so long (RFC 2675). `length`: the bytes
 * that fitted into the slot. The system does not say how long the datagram was.
 */
function tooLong(length: number): Error {
  const message = `a datagram was cut off after ${length} bytes: no SIP message may be longer than ${MAX_DATAGRAM_BYTES} bytes`
  return Object.assign(new Error(message), { code: DATAGRAM_CUT_OFF })
}
