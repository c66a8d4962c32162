/**
 * Gets ID tokens from an identity provider (OpenID Connect) for the `auth-provider` with the name `oidc`. A new token is stored
 * only in memory.
 */
import type { CustomFetch } from 'openid-client'
import { Agent, type Dispatcher, fetch } from 'undici'
import { readPem } from './credential-file.ts'
import { firstLine, KubeConfigError } from './kube-config-error.ts'
import type { OidcSettings } from './kube-context.ts'
import { TOKEN_RENEWAL_MS } from './limits.ts'

/** The tokens of a user. The refresh token is used to get the next ID token. */
export interface OidcTokens {
  readonly idToken: string
  readonly refreshToken: string | undefined
}

/**
 * Whether an ID token is still valid for some time. A token without an expiry counts as valid. In that case only the API server
 * knows when it is no longer valid.
 */
export function isCurrent({ idToken }: OidcTokens, now: number): boolean {
  const expires = expiryOf(idToken)
  return expires === undefined || now < expires - TOKEN_RENEWAL_MS
}

/** The expiry of a token, in milliseconds since 1970. RFC 7519 §4.1.4: `exp` in the token is in seconds. */
function expiryOf(idToken: string): number | undefined {
  const [, payload = ''] = idToken.split('.')
  try {
    const { exp } = JSON.parse(Buffer.from(payload, 'base64url').toString('utf8'))
    return typeof exp === 'number' ? exp * 1000 : undefined
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}

/** Asks the provider for a new ID token. Rejects with a KubeConfigError. */
export async function refreshedTokens(settings: OidcSettings, refreshToken: string | undefined): Promise<OidcTokens> {
  const { issuer, clientId, clientSecret, authority } = settings
  if (issuer === undefined || clientId === undefined || refreshToken === undefined) {
    throw refused('has expired, and idp-issuer-url, client-id and refresh-token are needed for a new one')
  }
  // The library is loaded only here, because loading takes time and only users of OpenID Connect need it.
  const oidc = await import('openid-client')
  const dispatcher = new Agent(
    authority ? { connect: { ca: await readPem('the authority of the issuer', authority) } } : {},
  )
  try {
    const customFetch = { [oidc.customFetch]: fetchThrough(dispatcher) }
    const proof = clientSecret === undefined ? oidc.None() : oidc.ClientSecretPost(clientSecret)
    const provider = await oidc.discovery(new URL(issuer), clientId, undefined, proof, customFetch)
    const answer = await oidc.refreshTokenGrant(provider, refreshToken)
    if (answer.id_token === undefined) throw refused('was not renewed: the issuer gave no id_token')
    return { idToken: answer.id_token, refreshToken: answer.refresh_token ?? refreshToken }
  } catch (cause) {
    if (cause instanceof KubeConfigError) throw cause
    throw refused(`was not renewed by ${issuer}: ${firstLine(cause)}`, cause)
  } finally {
    await dispatcher.close()
  }
}

/**
 * Returns a `fetch` that trusts the authorities of the dispatcher. Node's own `fetch` trusts only the authorities of the
 * system.
 */
function fetchThrough(dispatcher: Dispatcher): CustomFetch {
  return async (url, { method, headers, body }) => {
    const content = body ? { body } : {}
    const answer = await fetch(url, { method, headers, ...content, dispatcher })
    return new Response(await answer.text(), { status: answer.status, headers: [...answer.headers] })
  }
}

function refused(why: string, cause?: unknown): KubeConfigError {
  const message = `the id-token of the auth-provider oidc ${why}; log in again with kubectl, or use an exec plugin such as kubelogin`
  return new KubeConfigError('kubeconfig_credentials', message, cause)
}
