/**
 * Packets that are made without a string: each is a Buffer that is written once, and for each call only its changing bytes are
 * written over. The places of these bytes are learned from one call whose packets were made as text.
 */
import type { Buffer as Bytes } from 'node:buffer'
import { callDigits } from '../load/message-template.ts'

/** Digits that name a call in every packet, and the call from which packets are learned: its digits stand nowhere else. */
const CALL_DIGITS = 10
export const LEARNED_CALL = 1_987_654_320

const ZERO = 0x30

/** Bytes that are copied from a packet of the product. */
interface Copy {
  readonly from: number
  readonly to: number
  readonly length: number
}

export interface Packet {
  readonly bytes: Bytes
  /** Where the digits of the call are. */
  readonly callAt: readonly number[]
}

/** A packet with parts of a packet that the product has sent. */
export interface Reply extends Packet {
  /** The length of every source: with another length, the parts would be elsewhere. */
  readonly sourceLength: number
  /** Where a source has the digits of its call. */
  readonly sourceCallAt: number
  readonly copies: readonly Copy[]
}

/** Learns a packet from its text for `LEARNED_CALL`. */
export function learnPacket(text: string): Packet {
  return { bytes: Buffer.from(text, 'latin1'), callAt: offsetsOf(text, callDigits(LEARNED_CALL)) }
}

/** Learns a reply from its text and from the packet that it replies to. `values` are the parts that both of them have. */
export function learnReply(text: string, source: Bytes, values: readonly string[]): Reply {
  const from = source.toString('latin1')
  const copies = values.map((value) => ({ from: from.indexOf(value), to: text.indexOf(value), length: value.length }))
  const lost = copies.findIndex((copy) => copy.from === -1 || copy.to === -1)
  if (lost !== -1) throw new Error(`ENGINE_BENCH_LEARNING: both packets must contain "${values[lost]}"`)
  return { ...learnPacket(text), sourceLength: source.length, sourceCallAt: callIdAt(source), copies }
}

/** Writes the bytes of this call. The Buffer is the same for every call. */
export function packetFor(packet: Packet, call: number): Bytes {
  for (const at of packet.callAt) writeDigits(packet.bytes, at, { value: call, digits: CALL_DIGITS })
  return packet.bytes
}

/** Like `packetFor`, with the parts of the source. Throws if the source is not the expected packet of this call. */
export function replyFor(reply: Reply, source: Bytes | undefined, call: number): Bytes {
  if (source?.length !== reply.sourceLength) throw wrongPacket(source, call)
  checkCall(source, reply.sourceCallAt, call)
  for (const { from, to, length } of reply.copies) source.copy(reply.bytes, to, from, from + length)
  return packetFor(reply, call)
}

/** Where a packet of `LEARNED_CALL` has the digits of its call in the Call-ID. */
export function callIdAt(bytes: Bytes): number {
  const at = bytes.indexOf(`Call-ID: ${callDigits(LEARNED_CALL)}`, 0, 'latin1')
  if (at === -1) throw new Error('ENGINE_BENCH_LEARNING: a packet has no Call-ID of the learned call')
  return at + 'Call-ID: '.length
}

/** Throws unless the packet has the digits of the call at this place. */
export function checkCall(bytes: Bytes | undefined, at: number, call: number): void {
  let rest = call
  for (let i = at + CALL_DIGITS - 1; i >= at; i--) {
    if (bytes?.[i] !== ZERO + (rest % 10)) throw wrongPacket(bytes, call)
    rest = Math.trunc(rest / 10)
  }
}

/** Writes a number with leading zeros. */
export function writeDigits(
  bytes: Bytes,
  at: number,
  { value, digits }: { readonly value: number; readonly digits: number },
): void {
  let rest = value
  for (let i = at + digits - 1; i >= at; i--) {
    bytes[i] = ZERO + (rest % 10)
    rest = Math.trunc(rest / 10)
  }
}

export function offsetsOf(text: string, part: string): number[] {
  const offsets: number[] = []
  for (let at = text.indexOf(part); at !== -1; at = text.indexOf(part, at + 1)) offsets.push(at)
  return offsets
}

function wrongPacket(bytes: Bytes | undefined, call: number): Error {
  const sent = bytes === undefined ? 'nothing' : bytes.toString('latin1')
  return new Error(`ENGINE_BENCH_WRONG_ANSWER: not what call ${call} should get, so there is no figure: ${sent}`)
}
