/** What the engine needs to know about its drachtio-servers. */
export interface DrachtioConfig {
  /** Servers that this process connects to. */
  readonly servers: readonly DrachtioAddress[]
  /** Addresses at which servers connect to this process, with one connection for each call (outbound mode). */
  readonly listen: readonly { readonly host: string; readonly port: number }[]
  /**
   * File with the secret. It is read at each attempt to connect, so that a changed Secret is used. If a file is given,
   * `secret` is not used.
   */
  readonly secretFile: string | undefined
  readonly secret: string | undefined
  /** PEM of the authorities that sign the certificates of `tls` servers; undefined: the authorities of the system. */
  readonly caFile: string | undefined
  /** Whether the servers survive calls to IPv6 addresses. They do so only with `--disable-nat-detection`. */
  readonly ipv6Backends: boolean
}

export interface DrachtioAddress {
  readonly host: string
  readonly port: number
  readonly tls: boolean
}

/** `tcp://127.0.0.1:9022`, `tls://[2001:db8::7]:9023`. */
export function serverUrl({ host, port, tls }: DrachtioAddress): string {
  return `${tls ? 'tls' : 'tcp'}://${host.includes(':') ? `[${host}]` : host}:${port}`
}
