/**
 * The cookie in our Record-Route. With it, any pod can route an in-dialog request, and no sender can use us as an open relay.
 * The cookie says which side sends with it, where requests of that side may go, and which rule decided the call. A MAC (a keyed
 * hash) of 96 bits binds the cookie to the Call-ID and the caller's tag. `dialog-route.ts` decides whether a genuine cookie is
 * valid for the request that has it.
 */
import { hash, timingSafeEqual } from 'node:crypto'
import { fromWords, type IpAddress } from '../../../address/ip-address.ts'
import { MIN_COOKIE_KEY_BYTES } from '../../../files/limits.ts'
import { MAX_DIALOG_DATA_BYTES } from '../../limits.ts'
import type { DialogCookie, DialogHop, TransportName } from '../../port/engine.ts'

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
const BLOCK_BYTES = 64
/** The payload has one to three hops, then the dialog data. */
const MAX_PAYLOAD_BYTES = HEADER_BYTES + 3 * MAX_HOP_BYTES + MAX_DIALOG_DATA_BYTES
/**
 * The most characters of the text with Call-ID and tag. A longer text is replaced by its hash; in practice, nobody sends such a
 * text.
 */
const MAX_BOUND_LENGTH = 1024
/**
 * The buffer in which the key, the payload, the Call-ID and the caller's tag are joined for hashing. Its content is used only
 * during one call of `seal` or `open`.
 */
const SCRATCH = Buffer.alloc(BLOCK_BYTES + MAX_PAYLOAD_BYTES + MAX_BOUND_LENGTH)
const TRANSPORTS: readonly (TransportName | undefined)[] = [undefined, 'UDP', 'TCP']

/**
 * Cookies are sealed with the first key and opened with any key, so that keys can be rotated and no call is lost. Keys of fewer
 * than `MIN_COOKIE_KEY_BYTES` are refused: if a sender could guess a key, it could use the pods as an open relay.
 */
export function createCookieSealer(keys: readonly Buffer[]): CookieSealer {
  let macKeys = keys.map(keyBlock)
  let current = currentOf(macKeys)
  return {
    setKeys: (replacements) => {
      const next = replacements.map(keyBlock)
      current = currentOf(next)
      macKeys = next
    },
    seal: (cookie, dialog) => {
      const end = encode(cookie)
      macOf(current, end, dialog).copy(SCRATCH, end, 0, MAC_BYTES)
      return SCRATCH.toString('base64url', BLOCK_BYTES, end + MAC_BYTES)
    },
    open: (text, tags) => {
      const bytes = Buffer.from(text, 'base64url')
      const length = bytes.length - MAC_BYTES
      if (length < HEADER_BYTES + MIN_HOP_BYTES || length > MAX_PAYLOAD_BYTES) return undefined
      const payload = bytes.subarray(0, length)
      const signature = bytes.subarray(length)
      const callerTag = (isFromBackend(payload) ? tags.toTag : tags.fromTag) ?? ''
      const dialog = { callId: tags.callId, callerTag }
      const end = BLOCK_BYTES + payload.copy(SCRATCH, BLOCK_BYTES)
      const genuine = macKeys.some((key) => timingSafeEqual(macOf(key, end, dialog).subarray(0, MAC_BYTES), signature))
      return genuine ? decode(payload) : undefined
    },
  }
}

function currentOf([current]: readonly Buffer[]): Buffer {
  if (!current) throw new RangeError('a cookie sealer needs at least one key')
  return current
}

function keyBlock(key: Buffer): Buffer {
  if (key.length < MIN_COOKIE_KEY_BYTES) {
    throw new RangeError(`a cookie key needs at least ${MIN_COOKIE_KEY_BYTES} bytes`)
  }
  const block = Buffer.alloc(BLOCK_BYTES)
  const short = key.length > BLOCK_BYTES ? hash('sha256', key, 'buffer') : key
  short.copy(block)
  return block
}

/**
 * The MAC of the payload that ends at `end`: SHA-256 over the key and the text, of which 96 of 256 bits are used. To append
 * text (length extension), an attacker would need the other bits, so the second pass of HMAC (RFC 2104) is not needed. The text
 * contains the lengths of its parts, so that no part can be read as another. One call of `hash` is several times as fast as an
 * Hmac object.
 */
function macOf(key: Buffer, end: number, dialog: DialogKey): Buffer {
  key.copy(SCRATCH)
  const text = `${end - BLOCK_BYTES}:${dialog.callId.length}:${dialog.callId}${dialog.callerTag}`
  const bound = text.length > MAX_BOUND_LENGTH ? `#${hash('sha256', text)}` : text
  return hash('sha256', SCRATCH.subarray(0, end + SCRATCH.write(bound, end, 'latin1')), 'buffer')
}

/** Writes the payload into the scratch buffer, after the key. Returns the position after the payload's last byte. */
function encode(cookie: DialogCookie): number {
  const { signedTarget, routeTarget, pod, dialogData } = cookie
  let at = SCRATCH.writeUInt8((routeTarget ? TWO_HOPS_VERSION : VERSION) | (pod ? POD_FLAG : 0), BLOCK_BYTES)
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

function decode(payload: Buffer): DialogCookie | undefined {
  const version = (payload[0] ?? 0) & ~POD_FLAG
  const hasPod = payload[0] !== version
  if (version !== VERSION && version !== TWO_HOPS_VERSION) return undefined
  const hops: DialogHop[] = []
  let at = HEADER_BYTES
  for (let left = version + (hasPod ? 1 : 0); left > 0; left--) {
    const next = decodeHop(payload, at)
    if (!next) return undefined
    hops.push(next.hop)
    at = next.end
  }
  const pod = hasPod ? hops.pop() : undefined
  const [signedTarget, routeTarget] = hops
  if (!signedTarget) return undefined
  return {
    ...sideOf(payload[1] ?? 0),
    signedTarget,
    ...(routeTarget && { routeTarget }),
    ...(pod && { pod }),
    dialogData: payload.toString('utf8', at),
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

function sideOf(bits: number): Pick<DialogCookie, 'from' | 'untagged' | 'callerTarget'> {
  if ((bits & FROM_BACKEND) === 0)
    return (bits & UNTAGGED) === 0 ? { from: 'caller' } : { from: 'caller', untagged: true }
  if ((bits & SOURCE) !== 0) return { from: 'backend', callerTarget: 'source' }
  return (bits & PUBLIC_CONTACT) === 0 ? { from: 'backend' } : { from: 'backend', callerTarget: 'public-contact' }
}

function decodeHop(payload: Buffer, at: number): { readonly hop: DialogHop; readonly end: number } | undefined {
  const end = at + 4 + (payload[at] === 4 ? 4 : 16)
  if (payload.length < end) return undefined
  const address = addressOf(payload.subarray(at + 4, end))
  return { hop: { address, port: payload.readUInt16BE(at + 2), transport: TRANSPORTS[payload[at + 1] ?? 0] }, end }
}

function addressOf(bytes: Buffer): IpAddress {
  if (bytes.length === 4) return fromWords([0, 0, 0xffff, bytes.readUInt32BE(0)])
  return fromWords([bytes.readUInt32BE(0), bytes.readUInt32BE(4), bytes.readUInt32BE(8), bytes.readUInt32BE(12)])
}
