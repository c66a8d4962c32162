/** Reads the current credentials of a user. Tokens and certificates change while the operator runs. */
import { readPem, readTokenFile } from './credential-file.ts'
import { type ExecCredential, execCredential } from './exec-credential.ts'
import { KubeConfigError } from './kube-config-error.ts'
import type { CredentialPlugin, KubeCluster, KubeContext, KubeProof, KubeUser, OidcSettings } from './kube-context.ts'
import { isCurrent, type OidcTokens, refreshedTokens } from './oidc-token.ts'

export interface Credentials {
  /** The value of the header Authorization. */
  readonly authorization: string | undefined
  /** A certificate as PEM. */
  readonly certificate: string | undefined
  /** A private key as PEM. */
  readonly key: string | undefined
}

const NOTHING: Credentials = { authorization: undefined, certificate: undefined, key: undefined }

/**
 * Returns a function that gives the current credentials at each call. It reads files at each call. It asks a plugin or a
 * provider again only after the last credentials have expired. A call may reject with a KubeConfigError.
 */
export function userCredentials({ user, cluster }: Pick<KubeContext, 'user' | 'cluster'>): () => Promise<Credentials> {
  const proof = proofReader(user.proof, cluster)
  return async () => {
    const [own, proven] = await Promise.all([certificateOf(user), proof()])
    return proven.certificate === undefined ? { ...proven, ...own } : proven
  }
}

async function certificateOf({ certificate, key }: KubeUser): Promise<Partial<Credentials>> {
  if (certificate === undefined || key === undefined) return {}
  const [certificatePem, keyPem] = await Promise.all([
    readPem('the client certificate', certificate),
    readPem('the client key', key),
  ])
  return { certificate: certificatePem, key: keyPem }
}

function proofReader(proof: KubeProof, cluster: KubeCluster): () => Promise<Credentials> {
  switch (proof.type) {
    case 'token-file':
      return tokenFileReader(proof.file, proof.token)
    case 'plugin':
      return pluginReader(proof.plugin, cluster)
    case 'oidc':
      return oidcReader(proof.settings)
    case 'none':
      return fixed(NOTHING)
    case 'token':
      return fixed(bearer(proof.token.trim()))
    case 'password':
      return fixed(basic(proof.username, proof.password))
  }
}

function fixed(credentials: Credentials): () => Promise<Credentials> {
  return async () => credentials
}

function basic(username: string, password: string): Credentials {
  return { ...NOTHING, authorization: `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}` }
}

/**
 * The token from the file is used instead of the token text. If the file cannot be read, its last content is used, because the
 * file may just be in the middle of a replacement.
 */
function tokenFileReader(file: string, token: string | undefined): () => Promise<Credentials> {
  let last = token
  return async () => {
    try {
      last = await readTokenFile(file)
    } catch (error) {
      if (last === undefined || !(error instanceof KubeConfigError)) throw error
    }
    return bearer(last)
  }
}

function pluginReader(plugin: CredentialPlugin, cluster: KubeCluster): () => Promise<Credentials> {
  const read = shared<ExecCredential>({
    read: () => execCredential(plugin, cluster),
    holds: ({ expires }) => expires === undefined || Date.now() < expires,
  })
  return async () => {
    const { token, certificate, key } = await read()
    return { authorization: token === undefined ? undefined : `Bearer ${token.trim()}`, certificate, key }
  }
}

function oidcReader(settings: OidcSettings): () => Promise<Credentials> {
  const { idToken, refreshToken } = settings
  let refresh = refreshToken
  const read = shared<OidcTokens>({
    first: idToken === undefined ? undefined : { idToken, refreshToken },
    read: async () => {
      const tokens = await refreshedTokens(settings, refresh)
      refresh = tokens.refreshToken
      return tokens
    },
    holds: (tokens) => isCurrent(tokens, Date.now()),
  })
  return async () => bearer((await read()).idToken)
}

interface SharedReading<T> {
  readonly first?: T | undefined
  readonly read: () => Promise<T>
  readonly holds: (value: T) => boolean
}

/**
 * Shares one value among all callers. While a reading runs, all callers wait for this reading. As long as its value is valid,
 * later callers get the same value.
 */
function shared<T>({ first, read, holds }: SharedReading<T>): () => Promise<T> {
  let value = first
  let reading: Promise<T> | undefined
  return async () => {
    if (value !== undefined && holds(value)) return value
    reading ??= read().finally(() => {
      reading = undefined
    })
    value = await reading
    return value
  }
}

function bearer(token: string): Credentials {
  return { ...NOTHING, authorization: `Bearer ${token}` }
}
