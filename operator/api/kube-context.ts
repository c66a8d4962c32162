/** What a context of a kubeconfig says, whichever file or Pod it is from: plain values, with paths that are absolute. */
export interface KubeContext {
  readonly name: string
  readonly namespace: string | undefined
  readonly cluster: KubeCluster
  readonly user: KubeUser
}

export interface KubeCluster {
  readonly server: string
  /** PEM; undefined: the authorities of the system. */
  readonly authority: PemSource | undefined
  /** Whom the certificate must name, where that is not the host of the server. */
  readonly serverName: string | undefined
  /** Whether any certificate will do. */
  readonly insecure: boolean
  readonly proxy: string | undefined
  /** What credential plugins are told about the cluster, beside what stands above. */
  readonly pluginConfig: unknown
}

/** One of the two; a file is read whenever it is needed. */
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

/** How a user proves who it is, beside a certificate. */
export type KubeProof =
  | { readonly type: 'none' }
  | { readonly type: 'token'; readonly token: string }
  | { readonly type: 'token-file'; readonly file: string; readonly token: string | undefined }
  | { readonly type: 'password'; readonly username: string; readonly password: string }
  | { readonly type: 'plugin'; readonly plugin: CredentialPlugin }
  | { readonly type: 'oidc'; readonly settings: OidcSettings }

/** A program that says what to go with: `users[].user.exec`. */
export interface CredentialPlugin {
  readonly command: string
  readonly args: readonly string[]
  readonly environment: Readonly<Record<string, string>>
  readonly apiVersion: string
  readonly installHint: string | undefined
  readonly wantsCluster: boolean
}

/** `auth-provider` of the name `oidc`. */
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
