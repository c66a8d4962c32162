/**
 * What a standalone process is told at its start. Everything in it has been checked; nothing in it changes.
 */
import type { IpAddress } from '../ingress/address/ip-address.ts'
import type { TransportName } from '../ingress/sip/engine.ts'

export interface StandaloneConfig {
  /** Version of the program, for build_info and the first log line. */
  readonly version: string
  /** Folder of the manifests. */
  readonly rules: string
  /** Sockets to bind, at least one; port 0 takes any free one. */
  readonly listen: readonly ListenAddress[]
  /** The address that callers are told; undefined: that of the socket. */
  readonly advertise: AdvertisedAddress | undefined
  /** The address that backends are told; undefined: that of the socket. */
  readonly advertiseInternal: AdvertisedAddress | undefined
  readonly http: { readonly host: string; readonly port: number }
  readonly logLevel: 'debug' | 'info' | 'warn' | 'error' | 'silent'
  /** Lines about decided calls, per second. */
  readonly logCallsPerSecond: number
  /** How many rules have a time series of their own. */
  readonly ruleSeries: number
  /** Keys that sign dialog cookies, of 16 bytes or more: the current one, then previous ones. Empty: make one at random. */
  readonly cookieKeys: readonly Buffer[]
}

export interface ListenAddress {
  readonly transport: TransportName
  readonly address: IpAddress
  readonly port: number
}

/** A host as it stands in a URI (IPv6 in brackets); without a port, that of the socket. */
export interface AdvertisedAddress {
  readonly host: string
  readonly port: number | undefined
}
