import { parseCacheAddress } from '../../ingress/cache-connection/cache-address.ts'
import type { CacheConnectionOptions } from '../../ingress/cache-connection/cache-connection.ts'

/** A connection without password and TLS files, unless `options` has them. */
export function cacheConnection(url: string, options: Partial<CacheConnectionOptions> = {}): CacheConnectionOptions {
  return { address: parseCacheAddress(url), passwordFile: undefined, caFile: undefined, name: 'test', ...options }
}
