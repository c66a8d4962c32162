/**
 * Gives each header name a small number (its id), so that the index of a message needs no string for each header. The names and
 * compact forms come from RFC 3261 §20 and the IANA registry of SIP header fields.
 */
import { tokenLower } from './byte-class.ts'

/** The headers that have a number of their own. Each other header has the number `other` and is found by its name. */
export const HEADER = {
  other: 0,
  via: 1,
  from: 2,
  to: 3,
  callId: 4,
  cseq: 5,
  contact: 6,
  maxForwards: 7,
  route: 8,
  recordRoute: 9,
  contentLength: 10,
  contentType: 11,
  require: 12,
  proxyRequire: 13,
  supported: 14,
  proxyAuthorization: 15,
  authorization: 16,
  wwwAuthenticate: 17,
  proxyAuthenticate: 18,
  timestamp: 19,
  retryAfter: 20,
  reason: 21,
  maxBreadth: 22,
  assertedIdentity: 23,
  preferredIdentity: 24,
  privacy: 25,
  date: 26,
  subject: 27,
  contentEncoding: 28,
  acceptContact: 29,
  referredBy: 30,
  requestDisposition: 31,
  rejectContact: 32,
  identityInfo: 33,
  event: 34,
  referTo: 35,
  allowEvents: 36,
  sessionExpires: 37,
  identity: 38,
  allow: 39,
  accept: 40,
  acceptEncoding: 41,
  acceptLanguage: 42,
  alertInfo: 43,
  callInfo: 44,
  contentLanguage: 45,
  errorInfo: 46,
  inReplyTo: 47,
  unsupported: 48,
  warning: 49,
  path: 50,
  serviceRoute: 51,
  historyInfo: 52,
  diversion: 53,
  associatedUri: 54,
  userToUser: 55,
  featureCaps: 56,
  recvInfo: 57,
  resourcePriority: 58,
  geolocation: 59,
  accessNetworkInfo: 60,
  remotePartyId: 61,
  servedUser: 62,
  chargeInfo: 63,
} as const

/** The number of header ids. They count from 0. */
export const HEADER_IDS = Object.keys(HEADER).length

interface KnownName {
  readonly name: string
  readonly id: number
  /** Whether the grammar defines the header as a comma-separated list (RFC 3261 §7.3.1). */
  readonly list: boolean
}

const LIST_NAMES: readonly (readonly [string, number])[] = [
  ['via', HEADER.via],
  ['v', HEADER.via],
  ['contact', HEADER.contact],
  ['m', HEADER.contact],
  ['route', HEADER.route],
  ['record-route', HEADER.recordRoute],
  ['require', HEADER.require],
  ['proxy-require', HEADER.proxyRequire],
  ['supported', HEADER.supported],
  ['k', HEADER.supported],
  ['reason', HEADER.reason],
  ['p-asserted-identity', HEADER.assertedIdentity],
  ['p-preferred-identity', HEADER.preferredIdentity],
  ['content-encoding', HEADER.contentEncoding],
  ['e', HEADER.contentEncoding],
  ['accept-contact', HEADER.acceptContact],
  ['a', HEADER.acceptContact],
  ['request-disposition', HEADER.requestDisposition],
  ['d', HEADER.requestDisposition],
  ['reject-contact', HEADER.rejectContact],
  ['j', HEADER.rejectContact],
  ['allow-events', HEADER.allowEvents],
  ['u', HEADER.allowEvents],
  ['allow', HEADER.allow],
  ['accept', HEADER.accept],
  ['accept-encoding', HEADER.acceptEncoding],
  ['accept-language', HEADER.acceptLanguage],
  ['alert-info', HEADER.alertInfo],
  ['call-info', HEADER.callInfo],
  ['content-language', HEADER.contentLanguage],
  ['error-info', HEADER.errorInfo],
  ['in-reply-to', HEADER.inReplyTo],
  ['unsupported', HEADER.unsupported],
  ['warning', HEADER.warning],
  ['path', HEADER.path],
  ['service-route', HEADER.serviceRoute],
  ['history-info', HEADER.historyInfo],
  ['diversion', HEADER.diversion],
  ['p-associated-uri', HEADER.associatedUri],
  ['user-to-user', HEADER.userToUser],
  ['feature-caps', HEADER.featureCaps],
  ['recv-info', HEADER.recvInfo],
  ['resource-priority', HEADER.resourcePriority],
  ['geolocation', HEADER.geolocation],
  ['p-access-network-info', HEADER.accessNetworkInfo],
]

const SINGLE_NAMES: readonly (readonly [string, number])[] = [
  ['from', HEADER.from],
  ['f', HEADER.from],
  ['to', HEADER.to],
  ['t', HEADER.to],
  ['call-id', HEADER.callId],
  ['i', HEADER.callId],
  ['cseq', HEADER.cseq],
  ['max-forwards', HEADER.maxForwards],
  ['content-length', HEADER.contentLength],
  ['l', HEADER.contentLength],
  ['content-type', HEADER.contentType],
  ['c', HEADER.contentType],
  ['proxy-authorization', HEADER.proxyAuthorization],
  ['authorization', HEADER.authorization],
  ['www-authenticate', HEADER.wwwAuthenticate],
  ['proxy-authenticate', HEADER.proxyAuthenticate],
  ['timestamp', HEADER.timestamp],
  ['retry-after', HEADER.retryAfter],
  ['max-breadth', HEADER.maxBreadth],
  ['privacy', HEADER.privacy],
  ['date', HEADER.date],
  ['subject', HEADER.subject],
  ['s', HEADER.subject],
  ['referred-by', HEADER.referredBy],
  ['b', HEADER.referredBy],
  ['identity-info', HEADER.identityInfo],
  ['n', HEADER.identityInfo],
  ['event', HEADER.event],
  ['o', HEADER.event],
  ['refer-to', HEADER.referTo],
  ['r', HEADER.referTo],
  ['session-expires', HEADER.sessionExpires],
  ['x', HEADER.sessionExpires],
  ['identity', HEADER.identity],
  ['y', HEADER.identity],
  ['remote-party-id', HEADER.remotePartyId],
  ['p-served-user', HEADER.servedUser],
  ['p-charge-info', HEADER.chargeInfo],
]

