/**
 * The shared cache for the operator, which writes tables under its epoch and its installation, and reads the content of the
 * cache.
 */
import type { CacheHead, ReaderReport, TableSnapshot } from '../../ingress/route-table/cache-head.ts'
import type { EntryChange } from '../../ingress/route-table/cache-log.ts'

/** A change of the table in the cache. */
export interface PublishedChange {
  /** The change is made only if the cache has this head. */
  readonly expected: CacheHead
  /** The head after the change, with the epoch and the installation of the writer. */
  readonly head: CacheHead
  readonly changes: readonly EntryChange[]
}

/** A whole table. */
export interface PublishedTable {
  readonly head: CacheHead
  /** The JSON of each entry by its key. */
  readonly entries: Iterable<readonly [key: string, json: string]>
}

/**
 * The result of a write. `fenced`: a writer of a later epoch has written before. `foreign`: another installation has written
 * before. `conflict`: the cache holds another table than expected, or a newer one; `head` is undefined if the head in the cache
 * is absent or damaged. With each of these three results, this writer has written nothing.
 */
export type WriteResult =
  | { readonly type: 'published' }
  | { readonly type: 'fenced'; readonly head: CacheHead }
  | { readonly type: 'foreign'; readonly head: CacheHead }
  | { readonly type: 'conflict'; readonly head: CacheHead | undefined }

/**
 * Every call rejects if the cache is not available, cannot be written, or was written by another version of the program. The
 * error has a stable `code`, and its message explains how to correct the fault. A call that rejected may still have been carried
 * out.
 */
export interface TableCacheWriter {
  /** Undefined if no table was published. */
  head(): Promise<CacheHead | undefined>
  /** The real number of entries, which a damaged head may contradict. */
  size(): Promise<number>
  snapshot(): Promise<TableSnapshot | undefined>
  /** Makes a change in one step, and adds it to the log that readers follow. */
  publish(change: PublishedChange): Promise<WriteResult>
  /** Replaces an older or damaged table of this installation, or writes the first one. */
  replace(table: PublishedTable): Promise<WriteResult>
  /** The unexpired reports of all pods. A report that cannot be read counts as position 0. */
  readers(): Promise<readonly ReaderReport[]>
  close(): void
}
