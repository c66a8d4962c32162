/** The names under which callers, backends and other pods reach this process. They are written into Via and Record-Route. */
import { hostText, type IpAddress, isUnspecified, parseIpAddress, sameAddress } from '../../address/ip-address.ts'
import { SIP_PORT } from '../../address/port.ts'
import type { Via } from '../message/via.ts'
import type { DialogHop } from '../port/engine.ts'
import type { LocalEndpoint } from './transport/transport.ts'

/** A host as it is written in a URI (IPv6 in brackets), and a port. An undefined port stands for the port of the socket. */
export interface Advertised {
  readonly host: string
  readonly port: number | undefined
}

export interface LocalNames {
  /**
   * This process's own host and port, for the Via of a request. The response then comes back to the pod that has the
   * transaction.
   */
  sentBy(endpoint: LocalEndpoint): string
  /** Our Via value for a request that is sent from this endpoint, up to the value of its branch parameter. */
  viaStart(endpoint: LocalEndpoint): string
  /**
   * The address and port of `sentBy` as a hop, at which another pod reaches this pod. Undefined if the machine has no address
   * in the endpoint's family.
   */
  ownHop(endpoint: LocalEndpoint): DialogHop | undefined
  /** The `host:port` under which callers reach us. */
  external(endpoint: LocalEndpoint): string
  /** The `host:port` under which backends reach us. */
  internal(endpoint: LocalEndpoint): string
  /** Whether the sent-by (host and port) of a Via value is one of ours (RFC 3261 §18.1.2). */
  isSentBy(host: string, port: number | undefined): boolean
  /** Like `isSentBy`, for the sent-by of a Via that was read. Makes no string. */
  hasOwnSentBy(via: Via): boolean
  /**
   * Whether a URI with this host and port leads to one of our listeners, or to a name under which others reach us (RFC 3261
   * §16.4). The host must be in lower case, and IPv6 in brackets. A URI with such a name and without a port always counts as
   * ours: DNS is not asked for the port that belongs to the name.
   */
  isOwn(host: string, port: number | undefined): boolean
  /** Like `isOwn`, for a host that is an address. */
  isOwnAddress(address: IpAddress, port: number): boolean
  /** The host that Warning headers name as their author. */
  readonly warningAgent: string
}

export interface LocalNamesOptions {
  readonly endpoints: readonly LocalEndpoint[]
  readonly external: Advertised | undefined
  readonly internal: Advertised | undefined
  /** Gives an address of this machine in this family. It is used for sockets that are bound to `0.0.0.0` or `::`. */
  readonly machineAddress: (family: 4 | 6) => IpAddress | undefined
  /** Every address of this machine. If a socket is bound to `0.0.0.0` or `::`, all these addresses are ours. */
  readonly machineAddresses?: readonly IpAddress[] | undefined
}

export function createLocalNames(options: LocalNamesOptions): LocalNames {
  const addressOf = ({ address }: LocalEndpoint): IpAddress =>
    isUnspecified(address) ? (options.machineAddress(address.family) ?? address) : address
  const own = once((endpoint) => `${hostText(addressOf(endpoint))}:${endpoint.port}`)
  const named = (advertised: Advertised | undefined, endpoint: LocalEndpoint): string =>
    advertised ? `${advertised.host}:${advertised.port ?? endpoint.port}` : own(endpoint)
  const sentByNames = new Set(options.endpoints.map(own))
  const sentByPlaces = options.endpoints.map((one) => ({ host: hostText(addressOf(one)), port: one.port }))
  const places = ownPlaces(options, own)
  const addresses = [...places].map(addressPlace).filter((place) => place !== undefined)
  const [first] = options.endpoints
  return {
    sentBy: own,
    viaStart: once((endpoint) => `SIP/2.0/${endpoint.transport} ${own(endpoint)};branch=`),
    ownHop: (endpoint) => {
      const { transport, port } = endpoint
      const address = addressOf(endpoint)
      return isUnspecified(address) ? undefined : { transport, address, port }
    },
    external: once((endpoint) => named(options.external, endpoint)),
    internal: once((endpoint) => named(options.internal, endpoint)),
    isSentBy: (host, port) => sentByNames.has(`${host.toLowerCase()}:${port ?? SIP_PORT}`),
    hasOwnSentBy: (via) => {
      const port = via.port ?? SIP_PORT
      for (const own of sentByPlaces) if (own.port === port && via.isHost(own.host)) return true
      return false
    },
    isOwn: (host, port) => {
      const text = canonicalHost(host)
      return places.has(`${text}:${port ?? SIP_PORT}`) || (port === undefined && places.has(text))
    },
    isOwnAddress: (address, port) => {
      for (const own of addresses) if (own.port === port && sameAddress(own.address, address)) return true
      return false
    },
    warningAgent: first ? named(options.external, first) : 'sip-dispatch',
  }
}

/** Makes the text of each endpoint only once. The text must not change. */
function once(make: (endpoint: LocalEndpoint) => string): (endpoint: LocalEndpoint) => string {
  const made = new WeakMap<LocalEndpoint, string>()
  return (endpoint) => {
    const before = made.get(endpoint)
    if (before !== undefined) return before
    const text = make(endpoint)
    made.set(endpoint, text)
    return text
  }
}

/** `host:port` of every listener and of every advertised name. For an advertised name, the host without a port is added too. */
function ownPlaces(options: LocalNamesOptions, own: (endpoint: LocalEndpoint) => string): ReadonlySet<string> {
  const places = new Set<string>()
  for (const endpoint of options.endpoints) {
    const { address, port } = endpoint
    places.add(own(endpoint))
    if (!isUnspecified(address)) continue
    for (const one of options.machineAddresses ?? []) {
      if (one.family === address.family) places.add(`${hostText(one)}:${port}`)
    }
  }
  for (const advertised of [options.external, options.internal]) {
    if (!advertised) continue
    const host = canonicalHost(advertised.host)
    if (!parseIpAddress(host)) places.add(host)
    for (const { port } of options.endpoints) places.add(`${host}:${advertised.port ?? port}`)
  }
  return places
}

/** The address and port of a place `host:port`. Undefined if its host is a name. */
function addressPlace(place: string): { readonly address: IpAddress; readonly port: number } | undefined {
  const colon = place.lastIndexOf(':')
  const address = parseIpAddress(place.slice(0, colon))
  return address && { address, port: Number(place.slice(colon + 1)) }
}

/**
 * Gives one text for all spellings of a host. An address is written as in RFC 5952. A name is written in lower case and without
 * the final dot of the DNS root.
 */
function canonicalHost(host: string): string {
  // Only an address with a colon has several spellings, so other hosts are not parsed.
  const address = host.includes(':') ? parseIpAddress(host) : undefined
  if (address) return hostText(address)
  const name = host.toLowerCase()
  return name.endsWith('.') ? name.slice(0, -1) : name
}
