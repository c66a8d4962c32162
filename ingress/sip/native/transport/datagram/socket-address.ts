/** Socket addresses as the kernel has them in memory: `struct sockaddr_in` and `struct sockaddr_in6` of Linux. */
import { fromWords, type IpAddress } from '../../../../address/ip-address.ts'
import { MAX_CACHED_SOURCE_ADDRESSES } from '../../../limits.ts'
import type { DatagramAddress } from './datagram-sockets.ts'
import { AF_INET, AF_INET6 } from './system-calls.ts'

/** Bytes of `struct sockaddr_in6`, the larger of the two structures. */
export const SOCKET_ADDRESS_BYTES = 28
const V4_BYTES = 16

/** Writes the address at `at` and returns its length. */
export function writeSocketAddress(into: Buffer, at: number, { address, port }: DatagramAddress): number {
  into.fill(0, at, at + SOCKET_ADDRESS_BYTES)
  into.writeUInt16BE(port, at + 2)
  if (address.family === 4) {
    into.writeUInt16LE(AF_INET, at)
    into.writeUInt32BE(address.words[3], at + 4)
    return V4_BYTES
  }
  into.writeUInt16LE(AF_INET6, at)
  for (let word = 0; word < 4; word++) into.writeUInt32BE(address.words[word] ?? 0, at + 8 + word * 4)
  return SOCKET_ADDRESS_BYTES
}

/** Reads the sources of datagrams. */
export interface SocketAddressReader {
  /** The address at `at`. Undefined if it is of neither family. */
  read(from: Buffer, at: number): DatagramAddress | undefined
}

/**
 * Most datagrams come from few places. Their addresses are kept in a table, so that no object is made for each datagram. The
 * table has a fixed number of places. A new address takes the place of an old one.
 */
export function createSocketAddressReader(): SocketAddressReader {
  const known: (DatagramAddress | undefined)[] = Array.from({ length: MAX_CACHED_SOURCE_ADDRESSES })
  return {
    read: (from, at) => {
      const family = from.readUInt16LE(at)
      if (family !== AF_INET && family !== AF_INET6) return undefined
      const place = placeOf(from, at, family)
      const found = known[place]
      if (found !== undefined && isSame(found, from, at, family)) return found
      const address = readAddress(from, at, family)
      known[place] = address
      return address
    },
  }
}

function placeOf(from: Buffer, at: number, family: number): number {
  const last = family === AF_INET ? from.readUInt32LE(at + 4) : from.readUInt32LE(at + 20) ^ from.readUInt32LE(at + 12)
  // The factor is that of Knuth's multiplicative hash. It spreads neighbouring addresses over the whole table.
  return (Math.imul(last ^ from.readUInt16LE(at + 2), 0x9e3779b1) >>> 0) % MAX_CACHED_SOURCE_ADDRESSES
}

function isSame(known: DatagramAddress, from: Buffer, at: number, family: number): boolean {
  const { words } = known.address
  if (known.port !== from.readUInt16BE(at + 2)) return false
  if (family === AF_INET) return known.address.family === 4 && words[3] === from.readUInt32BE(at + 4)
  return (
    words[3] === from.readUInt32BE(at + 20) &&
    words[2] === from.readUInt32BE(at + 16) &&
    words[1] === from.readUInt32BE(at + 12) &&
    words[0] === from.readUInt32BE(at + 8)
  )
}

function readAddress(from: Buffer, at: number, family: number): DatagramAddress {
  return { address: ipAddressAt(from, at, family), port: from.readUInt16BE(at + 2) }
}

function ipAddressAt(from: Buffer, at: number, family: number): IpAddress {
  if (family === AF_INET) return fromWords([0, 0, 0xffff, from.readUInt32BE(at + 4)])
  const word = (index: number) => from.readUInt32BE(at + 8 + index * 4)
  return fromWords([word(0), word(1), word(2), word(3)])
}
