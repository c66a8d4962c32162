/**
 * The cookie in our Record-Route: what lets any pod route a request inside a dialog without state, and what keeps
 * everyone else from using us as a relay. It says who sends with it, where that side's requests may go and to which
 * rule the call belongs, bound to the Call-ID and the caller's tag, under a MAC of 96 bits.
 *
 * The MAC is SHA-256 over a block with the key and then the text, cut to 96 of its 256 bits. What is cut off is what an
 * attacker would need to go on hashing from (length extension), so the second pass of HMAC (RFC 2104) is spared; the
 * parts of the text carry their lengths, so that no two of them can be taken for each other.
 */
import { hash, timingSafeEqual } from 'node:crypto'
import { fromWords, type IpAddress } from '../../../address/ip-address.ts'
import { MIN_COOKIE_KEY_BYTES } from '../../../files/limits.ts'
import { MAX_DIALOG_DATA_BYTES } from '../../limits.ts'
import type { DialogCookie, DialogHop, TransportName } from '../../port/engine.ts'

/** What the cookie is bound to: the same for every request of the dialog, from either side and for every fork. */
export interface DialogKey {
  readonly callId: string
  /** The tag of whoever sent the INVITE that made the dialog. */
  readonly callerTag: string
}

/** A request inside a dialog: the caller's tag stands in From or in To, depending on who sends. */
export interface DialogTags {
  readonly callId: string
  readonly fromTag: string | undefined
  readonly toTag: string | undefined
}

export interface CookieSealer {
  seal(cookie: DialogCookie, dialog: DialogKey): string
  /** Undefined unless one of the keys signed exactly this for exactly this dialog. Never throws. */
  open(text: string, tags: DialogTags): DialogCookie | undefined
  /** From now on seals with the first of these and opens with any. Throws on keys that `createCookieSealer` would refuse. */
  setKeys(keys: readonly Buffer[]): void
}

/** With one hop, and with two. */
const VERSION = 1
const TWO_HOPS_VERSION = 2
/** Bits of the byte behind the version: who sends, and one thing more to know of each side. */
const FROM_BACKEND = 1
const UNTAGGED = 2
const PUBLIC_CONTACT = 2
const SOURCE = 4
/** Added to the version where the pod of a connection stands behind the hops. */
const POD_FLAG = 0x10
/** Version and bits. */
const HEADER_BYTES = 2
/** Family, transport and port: 4; address: 4 or 16. */
const MIN_HOP_BYTES = 8
const MAX_HOP_BYTES = 20
const MAC_BYTES = 12
const BLOCK_BYTES = 64
/** One to three hops, then the dialog data. */
const MAX_PAYLOAD_BYTES = HEADER_BYTES + 3 * MAX_HOP_BYTES + MAX_DIALOG_DATA_BYTES
/** Characters of Call-ID and tag that are hashed as they stand; longer ones, which nobody sends, are hashed first. */
const MAX_BOUND_LENGTH = 1024
/** Where key, payload and what it is bound to are put together: nothing in it outlives a call of seal or open. */
const SCRATCH = Buffer.alloc(BLOCK_BYTES + MAX_PAYLOAD_BYTES + MAX_BOUND_LENGTH)
const TRANSPORTS: readonly (TransportName | undefined)[] = [undefined, 'UDP', 'TCP']

/**
 * Seals with the first key and opens with any, so that a key can be rotated without losing a call. Keys of fewer than
 * `MIN_COOKIE_KEY_BYTES` are refused: the cookie is all that stands between the pods and an open relay.
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

/** Of the payload that stands in the scratch up to `end`. One hash in one call: a Hmac object costs several times as much. */
function macOf(key: Buffer, end: number, dialog: DialogKey): Buffer {
  key.copy(SCRATCH)
  const text = `${end - BLOCK_BYTES}:${dialog.callId.length}:${dialog.callId}${dialog.callerTag}`
  const bound = text.length > MAX_BOUND_LENGTH ? `#${hash('sha256', text)}` : text
  return hash('sha256', SCRATCH.subarray(0, end + SCRATCH.write(bound, end, 'latin1')), 'buffer')
}

/** Writes the payload into the scratch, behind the key; answers where it ends. */
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
