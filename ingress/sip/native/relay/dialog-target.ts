/** Finds the places to which in-dialog requests go. They are read from URIs whose host is an IP address. */
import { isLoopback, isPrivate, isUnicast } from '../../../address/address-kind.ts'
import { type IpAddress, parseIpAddress, sameAddress } from '../../../address/ip-address.ts'
import { SIP_PORT } from '../../../address/port.ts'
import { firstComma, indexOfText } from '../../message/byte-class.ts'
import { HEADER } from '../../message/header-name.ts'
import { parseNameAddr, readAddressUri, splitList } from '../../message/name-addr.ts'
import type { SipMessage } from '../../message/sip-message.ts'
import { parseUri, type SipUri, uriParameter } from '../../message/uri.ts'
import { UriRange } from '../../message/uri-range.ts'
import type { CallerTarget, DialogHop, TransportName } from '../../port/engine.ts'
import type { EngineCore } from '../engine-core.ts'
import { isPort } from '../transport/local-endpoint.ts'
import { withCookie } from './cookie-parameter.ts'

/** The parts of the engine that tell whether a request can be sent to a hop. */
export type Reach = Pick<EngineCore, 'names' | 'outbound'>

/**
 * The hop that a URI with an IP address names (RFC 3263 §4.1 and §4.2). If the URI has no `transport` parameter, the transport
 * is undefined and is chosen later. If the URI has no port, the port is 5060.
 */
export function hopOf(uri: SipUri): DialogHop | undefined {
  const { scheme, host, port = SIP_PORT, parameters } = uri
  // Most URIs of a Contact have no parameters, and then none is searched.
  const hasSome = parameters !== ''
  const maddr = hasSome ? uriParameter(uri, 'maddr') : undefined
  const address = scheme === 'sip' ? parseIpAddress(maddr || host) : undefined
  const transport = hasSome ? transportOf(uri) : undefined
  if (!address || transport === 'unknown') return undefined
  return { address, port, transport }
}

/** The hop that a Route, Record-Route or Contact value names. Undefined if the value contains no IP address. */
export function hopOfValue(value: string): DialogHop | undefined {
  const uri = parseUri(parseNameAddr(value)?.uri ?? '')
  return uri && hopOf(uri)
}

/**
 * Returns the hop if a request to it can arrive, else undefined. The hop must be one host with a valid port, and not ourselves.
 * We must have a socket of its transport and family. A loopback address means the other side's own machine, so it is accepted
 * only if that side's packets come from loopback. `source`: the address from which that side's packets come.
 */
export function callable(hop: DialogHop | undefined, source: IpAddress, reach: Reach): DialogHop | undefined {
  if (!hop || !isPort(hop.port) || !isUnicast(hop.address)) return undefined
  if (isLoopback(hop.address) && !isLoopback(source)) return undefined
  if (reach.names.isOwnAddress(hop.address, hop.port)) return undefined
  return hasSocket(hop, reach) ? hop : undefined
}

/**
 * Whether a backend's request to the caller goes to `source` and not to `hop`. `hop`: the place that the caller names.
 * `source`: the address from which the caller's packets come. `target`: the choice that the call's plan has made.
 */
export function givesWay(hop: DialogHop, source: IpAddress, target: CallerTarget): boolean {
  if (target !== 'public-contact') return target === 'source'
  return isPrivate(hop.address) && !sameAddress(hop.address, source)
}

function hasSocket({ transport, address }: DialogHop, { outbound }: Reach): boolean {
  if (transport !== undefined) return outbound.endpointFor(transport, address) !== undefined
  return outbound.endpointFor('UDP', address) !== undefined || outbound.endpointFor('TCP', address) !== undefined
}

/**
 * The value that names the place to which we send the caller's requests: that of the nearest proxy between us and the backend
 * that record-routed. If no proxy record-routed, the backend's Contact. `cookie`: the cookie in our own Record-Route.
 */
