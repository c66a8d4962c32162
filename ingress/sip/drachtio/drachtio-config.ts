/** What the engine has to know of its drachtio-servers. */
export interface DrachtioConfig {
  /** Servers that this process connects to. */
  readonly servers: readonly DrachtioAddress[]
  /** Where servers connect to this process, one connection a call (outbound mode). */
  readonly listen: readonly { readonly host: string; readonly port: number }[]
  /** Read at each connecting, so that a changed Secret is taken; goes before `secret`. */
  readonly secretFile: string | undefined
  readonly secret: string | undefined
  /** PEM of the authorities that sign the certificates of `tls` servers; undefined: those of the system. */
  readonly caFile: string | undefined
  /** Whether the servers survive calls to IPv6 addresses, which they do with `--disable-nat-detection` only. */
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
