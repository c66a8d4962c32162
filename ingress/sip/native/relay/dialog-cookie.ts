/**
 * The cookie in our Record-Route. With it, any pod can route an in-dialog request, and no sender can use us as an open relay.
 * The cookie says which side sends with it, where requests of that side may go, and which rule decided the call. A MAC (a keyed
 * hash) of 96 bits binds the cookie to the Call-ID and the caller's tag. `dialog-route.ts` decides whether a genuine cookie is
 * valid for the request that has it.
 */
import { hash } from 'node:crypto'
import { fromWords, type IpAddress, ipv4Address } from '../../../address/ip-address.ts'
import { MIN_COOKIE_KEY_BYTES } from '../../../files/limits.ts'
import { MAX_DIALOG_DATA_BYTES } from '../../limits.ts'
import { COLON } from '../../message/byte-class.ts'
import type { DialogCookie, DialogHop, TransportName } from '../../port/engine.ts'
import { BLOCK_BYTES, hashAfterKey, type KeyState, keyState, PADDING_BYTES } from './keyed-hash.ts'

/**
 * The cookie is bound to these values. They are the same in every request of the dialog, whichever side sends it, and in every
 * fork.
 */
export interface DialogKey {
  readonly callId: string
  /** The tag of the caller: the side that sent the first INVITE of the dialog. */
  readonly callerTag: string
}

/** The values of an in-dialog request. The caller's tag is in From if the caller sends, and in To if the backend sends. */
export interface DialogTags {
  readonly callId: string
  readonly fromTag: string | undefined
  readonly toTag: string | undefined
}

export interface CookieSealer {
  seal(cookie: DialogCookie, dialog: DialogKey): string
  /**
   * The cookie, if one of the keys has signed exactly this text for exactly this dialog. If no key has, undefined. Never
   * throws.
   */
  open(text: string, tags: DialogTags): DialogCookie | undefined
  /**
   * Replaces the keys. New cookies are sealed with the first key; a cookie may be opened with any key. Throws for keys that
   * `createCookieSealer` would refuse.
   */
  setKeys(keys: readonly Buffer[]): void
}

/** The format version tells how many hops the cookie has: one or two. */
const VERSION = 1
const TWO_HOPS_VERSION = 2
/**
 * Bits of the byte after the version: the side that sends, and one more fact about that side. The value 2 means `UNTAGGED` in
 * the caller's cookie and `PUBLIC_CONTACT` in the backend's cookie.
 */
const FROM_BACKEND = 1
const UNTAGGED = 2
const PUBLIC_CONTACT = 2
const SOURCE = 4
/** This bit is set in the version byte if a third hop follows the others: the pod that has the caller's connection. */
const POD_FLAG = 0x10
/** One byte for the version, and one byte for the bits. */
const HEADER_BYTES = 2
/** Family, transport and port take 4 bytes. The address takes 4 or 16 bytes. */
const MIN_HOP_BYTES = 8
const MAX_HOP_BYTES = 20
const MAC_BYTES = 12
/** The MAC consists of the first words of the hash. */
const MAC_WORDS = MAC_BYTES / 4
/** The payload has one to three hops, then the dialog data. */
const MAX_PAYLOAD_BYTES = HEADER_BYTES + 3 * MAX_HOP_BYTES + MAX_DIALOG_DATA_BYTES
/**
 * The most characters of the text with Call-ID and tag. A longer text is replaced by its hash; in practice, nobody sends such a
 * text.
 */
const MAX_BOUND_LENGTH = 1024
const ZERO = 0x30
/**
 * The longest cookie as text: a base64 character has 6 bits. A longer text is not opened. A text of this length may have bytes
 * that are not part of a cookie, so the scratch buffer has room for them.
 */
const MAX_COOKIE_LENGTH = Math.ceil(((MAX_PAYLOAD_BYTES + MAC_BYTES) * 4) / 3)
/**
 * The buffer in which the payload, the Call-ID and the caller's tag are joined for hashing. Its content is used only during one
 * call of `seal` or `open`.
 */
const SCRATCH = Buffer.alloc(MAX_PAYLOAD_BYTES + MAC_BYTES + MAX_BOUND_LENGTH + PADDING_BYTES)
const TRANSPORTS: readonly (TransportName | undefined)[] = [undefined, 'UDP', 'TCP']

/**
 * Cookies are sealed with the first key and opened with any key, so that keys can be rotated and no call is lost. Keys of fewer
 * than `MIN_COOKIE_KEY_BYTES` are refused: if a sender could guess a key, it could use the pods as an open relay.
 */
