/**
 * The shared cache for the operator. The operator writes tables under its epoch and its installation, and reads the content of
 * the cache.
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
 * before. `conflict`: the cache holds another table than expected, or a newer one. `head` is undefined if the head in the cache
 * is absent or damaged. With each of these three results, this writer has written nothing.
 */
export type WriteResult =
  | { readonly type: 'published' }
  | { readonly type: 'fenced'; readonly head: CacheHead }
  | { readonly type: 'foreign'; readonly head: CacheHead }
  | { readonly type: 'conflict'; readonly head: CacheHead | undefined }

/**
 * A call rejects if the cache is not available, if it cannot be written, or if another version of the program has written it. The
 * error has a stable `code`, and its message explains how to correct the fault. If a call has rejected, the cache may still have
 * carried it out.
 */
export interface TableCacheWriter {
  /** The head in the cache. Undefined if nobody has published a table. */
  head(): Promise<CacheHead | undefined>
  /** The number of entries, counted in the cache. A damaged head may contradict it. */
  size(): Promise<number>
  snapshot(): Promise<TableSnapshot | undefined>
  /** Makes a change in one step, and adds it to the log that readers follow. */
  publish(change: PublishedChange): Promise<WriteResult>
  /** Replaces a table of this installation that is older or damaged, or writes the first table. */
  replace(table: PublishedTable): Promise<WriteResult>
  /** The unexpired reports of all pods. If a report cannot be read, it counts as position 0. */
  readers(): Promise<readonly ReaderReport[]>
  close(): void
}
