/** Publishes a table in a real shared cache, as an operator does. */
import { parseCacheAddress } from '../../ingress/cache-connection/cache-address.ts'
import type { TableEntry } from '../../ingress/route-table/route-table.ts'
import { createPublisher } from '../../operator/publish/publisher.ts'
import { createRedisTableCacheWriter } from '../../operator/publish/redis-table-cache-writer.ts'

export interface TablePublisher {
  /** Replaces the whole table by these entries. @throws PUBLISH_REFUSED */
  publish(entries: readonly TableEntry[]): Promise<void>
  close(): void
}

export function openTablePublisher(url: string, prefix: string): TablePublisher {
  const options = {
    address: parseCacheAddress(url),
    passwordFile: undefined,
    caFile: undefined,
    name: 'test-operator',
  }
  const cache = createRedisTableCacheWriter(prefix, options)
  const publisher = createPublisher({ cache, installation: 'test', epoch: 1 })
  return {
    publish: async (entries) => {
      const outcome = await publisher.publish(entries)
      if (outcome.type !== 'published') throw new Error(`PUBLISH_REFUSED: ${JSON.stringify(outcome)}`)
    },
    close: () => cache.close(),
  }
}