/** Headers without their own number that a message may have only once. The RFC that defines such a header says so. */
const ONCE_BY_NAME: ReadonlySet<string> = new Set([
  ...[
    'content-disposition',
    'expires',
    'mime-version',
    'min-expires',
    'organization',
    'priority',
    'reply-to',
    'server',
  ],
  // These headers are defined in RFC 3891, 3911, 4538, 3903, 4028, 3262, 4488, 5373, 5009, 6050 and 7315.
  ...['user-agent', 'replaces', 'join', 'target-dialog', 'sip-etag', 'sip-if-match', 'min-se', 'rack', 'rseq'],
  ...['refer-sub', 'answer-mode', 'priv-answer-mode', 'p-asserted-service', 'p-preferred-service'],
  ...['p-called-party-id', 'p-charging-vector'],
])

/**
 * Headers with their own number that a message may have only once. Authorization, challenges and Identity are missing here:
 * they are not lists, and still a message may have several of them (RFC 8224 §4).
 */
const ONCE: ReadonlySet<number> = new Set([
  ...[HEADER.from, HEADER.to, HEADER.callId, HEADER.cseq, HEADER.maxForwards, HEADER.contentLength],
  ...[HEADER.contentType, HEADER.timestamp, HEADER.retryAfter, HEADER.maxBreadth, HEADER.privacy, HEADER.date],
  ...[HEADER.subject, HEADER.referredBy, HEADER.event, HEADER.referTo, HEADER.sessionExpires],
  ...[HEADER.servedUser, HEADER.chargeInfo],
])

/** The number of slots of the hash table. It is a power of two, and more than three times the number of names. */
const SLOTS = 512

const table: (KnownName | undefined)[] = Array.from({ length: SLOTS })
for (const [name, id] of LIST_NAMES) insert({ name, id, list: true })
for (const [name, id] of SINGLE_NAMES) insert({ name, id, list: false })

/** The long name of each id, in lower case. */
const longNames: (string | undefined)[] = []
for (const [name, id] of [...LIST_NAMES, ...SINGLE_NAMES]) if (name.length > 1) longNames[id] = name

const listIds = new Set(LIST_NAMES.map(([, id]) => id))

/**
 * The id of a header name. The name may be long or compact, in upper or lower case (RFC 3261 §7.3.3). If the name has no number
 * of its own, the id is `HEADER.other`.
 */
export function headerIdOf(name: string): number {
  const { length } = name
  if (length > NAME.length) return HEADER.other
  for (let i = 0; i < length; i++) NAME[i] = name.charCodeAt(i)
  return idOfBytes(NAME, 0, length)
}

/** The bytes of the name that is being looked up. No name with a number of its own is longer than 64 bytes. */
const NAME = Buffer.alloc(64)

/** The long name of a header, in lower case. Undefined for `HEADER.other`. */
export function longNameOf(id: number): string | undefined {
  return longNames[id]
}

/** The id of the header name at `start`..`end`. The bytes are compared directly, and no string is made. */
export function idOfBytes(bytes: Buffer, start: number, end: number): number {
  if (start >= end) return HEADER.other
  const length = end - start
  let slot = hash(length, tokenLower(bytes, start), tokenLower(bytes, end - 1))
  for (;;) {
    const known = table[slot]
    if (known === undefined) return HEADER.other
    if (known.name.length === length && isName(known.name, bytes, start)) return known.id
    slot = (slot + 1) & (SLOTS - 1)
  }
}

/**
 * Whether one line may contain several values of this header, separated by commas (RFC 3261 §7.3.1). False for `HEADER.other`.
 */
export function isListHeader(id: number): boolean {
  return listIds.has(id)
}

/**
 * Whether a message may have this header only once. The name may be long or compact, in upper or lower case. For an unknown
 * header, false.
 */
export function standsOnce(name: string): boolean {
  const id = headerIdOf(name)
  return id === HEADER.other ? ONCE_BY_NAME.has(name.toLowerCase()) : ONCE.has(id)
}

function isName(name: string, bytes: Buffer, start: number): boolean {
  for (let i = 0; i < name.length; i++) if (name.charCodeAt(i) !== tokenLower(bytes, start + i)) return false
  return true
}

function hash(length: number, first: number, last: number): number {
  return (length * 41 + first * 7 + last * 13) & (SLOTS - 1)
}

function insert(known: KnownName): void {
  const { name } = known
  let slot = hash(name.length, name.charCodeAt(0), name.charCodeAt(name.length - 1))
  while (table[slot] !== undefined) slot = (slot + 1) & (SLOTS - 1)
  table[slot] = known
}
