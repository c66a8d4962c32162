/** A context of a kubeconfig, or the equivalent inside a Pod. It has plain values with absolute paths. */
export interface KubeContext {
  readonly name: string
  readonly namespace: string | undefined
  readonly cluster: KubeCluster
  readonly user: KubeUser
}

export interface KubeCluster {
  readonly server: string
  /** The PEM of the trusted authorities. Undefined: the authorities of the system are trusted. */
  readonly authority: PemSource | undefined
  /** The name that the server's certificate must have, if this name differs from the host of the server. */
  readonly serverName: string | undefined
  /** Whether every certificate is accepted, without a check. */
  readonly insecure: boolean
  readonly proxy: string | undefined
  /** Configuration for credential plugins. They get it in addition to the fields above. */
  readonly pluginConfig: unknown
}

/** A PEM as a file or as a text. Each use reads the file. */
export type PemSource =
  | { readonly file: string; readonly text?: undefined }
  | { readonly text: string; readonly file?: undefined }

export interface KubeUser {
  readonly name: string
  readonly certificate: PemSource | undefined
  readonly key: PemSource | undefined
  readonly proof: KubeProof
  readonly impersonate: Impersonation | undefined
}

/** How a user authenticates, apart from a client certificate. */
export type KubeProof =
  | { readonly type: 'none' }
  | { readonly type: 'token'; readonly token: string }
  | { readonly type: 'token-file'; readonly file: string; readonly token: string | undefined }
  | { readonly type: 'password'; readonly username: string; readonly password: string }
  | { readonly type: 'plugin'; readonly plugin: CredentialPlugin }
  | { readonly type: 'oidc'; readonly settings: OidcSettings }

/** A program that returns credentials: `users[].user.exec`. */
export interface CredentialPlugin {
  readonly command: string
  readonly args: readonly string[]
  readonly environment: Readonly<Record<string, string>>
  readonly apiVersion: string
  readonly installHint: string | undefined
  readonly wantsCluster: boolean
}

/** The settings of the `auth-provider` named `oidc`. */
export interface OidcSettings {
  readonly issuer: string | undefined
  readonly clientId: string | undefined
  readonly clientSecret: string | undefined
  readonly idToken: string | undefined
  readonly refreshToken: string | undefined
  readonly authority: PemSource | undefined
}

export interface Impersonation {
  readonly user: string
  readonly uid: string | undefined
  readonly groups: readonly string[]
  readonly extra: Readonly<Record<string, readonly string[]>>
}
