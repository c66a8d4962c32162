/**
 * The cookie in our Record-Route: what lets any pod route a request inside a dialog without state, and what keeps
 * everyone else from using us as a relay. It says who sends with it, where that side's requests may go and to which
 * rule the call belongs, bound to the Call-ID and the caller's tag, under HMAC-SHA256 (RFC 2104, first 96 bits).
 */
import { hash, timingSafeEqual } from 'node:crypto'
import { fromWords, type IpAddress } from '../../address/ip-address.ts'
import type { DialogCookie, DialogHop, TransportName } from '../engine.ts'

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
}

const VERSION = 1
const SIDE_CALLER = 0
const SIDE_BACKEND = 1
const HEADER_BYTES = 4
const MAC_BYTES = 12
const BLOCK_BYTES = 64
/** Version, side, family and transport, port: 6; address: 4 or 16; then the dialog data. */
const MAX_PAYLOAD_BYTES = HEADER_BYTES + 2 + 16 + 320 * 4
const TRANSPORTS: readonly (TransportName | undefined)[] = [undefined, 'UDP', 'TCP']

interface MacKey {
  readonly inner: Buffer
  readonly outer: Buffer
}

/**
 * Seals with the first key and opens with any, so that a key can be rotated without losing a call. Keys of fewer than
 * 16 bytes are refused: the cookie is all that stands between the pods and an open relay.
 */
export function createCookieSealer(keys: readonly Buffer[]): CookieSealer {
  const macKeys = keys.map(macKeyOf)
  const [current] = macKeys
  if (!current) throw new RangeError('a cookie sealer needs at least one key')
  return {
    seal: (cookie, dialog) => {
      const payload = encode(cookie)
      return Buffer.concat([payload, mac(current, payload, dialog)]).toString('base64url')
    },
    open: (text, tags) => {
      const bytes = Buffer.from(text, 'base64url')
      const end = bytes.length - MAC_BYTES
      if (end < HEADER_BYTES + 2 + 4 || end > MAX_PAYLOAD_BYTES) return undefined
      const payload = bytes.subarray(0, end)
      const signature = bytes.subarray(end)
      const callerTag = (payload[1] === SIDE_CALLER ? tags.fromTag : tags.toTag) ?? ''
      const dialog = { callId: tags.callId, callerTag }
      const genuine = macKeys.some((key) => timingSafeEqual(mac(key, payload, dialog), signature))
      return genuine ? decode(payload) : undefined
    },
  }
}

function macKeyOf(key: Buffer): MacKey {
  if (key.length < 16) throw new RangeError('a cookie key needs at least 16 bytes')
  const block = Buffer.alloc(BLOCK_BYTES)
  const short = key.length > BLOCK_BYTES ? hash('sha256', key, 'buffer') : key
  short.copy(block)
  return { inner: block.map((byte) => byte ^ 0x36) as Buffer, outer: block.map((byte) => byte ^ 0x5c) as Buffer }
}

/** One-shot hashes: an Hmac object costs several times as much per call. */
function mac(key: MacKey, payload: Buffer, dialog: DialogKey): Buffer {
  const bound = Buffer.from(`${dialog.callId.length}:${dialog.callId}${dialog.callerTag}`, 'latin1')
  const inner = hash('sha256', Buffer.concat([key.inner, lengthPrefix(payload), payload, bound]), 'buffer')
  return hash('sha256', Buffer.concat([key.outer, inner]), 'buffer').subarray(0, MAC_BYTES)
}

function lengthPrefix(payload: Buffer): Buffer {
  return Buffer.from([payload.length >> 8, payload.length & 255])
}

function encode(cookie: DialogCookie): Buffer {
  const { address, port, transport } = cookie.signedTarget
  const host = addressBytes(address)
  const head = Buffer.from([
    VERSION,
    cookie.from === 'caller' ? SIDE_CALLER : SIDE_BACKEND,
    address.family,
    TRANSPORTS.indexOf(transport),
    port >> 8,
    port & 255,
  ])
  return Buffer.concat([head, host, Buffer.from(cookie.dialogData, 'utf8')])
}

function decode(payload: Buffer): DialogCookie | undefined {
  if (payload[0] !== VERSION) return undefined
  const hostBytes = payload[2] === 4 ? 4 : 16
  const dataAt = HEADER_BYTES + 2 + hostBytes
  if (payload.length < dataAt) return undefined
  const address = addressOf(payload.subarray(HEADER_BYTES + 2, dataAt))
  const signedTarget: DialogHop = {
    address,
    port: payload.readUInt16BE(HEADER_BYTES),
    transport: TRANSPORTS[payload[3] ?? 0],
  }
  return {
    from: payload[1] === SIDE_CALLER ? 'caller' : 'backend',
    signedTarget,
    dialogData: payload.toString('utf8', dataAt),
  }
}

function addressBytes(address: IpAddress): Buffer {
  const bytes = Buffer.alloc(16)
  address.words.forEach((word, i) => {
    bytes.writeUInt32BE(word, 4 * i)
  })
  return address.family === 4 ? bytes.subarray(12) : bytes
}

function addressOf(bytes: Buffer): IpAddress {
  if (bytes.length === 4) return fromWords([0, 0, 0xffff, bytes.readUInt32BE(0)])
  return fromWords([bytes.readUInt32BE(0), bytes.readUInt32BE(4), bytes.readUInt32BE(8), bytes.readUInt32BE(12)])
}
