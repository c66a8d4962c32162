/** The names under which others reach this process: what goes into Via and Record-Route. */
import { hostText, type IpAddress, isUnspecified, parseIpAddress } from '../../address/ip-address.ts'
import { SIP_PORT } from '../../address/port.ts'
import type { DialogHop } from '../port/engine.ts'
import type { LocalEndpoint } from './transport/transport.ts'

/** A host as it stands in a URI (IPv6 in brackets) and a port; no port: that of the socket. */
export interface Advertised {
  readonly host: string
  readonly port: number | undefined
}

export interface LocalNames {
  /** This process's own address, so that a response comes back to the pod that holds the transaction. */
  sentBy(endpoint: LocalEndpoint): string
  /** The same as a hop: where another pod reaches this one. Undefined where the machine has no such address. */
  ownHop(endpoint: LocalEndpoint): DialogHop | undefined
  /** Towards callers. */
  external(endpoint: LocalEndpoint): string
  /** Towards backends. */
  internal(endpoint: LocalEndpoint): string
  /** Whether a Via value's sent-by is one of ours (RFC 3261 §18.1.2). */
  isSentBy(host: string, port: number | undefined): boolean
  /**
   * Whether a URI with this host and port leads to where we listen, or to a name under which others reach us (RFC 3261
   * §16.4). Host in lower case, IPv6 in brackets; without a port a name of ours is ours, whatever DNS makes of it.
   */
  isOwn(host: string, port: number | undefined): boolean
  /** The host that signs Warning headers. */
  readonly warningAgent: string
}

export interface LocalNamesOptions {
  readonly endpoints: readonly LocalEndpoint[]
  readonly external: Advertised | undefined
  readonly internal: Advertised | undefined
  /** An address of this machine, for sockets bound to every address: by family. */
  readonly machineAddress: (family: 4 | 6) => IpAddress | undefined
  /** Every address of this machine: all are ours where a socket is bound to every address. */
  readonly machineAddresses?: readonly IpAddress[] | undefined
}

export function createLocalNames(options: LocalNamesOptions): LocalNames {
  const addressOf = ({ address }: LocalEndpoint): IpAddress =>
    isUnspecified(address) ? (options.machineAddress(address.family) ?? address) : address
  const own = (endpoint: LocalEndpoint): string => `${hostText(addressOf(endpoint))}:${endpoint.port}`
  const named = (advertised: Advertised | undefined, endpoint: LocalEndpoint): string =>
    advertised ? `${advertised.host}:${advertised.port ?? endpoint.port}` : own(endpoint)
  const sentByNames = new Set(options.endpoints.map(own))
  const places = ownPlaces(options, own)
  const [first] = options.endpoints
  return {
    sentBy: own,
    ownHop: (endpoint) => {
      const { transport, port } = endpoint
      const address = addressOf(endpoint)
      return isUnspecified(address) ? undefined : { transport, address, port }
    },
    external: (endpoint) => named(options.external, endpoint),
    internal: (endpoint) => named(options.internal, endpoint),
    isSentBy: (host, port) => sentByNames.has(`${host.toLowerCase()}:${port ?? SIP_PORT}`),
    isOwn: (host, port) => {
      const text = canonicalHost(host)
      return places.has(`${text}:${port ?? SIP_PORT}`) || (port === undefined && places.has(text))
    },
    warningAgent: first ? named(options.external, first) : 'sip-dispatch',
  }
}

/** `host:port` of every listener and advertised address; of advertised names the bare host as well. */
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

/** One text for all spellings of a host: an address as RFC 5952 has it, a name in lower case without the root's dot. */
function canonicalHost(host: string): string {
  const address = parseIpAddress(host)
  if (address) return hostText(address)
  const name = host.toLowerCase()
  return name.endsWith('.') ? name.slice(0, -1) : name
}
