/** The shared cache as an ingress pod sees it: read, followed, and told which version the pod runs. */
import type { CacheHead, TablePosition, TableSnapshot } from '../route-table/cache-head.ts'
import type { LogRecord } from '../route-table/cache-log.ts'

/**
 * Every call rejects where the cache cannot be had, or holds what this version does not understand, with an error that has
 * a stable `code` and says what to do. The next call is a new try: nothing has to be opened again.
 */
export interface TableCacheReader {
  /** Undefined where no table was published. */
  head(): Promise<CacheHead | undefined>
  /** The table as of one version. */
  snapshot(): Promise<TableSnapshot | undefined>
  /** What came after a version, oldest first; waits up to `waitMs` for the first record. */
  next(after: number, waitMs: number): Promise<readonly LogRecord[]>
  /** Says which position a pod runs; forgotten after `REPORT_EXPIRY_MS` without another report. */
  report(pod: string, position: TablePosition): Promise<void>
  close(): void
}
