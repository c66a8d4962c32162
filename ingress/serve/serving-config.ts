/** The settings of every process that serves SIP. They have been checked, and they do not change later. */
import type { IpPrefix } from '../address/ip-address.ts'
import type { SettleOptions } from '../call/call-deps.ts'
import type { LogLevel } from '../log/logger.ts'
import type { Nameserver } from '../resolve/dns-exchange.ts'
import type { DrachtioConfig } from '../sip/drachtio/drachtio-config.ts'
import type { ListenAddress } from '../sip/native/native-engine.ts'
import type { DatagramsSetting } from '../sip/native/transport/datagram/choose-datagrams.ts'

export interface ServingConfig {
  /** Version of the program. It appears in the metric build_info and in the first log line. */
  readonly version: string
  /** The drachtio servers that receive SIP for this process. Undefined: the process receives SIP itself. */
  readonly drachtio: DrachtioConfig | undefined
  /**
   * The sockets to bind. With `drachtio`, the list is empty. Without `drachtio`, it has one or more sockets. Port 0: any
   * free port.
   */
  readonly listen: readonly ListenAddress[]
  /** How datagrams are received and sent. Without effect with `drachtio`. */
  readonly datagrams: DatagramsSetting
  /** The address that we give to callers. Undefined: the address of the socket. */
  readonly advertise: AdvertisedAddress | undefined
  /** The address that we give to backends. Undefined: the address of the socket. */
  readonly advertiseInternal: AdvertisedAddress | undefined
  /**
   * Addresses and networks of the node and the pod. A stranger with such a source shows that a Service has rewritten the
   * stranger's address.
   */
  readonly ownAddress: readonly IpPrefix[]
  /** Nameservers that are asked for the names of backends. Empty: those of this machine (`/etc/resolv.conf`). */
  readonly resolver: readonly Nameserver[]
  /** Networks whose loopback addresses and own addresses a name of a backend may have: for a trial on one machine. */
  readonly allowResolved: readonly IpPrefix[]
  readonly http: HttpAddress
  readonly logLevel: LogLevel
  /** The largest number of log lines per second about decided calls. */
  readonly logCallsPerSecond: number
  /** The installation's name in the metric build_info. Undefined: the installation has no name. */
  readonly installation: string | undefined
  /** The largest number of rules that have a time series of their own. */
  readonly ruleSeries: number
  /**
   * Milliseconds after SIGTERM during which the process goes on as usual. In this time, load balancers take the process
   * out.
   */
  readonly settleMs: number
  /** The answer to OPTIONS during `settleMs`. */
  readonly settleOptions: SettleOptions
  /** Milliseconds after the process has begun to refuse new calls. In this time, open transactions can still end. */
  readonly drainDeadlineMs: number
}

/** A host in the form that it has in a URI (IPv6 in brackets). An undefined port means the port of the socket. */
export interface AdvertisedAddress {
  readonly host: string
  readonly port: number | undefined
}

/** The address at which metrics and probes are served. Port 0: any free port. */
export interface HttpAddress {
  readonly host: string
  readonly port: number
}
