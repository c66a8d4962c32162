import type { CacheConnectionOptions } from '../ingress/cache-connection/cache-connection.ts'
import type { Nameserver } from '../ingress/resolve/dns-exchange.ts'

/** The configuration of an operator. All values have been checked and never change. */
export interface OperatorConfig {
  /** The version of the program, for the metric build_info and the first log line. */
  readonly version: string
  /** The path of the kubeconfig file. If undefined, the ServiceAccount of the pod or kubectl's default file is used. */
  readonly kubeconfig: string | undefined
  /** The context to use. If undefined, the current context of the kubeconfig is used. */
  readonly context: string | undefined
  /** The namespaces to watch. If empty, all namespaces are watched. */
  readonly namespaces: readonly string[]
  readonly cache: Omit<CacheConnectionOptions, 'name'> & {
    /** All cache keys of the installation begin with this prefix. */
    readonly prefix: string
  }
  readonly http: { readonly host: string; readonly port: number }
  /** Whether this operator must hold the Lease before it publishes anything. */
  readonly leaderElect: boolean
  readonly leaseName: string
  /** The namespace of the Lease. If undefined, the pod's own namespace is used. */
  readonly leaseNamespace: string | undefined
  /** Whether a change may remove more than half of the table at once. */
  readonly allowMassDeletion: boolean
  /** If true, the operator only watches and compiles. It publishes no table and writes no status. */
  readonly dryRun: boolean
  /**
   * The Secret with the keys of the ingress pods, in the namespace of the Lease. If undefined, the operator does not create
   * keys.
   */
  readonly keySecret: string | undefined
  /** Nameservers that are asked for names of backends. Empty: those of this machine. */
  readonly resolver: readonly Nameserver[]
  /** The name of the installation in the metric build_info. Undefined if the installation has no name. */
  readonly installation: string | undefined
  readonly logLevel: 'debug' | 'info' | 'warn' | 'error' | 'silent'
}
