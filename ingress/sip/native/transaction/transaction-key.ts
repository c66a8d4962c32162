/**
 * The keys of transactions as bytes. A key is written for each packet into the same memory, so it is valid only until the next
 * key is written there. No string is made.
 */
import type { IpAddress } from '../../../address/ip-address.ts'
import { TRANSACTION_KEY_BYTES } from '../../limits.ts'
import type { RequestFacts, ResponseFacts } from '../../message/request-facts.ts'
import type { SipMessage } from '../../message/sip-message.ts'
import type { Flow } from '../transport/transport.ts'

const SEPARATOR = 0x0a

/** The parts of a request from which its key is made. */
interface KeyedRequest {
  readonly message: SipMessage
  readonly facts: RequestFacts
  readonly flow: Pick<Flow, 'remoteAddress'>
}

export class TransactionKey {
  /** The key is the first `length` bytes. */
  bytes = new Uint8Array(TRANSACTION_KEY_BYTES)
  length = 0
  /** A signed 32-bit hash of the key. Set by `finish`. Different keys may have the same hash. */
  hash = 0

  readonly #seed: number

  constructor(seed: number) {
    this.#seed = seed
  }

  /** Begins a new key. */
  begin(): void {
    this.length = 0
  }

  addByte(byte: number): void {
    if (this.length === this.bytes.length) this.#grow(1)
    this.bytes[this.length++] = byte
  }

  /** Adds latin1 text: one character is one byte. */
  addText(text: string): void {
    const { length } = text
    if (this.length + length > this.bytes.length) this.#grow(length)
    const { bytes, length: at } = this
    for (let i = 0; i < length; i++) bytes[at + i] = text.charCodeAt(i)
    this.length = at + length
  }

  addBytes(from: Uint8Array, start: number, end: number): void {
    const length = end - start
    if (this.length + length > this.bytes.length) this.#grow(length)
    const { bytes, length: at } = this
    for (let i = 0; i < length; i++) bytes[at + i] = from[start + i] ?? 0
    this.length = at + length
  }

  /** Like `addBytes`, with ASCII letters in lower case. */
  addLower(from: Uint8Array, start: number, end: number): void {
    const at = this.length
    this.addBytes(from, start, end)
    const { bytes, length } = this
    for (let i = at; i < length; i++) {
      const byte = bytes[i] ?? 0
      if (byte >= 0x41 && byte <= 0x5a) bytes[i] = byte + 0x20
    }
  }

  addWord(word: number): void {
    if (this.length + 4 > this.bytes.length) this.#grow(4)
    const { bytes, length: at } = this
    bytes[at] = word >>> 24
    bytes[at + 1] = word >>> 16
    bytes[at + 2] = word >>> 8
    bytes[at + 3] = word
    this.length = at + 4
  }

  /**
   * Ends the key: computes its hash and returns the key. The hash is FNV-1a (32 bits), with a last step that spreads the high
   * bits into the low ones.
   */
  finish(): this {
    const { bytes, length } = this
    let hash = this.#seed
    for (let i = 0; i < length; i++) hash = Math.imul(hash ^ (bytes[i] ?? 0), 0x01000193)
    hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
    this.hash = hash ^ (hash >>> 13)
    return this
  }

  #grow(room: number): void {
    const grown = new Uint8Array(2 * (this.length + room))
    grown.set(this.bytes)
    this.bytes = grown
  }
}

/**
 * Writes the key of a request's server transaction (RFC 3261 §17.2.3). An ACK has the key of its INVITE. For a CANCEL, `method`
 * is `CANCEL`, or `INVITE` to find the INVITE that it cancels. The source address is added to what the RFC compares, so that
 * only the peer itself can end or repeat its call.
 */
export function writeServerKey(key: TransactionKey, request: KeyedRequest, method: string): TransactionKey {
  const { message, facts, flow } = request
  const { via } = facts
  const own = method === 'ACK' ? 'INVITE' : method
  key.begin()
  addAddress(key, flow.remoteAddress)
  // RFC 3261 §17.2.3: sent-by is part of the key, because two clients may make the same branch. Upper and lower case in a host
  // name mean the same.
  key.addLower(message.bytes, via.hostStart, via.hostEnd)
  key.addByte(SEPARATOR)
  key.addWord(via.port ?? -1)
  key.addText(own)
  key.addByte(SEPARATOR)
  // RFC 3261 §8.1.1.7: with the magic cookie, the sender promises that its branch is unique. The magic cookie alone is not a
  // branch (RFC 4475 §3.2.1).
  if (facts.hasCookie) key.addBytes(message.bytes, via.branchStart, via.branchEnd)
  else addRfc2543Parts(key, message.requestUri(), facts, own)
  return key.finish()
}

/**
 * Writes the key of an INVITE whose branch has the magic cookie, from the parts of its top Via. `writeServerKey` writes the
 * same bytes. The host is in lower case.
 */
export function writeInviteKey(
  key: TransactionKey,
  sentBy: { readonly host: string; readonly port: number | undefined },
  branch: { readonly bytes: Uint8Array; readonly from: number; readonly to: number },
  source: IpAddress,
): TransactionKey {
  key.begin()
  addAddress(key, source)
  key.addText(sentBy.host)
  key.addByte(SEPARATOR)
  key.addWord(sentBy.port ?? -1)
  key.addText('INVITE')
  key.addByte(SEPARATOR)
  key.addBytes(branch.bytes, branch.from, branch.to)
  return key.finish()
}

function addAddress(key: TransactionKey, { words }: IpAddress): void {
  key.addWord(words[0])
  key.addWord(words[1])
  key.addWord(words[2])
  key.addWord(words[3])
}

/**
 * RFC 3261 §17.2.3: the further parts of the key for a peer whose branch has no magic cookie. For such a peer, the key does not
 * tell whether an ACK belongs to a 2xx. The calling code tells that by the To tag: an ACK has the To tag of the response that
 * it acknowledges. A line break separates the parts, because no value can contain one; it also comes first, because no branch
 * begins with one.
 */
function addRfc2543Parts(key: TransactionKey, requestUri: string, facts: RequestFacts, method: string): void {
  const { callId, fromTag = '', cseq, via } = facts
  // An ACK has a To tag that its INVITE did not have. Both must get the same key, so only the keys of other methods contain the
  // tag.
  const toTag = method === 'INVITE' ? '' : (facts.toTag ?? '')
  key.addText(`\n${cseq}\n${requestUri}\n${callId}\n${fromTag}\n${toTag}\n${via.parameters}`)
}

/**
 * Writes the key of the client transaction to which a response belongs: its branch, and its method in CSeq (RFC 3261 §17.1.3).
 */
export function writeClientKey(key: TransactionKey, response: SipMessage, facts: ResponseFacts): TransactionKey {
  const { branchStart, branchEnd } = facts.via
  key.begin()
  key.addBytes(response.bytes, branchStart, branchStart === -1 ? -1 : branchEnd)
  key.addByte(SEPARATOR)
  key.addText(facts.cseqMethod)
  return key.finish()
}

/** Writes the key of a client transaction from the branch that we made and the method. `writeClientKey` writes the same bytes. */
export function writeOwnKey(key: TransactionKey, branch: string, method: string): TransactionKey {
  key.begin()
  key.addText(branch)
  key.addByte(SEPARATOR)
  key.addText(method)
  return key.finish()
}
