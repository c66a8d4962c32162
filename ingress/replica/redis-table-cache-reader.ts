import { type CacheConnectionOptions, createCacheConnection } from '../cache-connection/cache-connection.ts'
import { readHead, readLog, readSnapshot } from '../cache-connection/cached-table.ts'
import { encodeDownBackends, encodePosition } from '../route-table/cache-head.ts'
import { cacheKeys } from '../route-table/cache-keys.ts'
import { REPORT_EXPIRY_MS } from './limits.ts'
import type { TableCacheReader } from './table-cache.ts'

/** Reads the shared cache in Redis or Valkey. All its keys begin with `prefix`. Throws a RangeError for an invalid prefix. */
export function createRedisTableCacheReader(prefix: string, options: CacheConnectionOptions): TableCacheReader {
  const keys = cacheKeys(prefix)
  const connection = createCacheConnection(options)
  // The log is read over a separate connection, because a command that waits for records blocks its connection.
  const logConnection = createCacheConnection({ ...options, name: `${options.name}-log` })
  // As long as a pod finds nothing down, it writes no list. The last list is emptied once, and then expires.
  const withList = new Set<string>()
  return {
    head: () => readHead(connection, keys),
    snapshot: () => readSnapshot(connection, keys),
    next: (after, waitMs) => readLog(logConnection, keys, { after, waitMs }),
    async report(pod, position, down = []) {
      const key = keys.reader(pod)
      await connection.send(key, ['SET', key, encodePosition(position), 'PX', String(REPORT_EXPIRY_MS)])
      await connection.send(keys.readers, ['SADD', keys.readers, pod])
      if (down.length === 0 && !withList.has(pod)) return
      const list = keys.downBackends(pod)
      await connection.send(list, ['SET', list, encodeDownBackends(down), 'PX', String(REPORT_EXPIRY_MS)])
      if (down.length > 0) withList.add(pod)
      else withList.delete(pod)
    },
    close() {
      connection.close()
      logConnection.close()
    },
  }
}
