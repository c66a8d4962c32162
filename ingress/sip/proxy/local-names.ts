/** The names under which others reach this process: what goes into Via and Record-Route. */
import { hostText, type IpAddress, isUnspecified } from '../../address/ip-address.ts'
import type { DialogHop } from '../engine.ts'
import type { LocalEndpoint } from '../transport/transport.ts'

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
  /** The host that signs Warning headers. */
  readonly warningAgent: string
}

export interface LocalNamesOptions {
  readonly endpoints: readonly LocalEndpoint[]
  readonly external: Advertised | undefined
  readonly internal: Advertised | undefined
  /** An address of this machine, for sockets bound to every address: by family. */
  readonly machineAddress: (family: 4 | 6) => IpAddress | undefined
}

export function createLocalNames(options: LocalNamesOptions): LocalNames {
  const addressOf = ({ address }: LocalEndpoint): IpAddress =>
    isUnspecified(address) ? (options.machineAddress(address.family) ?? address) : address
  const own = (endpoint: LocalEndpoint): string => `${hostText(addressOf(endpoint))}:${endpoint.port}`
  const named = (advertised: Advertised | undefined, endpoint: LocalEndpoint): string =>
    advertised ? `${advertised.host}:${advertised.port ?? endpoint.port}` : own(endpoint)
  const sentByNames = new Set(options.endpoints.map(own))
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
    isSentBy: (host, port) => sentByNames.has(`${host.toLowerCase()}:${port ?? 5060}`),
    warningAgent: first ? named(options.external, first) : 'sip-dispatch',
  }
}