export function backendValue(response: SipMessage, cookie: string): string | undefined {
  const top = response.first(HEADER.recordRoute)
  // Most backends record no route, so the top value is ours.
  if (top === -1 || isInFirstValue(response, top, cookie)) return firstValue(response, HEADER.contact)
  const routes = allValues(response, HEADER.recordRoute).map((value) => withCookie(value, cookie, cookie))
  const own = routes.findIndex((value) => value.includes(cookie))
  // RFC 3261 §12.1.1: the response has one Contact. If it has several, all belong to the backend, and a caller uses the first
  // one.
  return own > 0 ? routes[own - 1] : firstValue(response, HEADER.contact)
}

function isInFirstValue(message: SipMessage, row: number, text: string): boolean {
  const { bytes } = message
  const start = message.valueStart(row)
  return indexOfText(bytes, text, { start, end: firstComma(bytes, start, message.valueEnd(row)) }) !== -1
}

/**
 * The place to which we send the backend's requests: the nearest proxy between the caller and us that record-routed. If no
 * proxy record-routed, the caller's Contact. Undefined if that place is a name, or the address from which the INVITE came. Also
 * undefined if there are several Contacts, because the backend may choose another one than we do (RFC 3261 §8.1.1.8 allows
 * one).
 */
export function callerTarget(invite: SipMessage, source: IpAddress): DialogHop | undefined {
  const next = firstValue(invite, HEADER.recordRoute)
  const hop = next === undefined ? onlyHop(invite, HEADER.contact) : hopOfValue(next)
  return hop && !sameAddress(hop.address, source) ? hop : undefined
}

/** One value is read completely before the next one, so all share this object. */
const contactUri = new UriRange()

/** The hop that the only value of a list header names. Undefined as for `onlyValue` and `hopOfValue`. No string is made. */
function onlyHop(message: SipMessage, id: number): DialogHop | undefined {
  const row = message.first(id)
  if (row === -1) return undefined
  if (message.next(id, row) !== -1 || !isOneValue(message, row)) {
    const value = onlyValue(message, id)
    return value === undefined ? undefined : hopOfValue(value)
  }
  const isUri = readAddressUri(contactUri, message.bytes, message.valueStart(row), message.valueEnd(row))
  return isUri ? hopOf(contactUri) : undefined
}

/** The only value of a list header. Undefined if it has none, or several. */
export function onlyValue(message: SipMessage, id: number): string | undefined {
  const row = message.first(id)
  if (row === -1) return undefined
  if (message.next(id, row) === -1 && isOneValue(message, row)) return message.value(row)
  const values = allValues(message, id)
  return values.length === 1 ? values[0] : undefined
}

/** The first value of a list header. */
function firstValue(message: SipMessage, id: number): string | undefined {
  const row = message.first(id)
  if (row === -1) return undefined
  return isOneValue(message, row) ? message.value(row) : allValues(message, id, 1)[0]
}

/** Whether a row has exactly one value. Most rows have, and for them no list is made. */
function isOneValue(message: SipMessage, row: number): boolean {
  const start = message.valueStart(row)
  const end = message.valueEnd(row)
  return start < end && firstComma(message.bytes, start, end) === end
}

/** The values of a list header, in order, from all its lines. At most the first `most` values are returned. */
export function allValues(message: SipMessage, id: number, most = Number.POSITIVE_INFINITY): string[] {
  const first = message.first(id)
  if (first === -1) return []
  const values = splitList(message.value(first), most)
  for (let row = message.next(id, first); row !== -1 && values.length < most; row = message.next(id, row))
    for (const value of splitList(message.value(row), most - values.length)) values.push(value)
  return values
}

function transportOf(uri: SipUri): TransportName | undefined | 'unknown' {
  const name = uriParameter(uri, 'transport')?.toUpperCase()
  if (name === undefined) return undefined
  return name === 'UDP' || name === 'TCP' ? name : 'unknown'
}
