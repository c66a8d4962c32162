import { DATAGRAM_SLOT_BYTES } from '../../../../../../../ingress/sip/limits.ts'
import {
  loadSystemCalls,
  type MemoryAddress,
  type SystemCalls,
} from '../../../../../../../ingress/sip/native/transport/datagram/system-calls.ts'

type Call = 'recvmmsg' | 'sendmmsg'

/** Real system calls, some of which fail as if the system had refused. */
export interface FaultyCalls extends SystemCalls {
  /** The next `times` calls of this function fail with the code. */
  fail(call: Call, code: string, times?: number): void
  /** No call of `sendmmsg` takes more than so many datagrams. */
  limit(datagrams: number): void
  /** The next call of `recvmmsg` has room for so many bytes of each datagram only, so that the system cuts off what is longer. */
  shorten(bytes: number): void
  /** The bytes at an address that was asked for with `addressOf`. */
  memoryAt(address: MemoryAddress): Buffer
  /** How many datagrams each call of `sendmmsg` has taken. */
  readonly taken: number[]
}

export async function faultyCalls(): Promise<FaultyCalls> {
  const real = await loadSystemCalls()
  const taken: number[] = []
  let most = Number.POSITIVE_INFINITY
  const { fail, failing, errorCode } = createFaults(real)
  const { addressOf, memoryAt } = recordAddresses(real)
  const { shorten, recvmmsg } = createShortening(real, memoryAt)
  return {
    ...real,
    taken,
    fail,
    errorCode,
    addressOf,
    memoryAt,
    shorten,
    limit: (datagrams) => {
      most = datagrams
    },
    recvmmsg: (...call) => (failing('recvmmsg') ? -1 : recvmmsg(...call)),
    sendmmsg: (...call) => {
      if (failing('sendmmsg')) return -1
      const [fd, messages, count, flags] = call
      const sent = real.sendmmsg(fd, messages, Math.min(count, most), flags)
      taken.push(sent)
      return sent
    },
  }
}

function createFaults(real: SystemCalls) {
  const faults: Record<Call, { code: string; times: number }> = {
    recvmmsg: { code: '', times: 0 },
    sendmmsg: { code: '', times: 0 },
  }
  let lastCode: string | undefined
  return {
    fail: (call: Call, code: string, times = 1) => {
      faults[call] = { code, times }
    },
    /** Whether this call has to fail. Counts it. */
    failing: (call: Call): boolean => {
      const fault = faults[call]
      lastCode = fault.times > 0 ? fault.code : undefined
      if (fault.times > 0) fault.times--
      return lastCode !== undefined
    },
    errorCode: () => lastCode ?? real.errorCode(),
  }
}

function recordAddresses(real: SystemCalls): Pick<FaultyCalls, 'addressOf' | 'memoryAt'> {
  const memories = new Map<MemoryAddress, Buffer>()
  return {
    addressOf: (bytes) => {
      const address = real.addressOf(bytes)
      memories.set(address, Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length))
      return address
    },
    memoryAt: (address) => {
      const memory = memories.get(address)
      if (memory === undefined) throw new Error(`nothing is known to be at ${address}`)
      return memory
    },
  }
}

/** Bytes: where `struct msghdr` has the address of its array of `struct iovec`, the size of an element, and where its length is. */
const VECTOR_OFFSET = 16
const VECTOR_BYTES = 16
const LENGTH_OFFSET = 8

function createShortening(real: SystemCalls, memoryAt: FaultyCalls['memoryAt']) {
  let room: number | undefined
  const setRoom = (slots: Buffer, bytes: number): void => {
    for (let at = 0; at < slots.length; at += VECTOR_BYTES) slots.writeUInt32LE(bytes, at + LENGTH_OFFSET)
  }
  const recvmmsg: SystemCalls['recvmmsg'] = (...call) => {
    if (room === undefined) return real.recvmmsg(...call)
    const slots = memoryAt(Number(memoryAt(call[1]).readBigUInt64LE(VECTOR_OFFSET)))
    setRoom(slots, room)
    room = undefined
    const received = real.recvmmsg(...call)
    setRoom(slots, DATAGRAM_SLOT_BYTES)
    return received
  }
  return {
    recvmmsg,
    shorten: (bytes: number) => {
      room = bytes
    },
  }
}
