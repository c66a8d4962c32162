/** Reports how a leader would change the shared cache. A dry run itself changes nothing. */

import { encodeEntry } from '../../ingress/route-table/table-codec.ts'
import { errorText } from '../../ingress/text/error-text.ts'
import { nothingWhereDamaged } from '../publish/publisher.ts'
import type { TableCacheWriter } from '../publish/table-cache-writer.ts'
import { type CompiledCollections, type CompiledTable, compiledTable, type TableObject } from './compiled-table.ts'
import { isBad } from './condition-events.ts'
import { MAX_REPORTED_KEYS } from './limits.ts'

export interface DryRunOptions {
  readonly watched: CompiledCollections
  readonly cache: Pick<TableCacheWriter, 'snapshot'>
  readonly onResult: (result: DryRunResult) => void
  /** Is called for each condition that reports a fault. */
  readonly onCondition: (object: TableObject, condition: TableObject['conditions'][number]) => void
  readonly onFault: (code: string, message: string) => void
}

/** The result of a dry run. Keys are `kind/namespace/name`. Each list has at most `MAX_REPORTED_KEYS` keys. */
export interface DryRunResult {
  /** The number of entries in the table that would be published. */
  readonly entries: number
  readonly objects: number
  /** The differences from the cache. Undefined if the cache cannot be read. */
  readonly change: DryRunChange | undefined
}

export interface DryRunChange {
  /** The version of the table in the cache. 0 if the cache has no table. */
  readonly version: number
  readonly added: number
  readonly changed: number
  readonly removed: number
  readonly keys: { readonly added: string[]; readonly changed: string[]; readonly removed: string[] }
}

/** Compares the watched objects with the cache once. Never rejects. */
export async function dryRun(options: DryRunOptions): Promise<void> {
  const { watched, onResult, onCondition } = options
  const table = compiledTable(watched)
  const { entries, objects } = table
  onResult({ entries: entries.size, objects: objects.length, change: await changeOf(table, options) })
  for (const object of objects) {
    for (const condition of object.conditions.filter(isBad)) onCondition(object, condition)
  }
}

async function changeOf(
  { entries }: CompiledTable,
  { cache, onFault }: DryRunOptions,
): Promise<DryRunChange | undefined> {
  try {
    // A leader would replace a damaged table. It would not replace a table that another version of the program has written.
    const snapshot = await cache.snapshot().catch(nothingWhereDamaged)
    const entriesInCache = snapshot?.entries ?? new Map<string, string>()
    const added: string[] = []
    const changed: string[] = []
    for (const [key, entry] of entries) {
      const json = entriesInCache.get(key)
      if (json === undefined) added.push(key)
      else if (json !== encodeEntry(entry)) changed.push(key)
    }
    const removed = [...entriesInCache.keys()].filter((key) => !entries.has(key))
    const first = (keys: readonly string[]): string[] => keys.slice(0, MAX_REPORTED_KEYS)
    return {
      version: snapshot?.head.version ?? 0,
      ...{ added: added.length, changed: changed.length, removed: removed.length },
      keys: { added: first(added), changed: first(changed), removed: first(removed) },
    }
  } catch (error) {
    onFault('cache-unreadable', errorText(error))
    return undefined
  }
}
