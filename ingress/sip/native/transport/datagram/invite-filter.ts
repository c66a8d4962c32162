/**
 * A filter in the kernel that lets only a share of the new calls into a socket's buffer. It is a program of classic BPF (Linux
 * Documentation/networking/filter.rst), which needs no privilege. What it drops costs this process nothing.
 */
import {
  FILTER_HASHED_BYTES,
  FILTER_ROUTE_SEARCH_END,
  FILTER_ROUTE_SEARCH_START,
  UDP_HEADER_BYTES,
} from '../../../limits.ts'
import { SO_ATTACH_FILTER, SO_DETACH_FILTER, SO_MEMINFO, SOL_SOCKET, type SystemCalls } from './system-calls.ts'

/** Which new calls are let in. */
export interface InviteShare {
  /** From 0 (none) to 1 (all). */
  readonly share: number
  /**
   * 32 bits. The same seed chooses the same calls again, so a call that was let in stays in if the share grows. If it is secret,
   * no peer can write an INVITE that is surely let in.
   */
  readonly seed: number
}

/** Operation codes of classic BPF: `A` is the accumulator, `k` the constant of the instruction. */
const LOAD_WORD = 0x20
const LOAD_CONSTANT = 0x00
const LOAD_LENGTH = 0x80
const MULTIPLY = 0x24
const SHIFT_RIGHT = 0x74
const XOR_X = 0xac
const COPY_A_TO_X = 0x07
const JUMP_IF_EQUAL = 0x15
const JUMP_IF_NOT_BELOW = 0x35
const RETURN = 0x06

/** Bytes of `struct sock_filter`. */
const INSTRUCTION_BYTES = 8
/** Bytes of `struct sock_fprog`: the number of instructions, and at offset 8 the address of the first one. */
const PROGRAM_BYTES = 16
/** What a filter returns: how many bytes of the packet are kept. */
const KEEP_ALL = 0xffffffff
const DROP = 0

/** The first four bytes of INVITE, and of no other method that is in use. */
const INVI = 0x494e5649
/** A line that begins with `Ro`, at an even offset and at an odd one. Record-Route does not begin so. */
const EVEN_ROUTE = 0x0d0a526f
const ODD_ROUTE = 0x0a526f75

const FIRST_FACTOR = 0x9e3779b1
const SECOND_FACTOR = 0x85ebca6b
const WORDS_END = 2 ** 32

type Instruction = readonly [code: number, k: number, ifTrue?: number, ifFalse?: number]

const keepIf = (code: number, k: number): Instruction[] => [
  [code, k, 0, 1],
  [RETURN, KEEP_ALL],
]
const keepUnless = (code: number, k: number): Instruction[] => [
  [code, k, 1, 0],
  [RETURN, KEEP_ALL],
]

/**
 * The program, as an array of `struct sock_filter`. It keeps every packet that does not begin with INVITE, every short one, every
 * INVITE with a Route header, and the chosen share of the others. RFC 3261 §12.2.1.1: a request of a call that passes us has a
 * Route header. A repeat is the same bytes, so it meets the same fate as the first INVITE.
 */
function inviteFilter({ share, seed }: InviteShare): Buffer {
  const instructions: Instruction[] = [
    [LOAD_LENGTH, 0],
    ...keepUnless(JUMP_IF_NOT_BELOW, UDP_HEADER_BYTES + FILTER_HASHED_BYTES),
    [LOAD_WORD, UDP_HEADER_BYTES],
    ...keepUnless(JUMP_IF_EQUAL, INVI),
    ...hashOfBeginning(seed),
    ...keepUnless(JUMP_IF_NOT_BELOW, Math.min(Math.round(share * WORDS_END), WORDS_END - 1)),
    ...keepWithRoute(),
    [RETURN, DROP],
  ]
  const bytes = Buffer.alloc(instructions.length * INSTRUCTION_BYTES)
  for (const [i, [code, k, ifTrue = 0, ifFalse = 0]] of instructions.entries()) {
    const at = bytes.writeUInt16LE(code, i * INSTRUCTION_BYTES)
    bytes.writeUInt32LE(k >>> 0, bytes.writeUInt8(ifFalse, bytes.writeUInt8(ifTrue, at)))
  }
  return bytes
}

/** The Request-URI and, in most INVITEs, the branch are in the part that is hashed. */
function hashOfBeginning(seed: number): Instruction[] {
  const instructions: Instruction[] = [[LOAD_CONSTANT, seed]]
  for (let at = 0; at < FILTER_HASHED_BYTES; at += 4) {
    instructions.push([MULTIPLY, FIRST_FACTOR], [COPY_A_TO_X, 0], [LOAD_WORD, UDP_HEADER_BYTES + at], [XOR_X, 0])
  }
  // The last words have moved the low bits only. The share is taken from the high bits.
  instructions.push(
    [MULTIPLY, FIRST_FACTOR],
    [COPY_A_TO_X, 0],
    [SHIFT_RIGHT, 15],
    [XOR_X, 0],
    [MULTIPLY, SECOND_FACTOR],
  )
  return instructions
}

/** Classic BPF has no loops. If a packet ends before the search does, the load fails, which drops the packet. */
function keepWithRoute(): Instruction[] {
  const instructions: Instruction[] = []
  for (let at = FILTER_ROUTE_SEARCH_START; at < FILTER_ROUTE_SEARCH_END; at += 2) {
    instructions.push(
      [LOAD_WORD, UDP_HEADER_BYTES + at],
      [JUMP_IF_EQUAL, EVEN_ROUTE, 1, 0],
      ...keepIf(JUMP_IF_EQUAL, ODD_ROUTE),
    )
  }
  return instructions
}

/** Puts the filter before the socket, in the place of one that is there. Returns false if the system does not take it. */
export function attachInviteFilter(calls: SystemCalls, fd: number, share: InviteShare): boolean {
  const instructions = inviteFilter(share)
  const program = Buffer.alloc(PROGRAM_BYTES)
  program.writeUInt16LE(instructions.length / INSTRUCTION_BYTES)
  program.writeBigUInt64LE(BigInt(calls.addressOf(instructions)), 8)
  return calls.setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, program, PROGRAM_BYTES) === 0
}

/** Does nothing if the socket has no filter. */
export function detachInviteFilter(calls: SystemCalls, fd: number): void {
  calls.setsockopt(fd, SOL_SOCKET, SO_DETACH_FILTER, Buffer.alloc(4), 4)
}

/** `SK_MEMINFO_DROPS` of linux/sock_diag.h, and how many numbers of 4 bytes `SO_MEMINFO` gives. */
const DROPS_AT = 8 * 4
const MEMINFO_BYTES = 9 * 4

/** Datagrams that the kernel has dropped at the socket: by a filter, or because its buffer was full. A number of 32 bits. */
export function droppedAtSocket(calls: SystemCalls, fd: number): number {
  const numbers = Buffer.alloc(MEMINFO_BYTES)
  const length = Buffer.alloc(4)
  length.writeInt32LE(MEMINFO_BYTES)
  return calls.getsockopt(fd, SOL_SOCKET, SO_MEMINFO, numbers, length) === 0 ? numbers.readUInt32LE(DROPS_AT) : 0
}
