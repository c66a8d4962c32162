/** The settings of every process that serves SIP. All of them have been checked, and none of them changes. */
import type { IpPrefix } from '../address/ip-address.ts'
import type { SettleOptions } from '../call/call-deps.ts'
import type { LogLevel } from '../log/logger.ts'
import type { DrachtioConfig } from '../sip/drachtio/drachtio-config.ts'
import type { ListenAddress } from '../sip/native/native-engine.ts'

export interface ServingConfig {
  /** Version of the program, for build_info and the first log line. */
  readonly version: string
  /** drachtio-servers that take SIP for this process; undefined: the process takes SIP itself. */
  readonly drachtio: DrachtioConfig | undefined
  /** Sockets to bind: at least one without `drachtio`, none with it. Port 0 takes any free port. */
  readonly listen: readonly ListenAddress[]
  /** The address that callers are given; undefined: that of the socket. */
  readonly advertise: AdvertisedAddress | undefined
  /** The address that backends are given; undefined: that of the socket. */
  readonly advertiseInternal: AdvertisedAddress | undefined
  /** Addresses and networks of the node and the pod: a stranger with such a source lost its own address in a Service. */
  readonly ownAddress: readonly IpPrefix[]
  readonly http: HttpAddress
  readonly logLevel: LogLevel
  /** Lines about decided calls, per second. */
  readonly logCallsPerSecond: number
  /** The installation's name in build_info; undefined: it has no name. */
  readonly installation: string | undefined
  /** How many rules have a time series of their own. */
  readonly ruleSeries: number
  /** Milliseconds during which the process goes on as usual after SIGTERM, while load balancers take it out. */
  readonly settleMs: number
  /** The answer to OPTIONS in that time. */
  readonly settleOptions: SettleOptions
  /** Milliseconds that calls in progress have to get their answers after new calls are refused. */
  readonly drainDeadlineMs: number
}

/** A host as written in a URI (IPv6 in brackets); without a port, the port of the socket. */
export interface AdvertisedAddress {
  readonly host: string
  readonly port: number | undefined
}

/** Where to serve metrics and probes; port 0 takes any free port. */
export interface HttpAddress {
  readonly host: string
  readonly port: number
}
