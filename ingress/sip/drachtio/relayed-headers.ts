/**
 * Chooses the parts of a message that are copied to the other leg of a call. The server writes the headers that belong to one
 * leg only (Via, tags, Call-ID, CSeq, Contact, routes). All other headers are copied line by line. Pure. The returned headers
 * are UTF-8, as the library needs them.
 */

import { HEADER, headerIdOf } from '../message/header-name.ts'
import { ASSERTED_IDENTITIES, PREFERRED_IDENTITY } from '../message/identity-headers.ts'
import { splitList } from '../message/name-addr.ts'
import type { RequestFacts } from '../message/request-facts.ts'
import type { SipMessage } from '../message/sip-message.ts'
import type { HeaderField, ProxyPlan, RelayEdits, ResponseIdentity } from '../port/engine.ts'
import { editsHeader, withoutLineEnds } from '../proxy/header-edits.ts'
import { losesIdentity } from '../proxy/response-facts.ts'

/** Headers that belong to one leg and are not copied. */
const LEG_HEADERS: ReadonlySet<number> = new Set([
  HEADER.via,
  HEADER.from,
  HEADER.to,
  HEADER.callId,
  HEADER.cseq,
  HEADER.contact,
  HEADER.maxForwards,
  HEADER.route,
  HEADER.recordRoute,
  HEADER.contentLength,
  HEADER.timestamp,
])

/** RFC 3262: a reliable provisional response belongs to one leg, so `100rel` is not copied to the other leg. */
export const RELIABLE = '100rel'
const RELIABLE_HEADERS: ReadonlySet<string> = new Set(['rseq', 'rack'])

const DEFAULT_MAX_FORWARDS = 70

type HeaderEdits = Pick<RelayEdits, 'setHeaders' | 'removeHeaders'>

/** The headers of the INVITE for a backend. */
export function callHeaders(message: SipMessage, facts: RequestFacts, plan: ProxyPlan): HeaderField[] {
  return [
    { name: 'From', value: withoutTag(textOf(message.value(message.first(HEADER.from)))) },
    { name: 'To', value: textOf(message.value(message.first(HEADER.to))) },
    // RFC 3261 §16.6 step 3: Max-Forwards is lowered by one. So a call that goes in a circle between drachtio engines ends at
    // some time.
    { name: 'Max-Forwards', value: String((facts.maxForwards ?? DEFAULT_MAX_FORWARDS + 1) - 1) },
    ...dialogHeaders(message, plan),
  ]
}

/** The headers of a request inside a dialog, for the other leg. */
export function dialogHeaders(message: SipMessage, edits: HeaderEdits): HeaderField[] {
  const { setHeaders, removeHeaders } = edits
  const copies = copied(message, [...removeHeaders, ...setHeaders.map(({ name }) => name)])
  return [...copies, ...setHeaders.map(clean)]
}

/** The headers that describe the body. The server sends a body only if its type is given. */
export function contentHeaders(message: SipMessage): HeaderField[] {
  return copied(message, []).filter(({ name }) => /^(content-|mime-version$)/i.test(name))
}

/** The headers of a backend's response to a new call, as the caller gets them. */
export function responseHeaders(response: SipMessage, identity: ResponseIdentity): HeaderField[] {
  // RFC 3261 §21.5.4: Retry-After speaks for one backend. If a carrier got it, the carrier would pause the whole trunk. So it
  // is removed.
  return relayedHeaders(response, identity, response.status >= 300 ? ['Retry-After'] : [])
}

/**
 * The headers of a response inside a dialog. Retry-After stays, because it says when the sender may send its request again (RFC
 * 3261 §14.2, RFC 3311 §5.2).
 */
export function dialogResponseHeaders(response: SipMessage, identity: ResponseIdentity): HeaderField[] {
  return relayedHeaders(response, identity, [])
}

function relayedHeaders(response: SipMessage, identity: ResponseIdentity, removed: string[]): HeaderField[] {
  // RFC 3325 §6: P-Preferred-Identity is only for the first proxy after the user agent, so it is removed.
  removed.push(PREFERRED_IDENTITY)
  if (losesIdentity(response, identity)) removed.push(...ASSERTED_IDENTITIES)
  const headers = copied(response, removed)
  // RFC 3261 §21.3: in a redirection (3xx), Contact says where to call instead. So it is copied.
  if (response.status < 300 || response.status >= 400) return headers
  return [...headers, ...response.values('Contact').map((value) => ({ name: 'Contact', value: textOf(value) }))]
}

/**
 * The `Reason` headers of a CANCEL, for the CANCEL that we send (RFC 3326 §2). There are none if a rule changes this header.
 */
export function reasonHeaders(message: SipMessage, edits: HeaderEdits): HeaderField[] {
  if (editsHeader(edits, 'reason')) return []
  return message.values('Reason').map((value) => ({ name: 'Reason', value: textOf(value) }))
}

export function bodyOf(message: SipMessage): string {
  return message.bytes.toString('utf8', message.bodyStart, message.bodyEnd)
}

/** Whether a message demands reliable provisional responses (RFC 3262 §3). */
export function demandsReliable(message: SipMessage): boolean {
  return message.values('Require').some((value) => value.toLowerCase() === RELIABLE)
}

/** Removes line ends from a value, so that no value can end its line. */
export function clean({ name, value }: HeaderField): HeaderField {
  return { name, value: withoutLineEnds(value) }
}

function copied(message: SipMessage, removed: readonly string[]): HeaderField[] {
  const names = new Set(removed.map((name) => name.toLowerCase()))
  const ids = new Set([...names].map(headerIdOf).filter((id) => id !== HEADER.other))
  const fields: HeaderField[] = []
  for (let row = 0; row < message.headerCount; row++) {
    const id = message.id(row)
    const name = message.nameText(row)
    if (LEG_HEADERS.has(id) || ids.has(id)) continue
    if (id === HEADER.other && (names.has(name.toLowerCase()) || RELIABLE_HEADERS.has(name.toLowerCase()))) continue
    const value = id === HEADER.supported || id === HEADER.require ? unreliable(message.value(row)) : message.value(row)
    if (value !== undefined) fields.push({ name: fullName(id, name), value: textOf(value) })
  }
  return fields
}

/**
 * The full name of a header. The library knows only some of the compact forms, and needs the full name to find the type of the
 * body.
 */
function fullName(id: number, name: string): string {
  if (id === HEADER.contentType) return 'Content-Type'
  if (id === HEADER.supported) return 'Supported'
  return name
}

/** A list of options without `100rel`. Undefined if no option is left. */
function unreliable(value: string): string | undefined {
  const options = splitList(value)
  const others = options.filter((option) => option.toLowerCase() !== RELIABLE)
  return options.length > 0 && others.length === 0 ? undefined : others.join(', ')
}

/** `From` without its tag. Each leg has a tag of its own, and the server makes a tag if it gets none. */
function withoutTag(from: string): string {
  const end = Math.max(from.lastIndexOf('>'), 0)
  return from.slice(0, end) + from.slice(end).replace(/;\s*tag\s*=\s*[^;\s]*/gi, '')
}

/** Text of a message, decoded as UTF-8. The given text is latin1: it has one character for each byte of the message. */
function textOf(latin1: string): string {
  return /^[ -~\t]*$/.test(latin1)
    ? latin1
    : Buffer.from(latin1, 'latin1')
        .toString('utf8')
        .replace(/\p{Cc}/gu, '')
}