export function createCookieSealer(keys: readonly Buffer[]): CookieSealer {
  let macKeys = keys.map(macKey)
  let current = currentOf(macKeys)
  return {
    setKeys: (replacements) => {
      const next = replacements.map(macKey)
      current = currentOf(next)
      macKeys = next
    },
    seal: (cookie, dialog) => {
      const end = encode(cookie)
      const mac = hashAfterKey(current, SCRATCH, 0, bind(end, dialog.callId, dialog.callerTag))
      for (let i = 0; i < MAC_WORDS; i++) SCRATCH.writeInt32BE(mac[i] ?? 0, end + 4 * i)
      return SCRATCH.toString('base64url', 0, end + MAC_BYTES)
    },
    open: (text, tags) => {
      if (text.length > MAX_COOKIE_LENGTH) return undefined
      const end = SCRATCH.write(text, 0, 'base64url') - MAC_BYTES
      if (end < HEADER_BYTES + MIN_HOP_BYTES || end > MAX_PAYLOAD_BYTES) return undefined
      return isGenuine(macKeys, end, tags) ? decode(SCRATCH, end) : undefined
    },
  }
}

/** Whether one of the keys has signed the payload in the scratch buffer. Its signature begins at `end`, and is overwritten. */
function isGenuine(keys: readonly KeyState[], end: number, tags: DialogTags): boolean {
  const first = SCRATCH.readInt32BE(end)
  const second = SCRATCH.readInt32BE(end + 4)
  const third = SCRATCH.readInt32BE(end + 8)
  const callerTag = (isFromBackend(SCRATCH) ? tags.toTag : tags.fromTag) ?? ''
  const boundEnd = bind(end, tags.callId, callerTag)
  let genuine = false
  for (let i = 0; i < keys.length; i++) {
    const key = keys[i]
    const mac = key && hashAfterKey(key, SCRATCH, 0, boundEnd)
    // All words are compared in one expression, so that the time does not tell which of them differs.
    if (mac && (((mac[0] ?? 0) ^ first) | ((mac[1] ?? 0) ^ second) | ((mac[2] ?? 0) ^ third)) === 0) genuine = true
  }
  return genuine
}

function currentOf([current]: readonly KeyState[]): KeyState {
  if (!current) throw new RangeError('a cookie sealer needs at least one key')
  return current
}

function macKey(key: Buffer): KeyState {
  if (key.length < MIN_COOKIE_KEY_BYTES) {
    throw new RangeError(`a cookie key needs at least ${MIN_COOKIE_KEY_BYTES} bytes`)
  }
  const block = Buffer.alloc(BLOCK_BYTES)
  const short = key.length > BLOCK_BYTES ? hash('sha256', key, 'buffer') : key
  short.copy(block)
  return keyState(block)
}

/**
 * Writes what the payload is bound to after the payload, which ends at `end`. Returns the end of the bytes of which the MAC is
 * made. The MAC is SHA-256 over the key and these bytes, of which 96 of 256 bits are used. To append text (length extension), an
 * attacker would need the other bits, so the second pass of HMAC (RFC 2104) is not needed. The bytes contain the lengths of their
 * parts, so that no part can be read as another.
 */
function bind(end: number, callId: string, callerTag: string): number {
  const lengthsLength = digitsOf(end) + digitsOf(callId.length) + 2
  if (lengthsLength + callId.length + callerTag.length > MAX_BOUND_LENGTH) {
    const lengths = `${end}:${callId.length}:`
    return writeLatin1(`#${hash('sha256', lengths + callId + callerTag)}`, end)
  }
  const textAt = writeLength(callId.length, writeLength(end, end))
  return writeLatin1(callerTag, writeLatin1(callId, textAt))
}

/** How many decimal digits a whole number has. */
function digitsOf(value: number): number {
  let digits = 1
  for (let rest = value; rest >= 10; rest = (rest / 10) | 0) digits++
  return digits
}

/** Writes a length in decimal, and a colon. No string is made. */
function writeLength(length: number, from: number): number {
  const end = from + digitsOf(length)
  let rest = length
  for (let at = end - 1; at >= from; at--) {
    SCRATCH[at] = ZERO + (rest % 10)
    rest = (rest / 10) | 0
  }
  SCRATCH[end] = COLON
  return end + 1
}

