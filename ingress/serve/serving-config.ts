/** The settings of every process that serves SIP. They have been checked, and they do not change. */
import type { IpPrefix } from '../address/ip-address.ts'
import type { SettleOptions } from '../call/call-deps.ts'
import type { LogLevel } from '../log/logger.ts'
import type { DrachtioConfig } from '../sip/drachtio/drachtio-config.ts'
import type { ListenAddress } from '../sip/native/native-engine.ts'
import type { DatagramsSetting } from '../sip/native/transport/datagram/choose-datagrams.ts'

export interface ServingConfig {
  /** Version of the program. It is shown in build_info and in the first log line. */
  readonly version: string
  /** The drachtio servers that receive SIP for this process. Undefined: the process receives SIP itself. */
  readonly drachtio: DrachtioConfig | undefined
  /** The sockets to bind. Without `drachtio`: at least one. With `drachtio`: none. Port 0: any free port. */
  readonly listen: readonly ListenAddress[]
  /** How datagrams are received and sent. Without effect with `drachtio`. */
  readonly datagrams: DatagramsSetting
  /** The address that we give to callers. Undefined: the address of the socket. */
  readonly advertise: AdvertisedAddress | undefined
  /** The address that we give to backends. Undefined: the address of the socket. */
  readonly advertiseInternal: AdvertisedAddress | undefined
  /** Addresses and networks of the node and the pod. If a stranger has such a source, a Service has rewritten its address. */
  readonly ownAddress: readonly IpPrefix[]
  readonly http: HttpAddress
  readonly logLevel: LogLevel
  /** Lines per second about decided calls. */
  readonly logCallsPerSecond: number
  /** The installation's name in build_info. Undefined: the installation has no name. */
  readonly installation: string | undefined
  /** The number of rules that can have a time series of their own. */
  readonly ruleSeries: number
  /** Milliseconds for which the process goes on as usual after SIGTERM, while load balancers take it out. */
  readonly settleMs: number
  /** The answer to OPTIONS during `settleMs`. */
  readonly settleOptions: SettleOptions
  /** Milliseconds for which calls in progress can still get their answers after the process has begun to refuse new calls. */
  readonly drainDeadlineMs: number
}

/** A host in the form that it has in a URI (IPv6 in brackets). Without a port, the port of the socket is used. */
export interface AdvertisedAddress {
  readonly host: string
  readonly port: number | undefined
}

/** The address at which metrics and probes are served. Port 0: any free port. */
export interface HttpAddress {
  readonly host: string
  readonly port: number
}
