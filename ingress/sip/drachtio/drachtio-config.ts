/** What the engine must know about its drachtio-servers. */
export interface DrachtioConfig {
  /** The servers to which this process connects. */
  readonly servers: readonly DrachtioAddress[]
  /** The addresses at which servers connect to this process, with one connection for each call (outbound mode). */
  readonly listen: readonly { readonly host: string; readonly port: number }[]
  /**
   * The file with the secret. It is read at each attempt to connect, so that a changed secret is used. If there is a file,
   * `secret` is not used.
   */
  readonly secretFile: string | undefined
  readonly secret: string | undefined
  /**
   * A PEM file of the authorities that sign the certificates of `tls` servers. If it is undefined, the authorities of the
   * system are used.
   */
  readonly caFile: string | undefined
  /**
   * Whether the servers can call IPv6 addresses. A server crashes in such a call if it was started without
   * `--disable-nat-detection`.
   */
  readonly ipv6Backends: boolean
}

export interface DrachtioAddress {
  readonly host: string
  readonly port: number
  readonly tls: boolean
}

/** The URL of a server, such as `tcp://127.0.0.1:9022` or `tls://[2001:db8::7]:9023`. */
export function serverUrl({ host, port, tls }: DrachtioAddress): string {
  return `${tls ? 'tls' : 'tcp'}://${host.includes(':') ? `[${host}]` : host}:${port}`
}
