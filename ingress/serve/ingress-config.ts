import type { CacheConnectionOptions } from '../cache-connection/cache-connection.ts'
import type { ServingConfig } from './serving-config.ts'

/** The settings of an ingress pod. */
export interface IngressConfig extends ServingConfig {
  readonly cache: Omit<CacheConnectionOptions, 'name'> & {
    /** Every key of the installation in the cache begins with this text. */
    readonly prefix: string
  }
  /** The table file. Undefined: the pod has no table file. */
  readonly snapshot: string | undefined
  /** The name under which this pod reports the version of its table. */
  readonly pod: string
  /** Folder of the cookie keys. Undefined: the process makes its own key. This key is lost when the process ends. */
  readonly keys: string | undefined
}
