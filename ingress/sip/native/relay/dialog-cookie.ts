/**
 * The cookie in our Record-Route. With it, any pod can route an in-dialog request without state, and nobody else can use us as a
 * relay. The cookie contains the side that sends with it, the places to which that side's requests may go, and the rule to which
 * the call belongs. A MAC of 96 bits binds the cookie to the Call-ID and the caller's tag.
 *
 * The MAC is SHA-256 over a block with the key, followed by the text, cut to 96 of its 256 bits. An attacker would need the bits
 * that are cut off to continue the hash (length extension), so the second pass of HMAC (RFC 2104) is not needed. The text
 * contains the lengths of its parts, so that one part cannot be taken for another.
 */
import { hash, timingSafeEqual } from 'node:crypto'
import { fromWords, type IpAddress } from '../../../address/ip-address.ts'
import { MIN_COOKIE_KEY_BYTES } from '../../../files/limits.ts'
import { MAX_DIALOG_DATA_BYTES } from '../../limits.ts'
import type { DialogCookie, DialogHop, TransportName } from '../../port/engine.ts'

/**
 * The cookie is bound to these values. They are the same for every request of the dialog, from either side and in every fork.
 */
export interface DialogKey {
  readonly callId: string
  /** The tag of the caller: the side that sent the first INVITE of the dialog. */
  readonly callerTag: string
}

/** The values of an in-dialog request. The caller's tag is in From or in To, depending on the side that sends. */
export interface DialogTags {
  readonly callId: string
  readonly fromTag: string | undefined
  readonly toTag: string | undefined
}

export interface CookieSealer {
  seal(cookie: DialogCookie, dialog: DialogKey): string
  /** The cookie, if one of the keys has signed exactly this text for exactly this dialog. Otherwise undefined. Never throws. */
  open(text: string, tags: DialogTags): DialogCookie | undefined
  /** Replaces the keys: the first key seals, and every key opens. Throws if `createCookieSealer` would refuse the keys. */
  setKeys(keys: readonly Buffer[]): void
}

/** The versions: a cookie with one hop, and a cookie with two hops. */
const VERSION = 1
const TWO_HOPS_VERSION = 2
/**
 * Bits of the byte after the version: the side that sends, and further facts about that side. The value 2 has another meaning
 * for each side.
 */
const FROM_BACKEND = 1
const UNTAGGED = 2
const PUBLIC_CONTACT = 2
const SOURCE = 4
/** Added to the version if the hops are followed by the pod at which the caller's connection ends. */
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
/** Characters of the text with Call-ID and tag. A longer text, which nobody sends in practice, is replaced by its hash. */
const MAX_BOUND_LENGTH = 1024
/**
 * Buffer in which the key, the payload and the dialog's Call-ID and caller tag are joined for hashing. Its content is used only
 * during one call of `seal` or `open`.
 */
const SCRATCH = Buffer.alloc(BLOCK_BYTES + MAX_PAYLOAD_BYTES + MAX_BOUND_LENGTH)
const TRANSPORTS: readonly (TransportName | undefined)[] = [undefined, 'UDP', 'TCP']

/**
 * The first key seals and every key opens, so that keys can be rotated and no call is lost. Keys of fewer than
 * `MIN_COOKIE_KEY_BYTES` are refused, because only the cookie keeps the pods from being an open relay.
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
 * The MAC of the payload that ends at `end` in the scratch buffer. The MAC is made by one call of `hash`, because a Hmac object
 * costs several times as much.
 */
function macOf(key: Buffer, end: number, dialog: DialogKey): Buffer {
  key.copy(SCRATCH)
  const text = `${end - BLOCK_BYTES}:${dialog.callId.length}:${dialog.callId}${dialog.callerTag}`
  const bound = text.length > MAX_BOUND_LENGTH ? `#${hash('sha256', text)}` : text
  return hash('sha256', SCRATCH.subarray(0, end + SCRATCH.write(bound, end, 'latin1')), 'buffer')
}

/** Writes the payload into the scratch buffer, after the key. Returns the position of its end. */
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
