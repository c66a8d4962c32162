/** What every process that serves SIP is told at its start. Everything in it has been checked; nothing in it changes. */
import type { IpPrefix } from '../address/ip-address.ts'
import type { SettleOptions } from '../call/call-deps.ts'
import type { LogLevel } from '../log/logger.ts'
import type { DrachtioConfig } from '../sip/drachtio/drachtio-config.ts'
import type { ListenAddress } from '../sip/native/native-engine.ts'

export interface ServingConfig {
  /** Version of the program, for build_info and the first log line. */
  readonly version: string
  /** drachtio-servers that take SIP for this process; undefined: it takes SIP itself. */
  readonly drachtio: DrachtioConfig | undefined
  /** Sockets to bind, at least one without `drachtio`, else none; port 0 takes any free one. */
  readonly listen: readonly ListenAddress[]
  /** The address that callers are told; undefined: that of the socket. */
  readonly advertise: AdvertisedAddress | undefined
  /** The address that backends are told; undefined: that of the socket. */
  readonly advertiseInternal: AdvertisedAddress | undefined
  /** Addresses and networks of the node and the pod: a stranger from there has lost its source to a Service. */
  readonly ownAddress: readonly IpPrefix[]
  readonly http: HttpAddress
  readonly logLevel: LogLevel
  /** Lines about decided calls, per second. */
  readonly logCallsPerSecond: number
  /** What build_info calls the installation; undefined: it has no name. */
  readonly installation: string | undefined
  /** How many rules have a time series of their own. */
  readonly ruleSeries: number
  /** Milliseconds to go on as usual after SIGTERM, while load balancers take the process out. */
  readonly settleMs: number
  /** What OPTIONS gets in that time. */
  readonly settleOptions: SettleOptions
  /** Milliseconds that calls in progress have to get their answers once new ones are refused. */
  readonly drainDeadlineMs: number
}

/** A host as it stands in a URI (IPv6 in brackets); without a port, that of the socket. */
export interface AdvertisedAddress {
  readonly host: string
  readonly port: number | undefined
}

/** Where to serve metrics and probes; port 0 takes any free one. */
export interface HttpAddress {
  readonly host: string
  readonly port: number
}
