import type { CacheConnectionOptions } from '../ingress/cache-connection/cache-connection.ts'

/** What an operator is told at its start. Everything in it has been checked; nothing in it changes. */
export interface OperatorConfig {
  /** Version of the program, for build_info and the first log line. */
  readonly version: string
  /** File; undefined: the service account of the pod, or kubectl's own default. */
  readonly kubeconfig: string | undefined
  /** Undefined: the current context of the kubeconfig. */
  readonly context: string | undefined
  /** Empty: every namespace. */
  readonly namespaces: readonly string[]
  readonly cache: Omit<CacheConnectionOptions, 'name'> & {
    /** What every key of the installation begins with. */
    readonly prefix: string
  }
  readonly http: { readonly host: string; readonly port: number }
  /** Whether to wait for the Lease before anything is published. */
  readonly leaderElect: boolean
  readonly leaseName: string
  /** Undefined: the pod's own namespace. */
  readonly leaseNamespace: string | undefined
  /** Whether a change may remove more than half of the table at once. */
  readonly allowMassDeletion: boolean
  /** Watch and compile, but publish nothing and write no status. */
  readonly dryRun: boolean
  /** Secret, in the namespace of the Lease, that holds the keys of the ingress pods; undefined: keys are not managed. */
  readonly keySecret: string | undefined
  /** What build_info calls the installation; undefined: it has no name. */
  readonly installation: string | undefined
  readonly logLevel: 'debug' | 'info' | 'warn' | 'error' | 'silent'
}
