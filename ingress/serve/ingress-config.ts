import type { CacheConnectionOptions } from '../cache-connection/cache-connection.ts'
import type { ServingConfig } from './serving-config.ts'

/** The settings of an ingress pod. */
export interface IngressConfig extends ServingConfig {
  readonly cache: Omit<CacheConnectionOptions, 'name'> & {
    /** The beginning of every key of the installation. */
    readonly prefix: string
  }
  /** File of the last good table; undefined: there is no file. */
  readonly snapshot: string | undefined
  /** The name under which this pod reports the version of its table. */
  readonly pod: string
  /** Folder of the cookie keys; undefined: the process makes a key of its own, which is lost when it ends. */
  readonly keys: string | undefined
}
