import { createHash } from 'node:crypto'
import type { ConnectionOptions } from 'node:tls'
import { readPem } from './credential-file.ts'
import type { Impersonation, KubeCluster, KubeContext } from './kube-context.ts'
import { type Credentials, userCredentials } from './user-credentials.ts'

/** The TLS settings for an API server. Certificates and keys are PEM. */
export type ApiTls = Pick<ConnectionOptions, 'ca' | 'cert' | 'key' | 'rejectUnauthorized' | 'servername'>

/**
 * The address of the API server, and the credentials at this moment. Tokens and certificates change while the operator runs.
 */
export interface ApiConnection {
  /**
   * Changes when the server, the CA or the client certificate changes. After a change, connections with an earlier key must not
   * be used for new requests.
   */
  readonly key: string
  /** `https://host:port` */
  readonly origin: string
  /** The path before `/api` if the API server is behind a gateway. Otherwise empty. */
  readonly basePath: string
  /** The headers Authorization and Impersonate-…. */
  readonly headers: Readonly<Record<string, string | string[]>>
  readonly tls: ApiTls
  /** The URL of the HTTP proxy between the operator and the API server. */
  readonly proxy: string | undefined
}

/**
 * Returns a function that reads the current certificates and tokens at each call. If the last answer of a credential plugin has
 * expired, the call runs the plugin again. A failed call rejects with a KubeConfigError that names the file, the plugin or the
 * provider.
 */
export function apiConnections(context: KubeContext): () => Promise<ApiConnection> {
  const { cluster, user } = context
  const url = new URL(cluster.server)
  const credentials = userCredentials(context)
  return async () => {
    const [proven, authority] = await Promise.all([credentials(), authorityOf(cluster)])
    const tls = tlsOf(cluster, authority, proven)
    return {
      key: keyOf(cluster, tls),
      origin: url.origin,
      basePath: url.pathname.replace(/\/$/, ''),
      headers: { ...authorizationHeader(proven), ...impersonationHeaders(user.impersonate) },
      tls,
      proxy: cluster.proxy,
    }
  }
}

async function authorityOf({ authority }: KubeCluster): Promise<string | undefined> {
  return authority && (await readPem('the certificate authority', authority))
}

function tlsOf(
  { insecure, serverName }: KubeCluster,
  ca: string | undefined,
  { certificate, key }: Credentials,
): ApiTls {
  return {
    ...(ca === undefined ? {} : { ca }),
    ...(certificate === undefined || key === undefined ? {} : { cert: certificate, key }),
    ...(insecure ? { rejectUnauthorized: false } : {}),
    ...(serverName === undefined ? {} : { servername: serverName }),
  }
}

function keyOf({ server, proxy = '' }: KubeCluster, tls: ApiTls): string {
  return createHash('sha256')
    .update(JSON.stringify([server, proxy, tls]))
    .digest('base64')
}

function authorizationHeader({ authorization }: Credentials): Record<string, string> {
  return authorization === undefined ? {} : { authorization }
}

function impersonationHeaders(impersonate: Impersonation | undefined): Record<string, string | string[]> {
  if (impersonate === undefined) return {}
  const { user, uid, groups, extra } = impersonate
  const more = Object.entries(extra).map(
    ([key, values]) => [`impersonate-extra-${headerKey(key)}`, [...values]] as const,
  )
  return {
    'impersonate-user': user,
    ...(uid === undefined ? {} : { 'impersonate-uid': uid }),
    ...(groups.length === 0 ? {} : { 'impersonate-group': [...groups] }),
    ...Object.fromEntries(more),
  }
}

/** Percent-encodes all characters that a field name of HTTP must not contain (RFC 9110 §5.6.2). The API server decodes them. */
function headerKey(key: string): string {
  const encoded = (sign: string): string =>
    [...Buffer.from(sign)].map((byte) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`).join('')
  return key.replaceAll(/[^!#$&'*+.^_`|~0-9A-Za-z-]/gu, encoded)
}
