import type { CacheConnectionOptions } from '../cache-connection/cache-connection.ts'
import type { ServingConfig } from './serving-config.ts'

/** What an ingress pod is told at its start. */
export interface IngressConfig extends ServingConfig {
  readonly cache: Omit<CacheConnectionOptions, 'name'> & {
    /** What every key of the installation begins with. */
    readonly prefix: string
  }
  /** File of the last good table; undefined: none is kept. */
  readonly snapshot: string | undefined
  /** The name under which this pod reports which table it runs. */
  readonly pod: string
  /** Folder of the cookie keys; undefined: a key that only this process has, until it ends. */
  readonly keys: string | undefined
}
