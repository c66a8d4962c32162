/**
 * An array of `struct mmsghdr` in memory that does not move. Each element points to one `struct iovec` and one socket address.
 * These structures are written once. Later, only the lengths and addresses in them change.
 */
import type { DatagramAddress } from './datagram-sockets.ts'
import { SOCKET_ADDRESS_BYTES, writeSocketAddress } from './socket-address.ts'
import type { MemoryAddress, SystemCalls } from './system-calls.ts'

/** Linux on 64-bit machines: the size of `struct mmsghdr`, and the offsets of its members, in words of 4 bytes. */
const HEADER_WORDS = 16
const NAME = 0
const NAME_LENGTH = 2
const VECTOR = 4
const VECTOR_COUNT = 6
const FLAGS = 12
const MESSAGE_LENGTH = 14
/** Words of `struct iovec`: two for an address and two for a length. */
const VECTOR_WORDS = 4
/** Bytes of room for one socket address: a multiple of 8. */
const NAME_BYTES = 32
const WORD_BYTES = 4
const TWO_TO_32 = 2 ** 32

export interface MessageVector {
  /** Where the header of message `index` is. */
  addressOf(index: number): MemoryAddress
  readonly names: Buffer
  /** Where the address of message `index` is in `names`. */
  nameAt(index: number): number
  /**
   * Gives message `index` room for the address of its sender. The system overwrites the length of this room, so call this
   * before each receive.
   */
  makeRoom(index: number): void
  /** Sets the address to which message `index` is sent. Undefined: it is sent to the peer of a connected socket. */
  setName(index: number, to: DatagramAddress | undefined): void
  setBytes(index: number, address: MemoryAddress, length: number): void
  /** After a receive: the number of bytes that came, and the flags of the message. */
  lengthOf(index: number): number
  flagsOf(index: number): number
}

export function createMessageVector(calls: SystemCalls, count: number): MessageVector {
  const headers = new Uint32Array(new ArrayBuffer(count * HEADER_WORDS * WORD_BYTES))
  const vectors = new Uint32Array(new ArrayBuffer(count * VECTOR_WORDS * WORD_BYTES))
  const names = Buffer.from(new ArrayBuffer(count * NAME_BYTES))
  const address = addressOf(calls, headers)
  const vectorsAddress = addressOf(calls, vectors)
  const namesAddress = calls.addressOf(names)
  const written: (DatagramAddress | undefined)[] = Array.from({ length: count })
  for (let index = 0; index < count; index++) {
    const header = index * HEADER_WORDS
    setAddress(headers, header + VECTOR, vectorsAddress + index * VECTOR_WORDS * WORD_BYTES)
    headers[header + VECTOR_COUNT] = 1
  }
  const point = (index: number, length: number) => {
    const header = index * HEADER_WORDS
    setAddress(headers, header + NAME, length === 0 ? 0 : namesAddress + index * NAME_BYTES)
    headers[header + NAME_LENGTH] = length
  }
  return {
    addressOf: (index) => address + index * HEADER_WORDS * WORD_BYTES,
    names,
    nameAt: (index) => index * NAME_BYTES,
    makeRoom: (index) => point(index, SOCKET_ADDRESS_BYTES),
    setName: (index, to) => {
      // Answers go to few places, and each place is usually the same object. If that object was written here the last time, the
      // address is still there.
      if (to !== undefined && written[index] === to) return
      written[index] = to
      point(index, to === undefined ? 0 : writeSocketAddress(names, index * NAME_BYTES, to))
    },
    setBytes: (index, at, length) => {
      const vector = index * VECTOR_WORDS
      setAddress(vectors, vector, at)
      vectors[vector + 2] = length
    },
    lengthOf: (index) => headers[index * HEADER_WORDS + MESSAGE_LENGTH] ?? 0,
    flagsOf: (index) => headers[index * HEADER_WORDS + FLAGS] ?? 0,
  }
}

function addressOf(calls: SystemCalls, words: Uint32Array<ArrayBuffer>): MemoryAddress {
  return calls.addressOf(new Uint8Array(words.buffer))
}

/** Writes both halves of an address. The low half is first, because the machines are little-endian. */
function setAddress(words: Uint32Array, at: number, address: MemoryAddress): void {
  words[at] = address % TWO_TO_32
  words[at + 1] = Math.floor(address / TWO_TO_32)
}