/** A loop, because a call into C++ costs more for so few bytes. */
function writeLatin1(text: string, from: number): number {
  for (let i = 0; i < text.length; i++) SCRATCH[from + i] = text.charCodeAt(i)
  return from + text.length
}

/** Writes the payload into the scratch buffer. Returns the position after the payload's last byte. */
function encode(cookie: DialogCookie): number {
  const { signedTarget, routeTarget, pod, dialogData } = cookie
  let at = SCRATCH.writeUInt8((routeTarget ? TWO_HOPS_VERSION : VERSION) | (pod ? POD_FLAG : 0), 0)
  at = SCRATCH.writeUInt8(bitsOf(cookie), at)
  at = encodeHop(signedTarget, at)
  if (routeTarget) at = encodeHop(routeTarget, at)
  if (pod) at = encodeHop(pod, at)
  return at + SCRATCH.write(dialogData, at, 'utf8')
}

function encodeHop({ address, port, transport }: DialogHop, from: number): number {
  let at = SCRATCH.writeUInt8(address.family, from)
  at = SCRATCH.writeUInt8(TRANSPORTS.indexOf(transport), at)
  at = SCRATCH.writeUInt16BE(port, at)
  for (let i = address.family === 4 ? 3 : 0; i < 4; i++) at = SCRATCH.writeUInt32BE(address.words[i] ?? 0, at)
  return at
}

/** Reads the payload that ends at `end`. Undefined if its format is not known. */
function decode(payload: Buffer, end: number): DialogCookie | undefined {
  const first = payload[0] ?? 0
  const bits = payload[1] ?? 0
  const version = first & ~POD_FLAG
  if (version !== VERSION && version !== TWO_HOPS_VERSION) return undefined
  const hops = HOPS.begin(payload, end)
  const signedTarget = hops.next()
  const routeTarget = version === TWO_HOPS_VERSION ? hops.next() : undefined
  const pod = first === version ? undefined : hops.next()
  if (!signedTarget || hops.failed) return undefined
  const fromBackend = (bits & FROM_BACKEND) !== 0
  return {
    from: fromBackend ? 'backend' : 'caller',
    signedTarget,
    routeTarget,
    callerTarget: fromBackend ? callerTargetOf(bits) : undefined,
    untagged: !fromBackend && (bits & UNTAGGED) !== 0 ? true : undefined,
    pod,
    dialogData: payload.toString('utf8', hops.at, end),
    otherDialogData: undefined,
  }
}

function isFromBackend(payload: Buffer): boolean {
  return ((payload[1] ?? 0) & FROM_BACKEND) !== 0
}

function bitsOf({ from, untagged, callerTarget }: DialogCookie): number {
  if (from === 'caller') return untagged ? UNTAGGED : 0
  if (callerTarget === undefined) return FROM_BACKEND
  return FROM_BACKEND | (callerTarget === 'source' ? SOURCE : PUBLIC_CONTACT)
}

function callerTargetOf(bits: number): DialogCookie['callerTarget'] {
  if ((bits & SOURCE) !== 0) return 'source'
  return (bits & PUBLIC_CONTACT) === 0 ? undefined : 'public-contact'
}

/** Reads one hop after the other. */
class HopReader {
  at = 0
  failed = false
  #payload: Buffer = SCRATCH
  #end = 0

  begin(payload: Buffer, end: number): this {
    this.at = HEADER_BYTES
    this.failed = false
    this.#payload = payload
    this.#end = end
    return this
  }

  /** The next hop. If the payload ends before the end of the hop, undefined, and `failed` is set. */
  next(): DialogHop | undefined {
    const payload = this.#payload
    const { at } = this
    const end = at + 4 + (payload[at] === 4 ? 4 : 16)
    if (this.failed || this.#end < end) {
      this.failed = true
      return undefined
    }
    this.at = end
    return {
      address: addressAt(payload, at + 4, end),
      port: payload.readUInt16BE(at + 2),
      transport: TRANSPORTS[payload[at + 1] ?? 0],
    }
  }
}

/** A cookie is decoded at once, so all share this reader. */
const HOPS = new HopReader()

function addressAt(bytes: Buffer, at: number, end: number): IpAddress {
  if (end - at === 4) return ipv4Address(bytes.readUInt32BE(at))
  return fromWords([
    bytes.readUInt32BE(at),
    bytes.readUInt32BE(at + 4),
    bytes.readUInt32BE(at + 8),
    bytes.readUInt32BE(at + 12),
  ])
}
