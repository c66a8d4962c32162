/** The shared cache, as an ingress pod uses it: the pod reads the cache, follows it, and reports its version to it. */
import type { CacheHead, TablePosition, TableSnapshot } from '../route-table/cache-head.ts'
import type { LogRecord } from '../route-table/cache-log.ts'

/**
 * Every call rejects if the cache is not available, or contains something that this version does not understand. The error
 * has a stable `code` and says what to do. Nothing has to be opened again after an error: the next call is a new attempt.
 */
export interface TableCacheReader {
  /** Undefined if no table was published. */
  head(): Promise<CacheHead | undefined>
  /** The table, with all entries of one version. */
  snapshot(): Promise<TableSnapshot | undefined>
  /** The records after a version, oldest first; waits up to `waitMs` for the first record. */
  next(after: number, waitMs: number): Promise<readonly LogRecord[]>
  /** Reports which position a pod runs. The report expires after `REPORT_EXPIRY_MS`. */
  report(pod: string, position: TablePosition): Promise<void>
  close(): void
}
