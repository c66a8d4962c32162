/** Where requests inside a dialog go: read from URIs, where they are addresses. */
import { isLoopback, isPrivate, isUnicast } from '../../../address/address-kind.ts'
import { hostText, type IpAddress, parseIpAddress, sameAddress } from '../../../address/ip-address.ts'
import { SIP_PORT } from '../../../address/port.ts'
import { HEADER } from '../../message/header-name.ts'
import { parseNameAddr, splitList } from '../../message/name-addr.ts'
import type { SipMessage } from '../../message/sip-message.ts'
import { parseUri, type SipUri, uriParameter } from '../../message/uri.ts'
import type { CallerTarget, DialogHop, TransportName } from '../../port/engine.ts'
import type { EngineCore } from '../engine-core.ts'
import { isPort } from '../transport/local-endpoint.ts'
import { withCookie } from './cookie-parameter.ts'

/** What it takes to say whether a hop can be called. */
export type Reach = Pick<EngineCore, 'names' | 'outbound'>

/** RFC 3263 §4.1 and §4.2 for an address: `transport` as given, else to be chosen; no port is 5060. */
export function hopOf(uri: SipUri): DialogHop | undefined {
  const address = uri.scheme === 'sip' ? parseIpAddress(uriParameter(uri, 'maddr') || uri.host) : undefined
  const transport = transportOf(uri)
  if (!address || transport === 'unknown') return undefined
  return { address, port: uri.port ?? SIP_PORT, transport }
}

/** The hop that a Route, Record-Route or Contact value names; undefined where that is no address. */
export function hopOfValue(value: string): DialogHop | undefined {
  const uri = parseUri(parseNameAddr(value)?.uri ?? '')
  return uri && hopOf(uri)
}

/**
 * The hop if a request to it can arrive: at one host and a port, by a transport and a family that we have a socket for, and
 * not at ourselves. Loopback is the other's own unless its packets come from there. `source`: where its packets come from.
 */
export function callable(hop: DialogHop | undefined, source: IpAddress, reach: Reach): DialogHop | undefined {
  if (!hop || !isPort(hop.port) || !isUnicast(hop.address)) return undefined
  if (isLoopback(hop.address) && !isLoopback(source)) return undefined
  if (reach.names.isOwn(hostText(hop.address), hop.port)) return undefined
  return hasSocket(hop, reach) ? hop : undefined
}

/** Where a request of the backend's points at the caller itself, and the call says that this is not to be followed. */
export function givesWay(hop: DialogHop, source: IpAddress, target: CallerTarget): boolean {
  if (target !== 'public-contact') return target === 'source'
  return isPrivate(hop.address) && !sameAddress(hop.address, source)
}

function hasSocket({ transport, address }: DialogHop, { outbound }: Reach): boolean {
  if (transport !== undefined) return outbound.endpointFor(transport, address) !== undefined
  return outbound.endpointFor('UDP', address) !== undefined || outbound.endpointFor('TCP', address) !== undefined
}

/**
 * Where the caller's requests have to go once they have passed us: to the proxy that record-routed next towards the
 * backend, else to the backend's Contact.
 */
export function backendTarget(response: SipMessage, cookie: string): DialogHop | undefined {
  const routes = allValues(response, HEADER.recordRoute).map((value) => withCookie(value, cookie, cookie))
  const own = routes.findIndex((value) => value.includes(cookie))
  // RFC 3261 §12.1.1: it has one Contact. Of several, which are all the backend's own, callers take the first.
  const [contact] = allValues(response, HEADER.contact)
  const next = own > 0 ? routes[own - 1] : contact
  return next === undefined ? undefined : hopOfValue(next)
}

/**
 * Where the backend's requests have to go once they have passed us: to the proxy that record-routed last before us, else to
 * the caller's Contact. Undefined where that is a name, the address that the INVITE came from, or one of several Contacts,
 * of which an INVITE has one (RFC 3261 §8.1.1.8): the backend may take another one than we would.
 */
export function callerTarget(invite: SipMessage, source: IpAddress): DialogHop | undefined {
  const contacts = allValues(invite, HEADER.contact)
  const contact = contacts.length === 1 ? contacts[0] : undefined
  const [next = contact] = allValues(invite, HEADER.recordRoute)
  const hop = next === undefined ? undefined : hopOfValue(next)
  return hop && !sameAddress(hop.address, source) ? hop : undefined
}

/** The values of every line of a list header, in order; of more than `most` the first ones. */
export function allValues(message: SipMessage, id: number, most = Number.POSITIVE_INFINITY): string[] {
  const values: string[] = []
  for (let row = message.first(id); row !== -1 && values.length < most; row = message.next(id, row))
    values.push(...splitList(message.value(row), most - values.length))
  return values
}

function transportOf(uri: SipUri): TransportName | undefined | 'unknown' {
  const name = uriParameter(uri, 'transport')?.toUpperCase()
  if (name === undefined) return undefined
  return name === 'UDP' || name === 'TCP' ? name : 'unknown'
}
