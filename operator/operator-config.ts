import type { CacheConnectionOptions } from '../ingress/cache-connection/cache-connection.ts'

/** The configuration of an operator. All values have been checked, and do not change. */
export interface OperatorConfig {
  /** Version of the program, for build_info and the first log line. */
  readonly version: string
  /** Path of the kubeconfig file. Undefined: the ServiceAccount of the pod, or kubectl's default file. */
  readonly kubeconfig: string | undefined
  /** The context to use. Undefined: the current context of the kubeconfig. */
  readonly context: string | undefined
  /** The namespaces to watch. Empty: every namespace. */
  readonly namespaces: readonly string[]
  readonly cache: Omit<CacheConnectionOptions, 'name'> & {
    /** The prefix of every key of the installation. */
    readonly prefix: string
  }
  readonly http: { readonly host: string; readonly port: number }
  /** Whether this operator must hold the Lease before it publishes anything. */
  readonly leaderElect: boolean
  readonly leaseName: string
  /** The namespace of the Lease. Undefined: the pod's own namespace. */
  readonly leaseNamespace: string | undefined
  /** Whether a change may remove more than half of the table at once. */
  readonly allowMassDeletion: boolean
  /** Only watch and compile: publish no table and write no status. */
  readonly dryRun: boolean
  /**
   * The Secret with the keys of the ingress pods, in the namespace of the Lease. Undefined: the operator does not manage keys.
   */
  readonly keySecret: string | undefined
  /** The name of the installation in build_info. Undefined if the installation has no name. */
  readonly installation: string | undefined
  readonly logLevel: 'debug' | 'info' | 'warn' | 'error' | 'silent'
}
