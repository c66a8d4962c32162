import { createHash } from 'node:crypto'
import type { RequestOptions } from 'node:https'
import type { KubeConfig } from '@kubernetes/client-node'
import { KubeConfigError } from './kube-config.ts'

/** TLS towards an API server; `Buffer`s are PEM. */
export type ApiTls = Pick<RequestOptions, 'ca' | 'cert' | 'key' | 'passphrase' | 'rejectUnauthorized' | 'servername'>

/** How the API server is reached, and as whom, at this moment: tokens and certificates change while the operator runs. */
export interface ApiConnection {
  /** Differs when a connection made before cannot be used any more: another server, CA or client certificate. */
  readonly key: string
  /** `https://host:port` */
  readonly origin: string
  /** What stands before `/api` where the server is behind a gateway; else empty. */
  readonly basePath: string
  /** Authorization and Impersonate-User. */
  readonly headers: Readonly<Record<string, string>>
  readonly tls: ApiTls
  /** An HTTP proxy on the way. */
  readonly proxy: string | undefined
}

/**
 * Reads certificates and tokens as they are now and runs credential plugins whose answer has expired. Throws what the
 * plugin or the file system says, and a KubeConfigError for a server that cannot be used.
 */
export async function apiConnection(config: KubeConfig): Promise<ApiConnection> {
  const cluster = config.getCurrentCluster()
  const url = URL.parse(cluster?.server ?? '')
  if (cluster === null || url === null) {
    const server = JSON.stringify(cluster?.server)
    throw new KubeConfigError('kubeconfig_incomplete', `the server of the cluster is ${server}, which is no URL`)
  }
  const proxy = httpProxy(cluster.proxyUrl)
  const options: RequestOptions = {}
  await config.applyToHTTPSOptions(options)
  const tls = tlsOf(options)
  return {
    key: keyOf(cluster.server, proxy, tls),
    origin: url.origin,
    basePath: url.pathname.replace(/\/$/, ''),
    headers: headersOf(options),
    tls,
    proxy,
  }
}

function httpProxy(proxy: string | undefined): string | undefined {
  if (!proxy) return undefined
  if (/^https?:/.test(proxy)) return proxy
  const message = `proxy-url ${proxy} cannot be used: the operator speaks to http and https proxies only`
  throw new KubeConfigError('kubeconfig_incomplete', message)
}

const TLS_FIELDS = ['ca', 'cert', 'key', 'passphrase', 'rejectUnauthorized', 'servername'] as const

function tlsOf(options: RequestOptions): ApiTls {
  const given = TLS_FIELDS.filter((field) => options[field] !== undefined)
  return Object.fromEntries(given.map((field) => [field, options[field]]))
}

function keyOf(server: string, proxy: string | undefined, tls: ApiTls): string {
  const hash = createHash('sha256').update(`${server}\n${proxy ?? ''}\n`)
  for (const field of TLS_FIELDS) hash.update(`${field}\n`).update(bytesOf(tls[field])).update('\n')
  return hash.digest('base64')
}

function bytesOf(value: ApiTls[keyof ApiTls]): string | Buffer {
  return Buffer.isBuffer(value) ? value : JSON.stringify(value ?? null)
}

/** A token file ends with a newline where people wrote it, which no header may carry. */
function headersOf({ headers, auth }: RequestOptions): Record<string, string> {
  const given = Object.entries(headers ?? {}).map(([name, value]) => [name.toLowerCase(), String(value).trim()])
  const basic = auth ? { authorization: `Basic ${Buffer.from(auth).toString('base64')}` } : {}
  return { ...basic, ...Object.fromEntries(given) }
}
