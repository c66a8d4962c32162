import { describe } from '@jest/globals'
import { createRedisTableCacheReader } from '../../ingress/replica/redis-table-cache-reader.ts'
import { createRedisTableCacheWriter } from '../../operator/publish/redis-table-cache-writer.ts'
import { cacheConnection } from '../support/cache-connection.ts'
import { createMemoryTableCache } from '../support/memory-table-cache.ts'
import { describeWith } from '../support/real-part.ts'
import { type RedisServer, startRedisServer } from '../support/redis-server.ts'
import { itKeepsTheTableCacheContract } from './table-cache-contract.ts'

describe('the table cache in memory', () => {
  itKeepsTheTableCacheContract({
    start: () => Promise.resolve(),
    stop: () => Promise.resolve(),
    open: () => {
      const cache = createMemoryTableCache()
      return { reader: cache.reader(), writer: cache.writer() }
    },
  })
})

describeWith(['redis'], 'the table cache in Redis or Valkey', () => {
  let server: RedisServer | undefined
  let caches = 0
  itKeepsTheTableCacheContract({
    start: async () => {
      server = await startRedisServer()
    },
    stop: async () => server?.stop(),
    open: () => {
      if (server === undefined) throw new Error('the server has not started')
      const prefix = `cache-${++caches}`
      return {
        reader: createRedisTableCacheReader(prefix, cacheConnection(server.url)),
        writer: createRedisTableCacheWriter(prefix, cacheConnection(server.url)),
      }
    },
  })
})
