/** A context of a kubeconfig, or the equivalent inside a Pod. All paths in it are absolute. */
export interface KubeContext {
  readonly name: string
  readonly namespace: string | undefined
  readonly cluster: KubeCluster
  readonly user: KubeUser
}

export interface KubeCluster {
  readonly server: string
  /** The PEM of the trusted authorities. If undefined, the authorities of the system are trusted. */
  readonly authority: PemSource | undefined
  /** The name that the server's certificate must have. Undefined if the certificate must have the host name of the server. */
  readonly serverName: string | undefined
  /** If true, every certificate of the server is accepted without a check. */
  readonly insecure: boolean
  readonly proxy: string | undefined
  /** Configuration for credential plugins. The plugins get it together with the fields above. */
  readonly pluginConfig: unknown
}

/** A PEM as the path of a file or as a text. Each use reads the file again. */
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

/** The credentials that a user has beside a client certificate, or in place of one. */
export type KubeProof =
  | { readonly type: 'none' }
  | { readonly type: 'token'; readonly token: string }
  | { readonly type: 'token-file'; readonly file: string; readonly token: string | undefined }
  | { readonly type: 'password'; readonly username: string; readonly password: string }
  | { readonly type: 'plugin'; readonly plugin: CredentialPlugin }
  | { readonly type: 'oidc'; readonly settings: OidcSettings }

/** A program that returns credentials. A kubeconfig names it in `users[].user.exec`. */
export interface CredentialPlugin {
  readonly command: string
  readonly args: readonly string[]
  readonly environment: Readonly<Record<string, string>>
  readonly apiVersion: string
  readonly installHint: string | undefined
  readonly wantsCluster: boolean
}

/** The settings of the `auth-provider` with the name `oidc`. */
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
