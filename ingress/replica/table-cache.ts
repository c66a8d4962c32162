/** The shared cache for an ingress pod. The pod reads the table, follows its changes, and reports its own version. */
import type { CacheHead, TablePosition, TableSnapshot } from '../route-table/cache-head.ts'
import type { LogRecord } from '../route-table/cache-log.ts'

/**
 * Each function that returns a promise rejects if the cache is not available, or contains something that this version does
 * not understand. The error has a stable `code` and says what to do. After an error, the function can be called again.
 * Nothing has to be opened before.
 */
export interface TableCacheReader {
  /** The head of the table. Undefined if no table was published. */
  head(): Promise<CacheHead | undefined>
  /** The table, with all entries of one version. Undefined if no table was published. */
  snapshot(): Promise<TableSnapshot | undefined>
  /** The records of the log after a version, oldest first. Waits up to `waitMs` for the first record. */
  next(after: number, waitMs: number): Promise<readonly LogRecord[]>
  /**
   * Reports which position a pod runs, and the names of the backends that it has found down. The report expires after
   * `REPORT_EXPIRY_MS`.
   */
  report(pod: string, position: TablePosition, down?: readonly string[]): Promise<void>
  close(): void
}
