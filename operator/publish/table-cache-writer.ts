/**
 * The shared cache, as the operator uses it. The operator writes tables under its epoch and its installation, and reads the
 * content of the cache.
 */
import type { CacheHead, ReaderReport, TableSnapshot } from '../../ingress/route-table/cache-head.ts'
import type { EntryChange } from '../../ingress/route-table/cache-log.ts'

/** A change of the table in the cache. */
export interface PublishedChange {
  /** The change is made only if the cache has this head. */
  readonly expected: CacheHead
  /** The head after the change. It has the epoch and the installation of the writer. */
  readonly head: CacheHead
  readonly changes: readonly EntryChange[]
}

/** A whole table: its head and all its entries. */
export interface PublishedTable {
  readonly head: CacheHead
  /** The key and the JSON of each entry. */
  readonly entries: Iterable<readonly [key: string, json: string]>
}

/**
 * The result of a write. `fenced`: a writer of a later epoch has already written. `foreign`: another installation has already
 * written. `conflict`: the table in the cache is not the expected one, or is newer. Its `head` is undefined if the head in the
 * cache is absent or damaged. In these three cases, nothing was written.
 */
export type WriteResult =
  | { readonly type: 'published' }
  | { readonly type: 'fenced'; readonly head: CacheHead }
  | { readonly type: 'foreign'; readonly head: CacheHead }
  | { readonly type: 'conflict'; readonly head: CacheHead | undefined }

/**
 * A call rejects if the cache is not available, if it cannot be written, or if another version of the program has written it.
 * The error has a stable `code`, and its message says how to repair the fault. After a rejected call, it is unknown whether the
 * cache has carried it out.
 */
export interface TableCacheWriter {
  /** The head in the cache. Undefined if nobody has published a table. */
  head(): Promise<CacheHead | undefined>
  /** The number of entries, which the cache itself counts. A damaged head may contain another number. */
  size(): Promise<number>
  snapshot(): Promise<TableSnapshot | undefined>
  /** Makes a change in one step, and adds the change to the log that readers follow. */
  publish(change: PublishedChange): Promise<WriteResult>
  /**
   * Writes the first table, or replaces a table of this installation. The replaced table must be damaged, or older than
   * `table`.
   */
  replace(table: PublishedTable): Promise<WriteResult>
  /** The reports of all pods that have not expired. A report that cannot be read counts as position 0. */
  readers(): Promise<readonly ReaderReport[]>
  close(): void
}
