/** The shared cache as the operator sees it: written under one epoch and one installation, read to know where it stands. */
import type { CacheHead, ReaderReport, TableSnapshot } from '../../ingress/route-table/cache-head.ts'
import type { EntryChange } from '../../ingress/route-table/cache-log.ts'

/** A change of the table in the cache. */
export interface PublishedChange {
  /** What the cache must hold for the change to be made. */
  readonly expected: CacheHead
  /** What it holds then: epoch and installation are those of the writer. */
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
 * What became of it. `fenced`: a writer of a later epoch has written. `foreign`: another installation has. `conflict`: the
 * cache holds another table than expected, or a newer one; without a head if there is none that can be read. Nothing was
 * written then.
 */
export type WriteResult =
  | { readonly type: 'published' }
  | { readonly type: 'fenced'; readonly head: CacheHead }
  | { readonly type: 'foreign'; readonly head: CacheHead }
  | { readonly type: 'conflict'; readonly head: CacheHead | undefined }

/**
 * Every call rejects where the cache cannot be had or written, or was written by another version of the program, with an
 * error that has a stable `code` and says what to do. A call that was rejected may have been carried out.
 */
export interface TableCacheWriter {
  /** Undefined where no table was published. */
  head(): Promise<CacheHead | undefined>
  /** How many entries there are, whatever the head says. */
  size(): Promise<number>
  snapshot(): Promise<TableSnapshot | undefined>
  /** Makes a change as a whole, and tells the readers what it was. */
  publish(change: PublishedChange): Promise<WriteResult>
  /** Puts a table in the place of any older one of this installation, or of one that cannot be read. */
  replace(table: PublishedTable): Promise<WriteResult>
  /** Every pod that has reported lately. A report that cannot be read counts as position 0. */
  readers(): Promise<readonly ReaderReport[]>
  close(): void
}
