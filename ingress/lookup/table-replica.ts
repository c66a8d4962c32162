/** The live table as a copy of the shared cache: which version it is, and what proves that nothing is missing. */
import { CacheContentError } from '../route-table/cache-content-error.ts'
import { type CacheHead, comparePositions, type TableSnapshot } from '../route-table/cache-head.ts'
import type { EntryChange, LogRecord } from '../route-table/cache-log.ts'
import type { TableEntry } from '../route-table/route-table.ts'
import { addHash, checksumText, EMPTY_CHECKSUM, entryHash, subtractHash } from '../route-table/table-checksum.ts'
import { decodeEntry } from '../route-table/table-codec.ts'
import { MAX_CHANGED_SHARE } from './limits.ts'
import type { LiveTable } from './live-table.ts'
import { createTimeSlice } from './time-slice.ts'

/** Calls of `load` and `apply` come one after the other. Where they throw, the table is what it was. */
export interface TableReplica {
  /** What the live table is; undefined before the first load. */
  readonly head: CacheHead | undefined
  /**
   * Makes a snapshot the live table. Throws `CacheContentError` where it is damaged, and `PatternError`. Rejects none for
   * its age: the caller compares positions.
   */
  load(snapshot: TableSnapshot): Promise<void>
  /** Makes one change; false where it is no change of this table, or does not lead to the table that its head promises. */
  apply(delta: Extract<LogRecord, { readonly type: 'delta' }>): Promise<boolean>
  /** The entries of now, as one list that later changes leave alone. */
  entries(): readonly TableEntry[]
}

interface Held {
  readonly hash: number
  readonly entry: TableEntry
}

export function createTableReplica(table: LiveTable): TableReplica {
  let head: CacheHead | undefined
  let held = new Map<string, Held>()
  let checksum = EMPTY_CHECKSUM
  return {
    get head() {
      return head
    },
    async load(snapshot) {
      const next = await decodeAll(snapshot.entries, held)
      let sum = EMPTY_CHECKSUM
      for (const { hash } of next.values()) sum = addHash(sum, hash)
      verify(snapshot.head, sum, next.size)
      bringIn(table, { from: held, to: next }, snapshot.head.version)
      head = snapshot.head
      held = next
      checksum = sum
    },
    async apply({ head: promised, from, changes }) {
      if (head === undefined || from !== head.version || comparePositions(promised, head) <= 0) return false
      const change = await decodeChange(changes, held)
      const sum = checksumAfter(held, checksum, change)
      const size = sizeAfter(held, change)
      if (checksumText(sum) !== promised.checksum || size !== promised.entries) return false
      table.apply({ upserted: entriesOf(change.upserted), removed: [...change.removed] }, promised.version)
      for (const key of change.removed) held.delete(key)
      for (const [key, entry] of change.upserted) held.set(key, entry)
      head = promised
      checksum = sum
      return true
    },
    entries: () => entriesOf(held),
  }
}

function entriesOf(held: ReadonlyMap<string, Held>): TableEntry[] {
  const entries: TableEntry[] = []
  for (const { entry } of held.values()) entries.push(entry)
  return entries
}

interface Swap {
  readonly from: ReadonlyMap<string, Held>
  readonly to: ReadonlyMap<string, Held>
}

/** A table that is much like the one in use comes as a change of it: calls wait for what is new in it, not for all of it. */
function bringIn(table: LiveTable, { from, to }: Swap, version: number): void {
  const upserted: TableEntry[] = []
  for (const [key, { entry }] of to) if (from.get(key)?.entry !== entry) upserted.push(entry)
  const removed = [...from.keys()].filter((key) => !to.has(key))
  const changed = upserted.length + removed.length
  if (table.loaded && changed <= from.size * MAX_CHANGED_SHARE) table.apply({ upserted, removed }, version)
  else table.load(entriesOf(to), version)
}

/** Entries that are known by their hash, the same that proves a whole table, are the known ones. */
async function decodeAll(
  texts: Iterable<readonly [string, string]>,
  known: ReadonlyMap<string, Held>,
): Promise<Map<string, Held>> {
  const slice = createTimeSlice()
  const decoded = new Map<string, Held>()
  for (const [key, json] of texts) {
    const hash = entryHash(key, json)
    const before = known.get(key)
    decoded.set(key, before?.hash === hash ? before : { hash, entry: decodeEntry(key, json) })
    if (slice.over()) await slice.pause()
  }
  return decoded
}

interface DecodedChange {
  readonly upserted: ReadonlyMap<string, Held>
  readonly removed: ReadonlySet<string>
}

async function decodeChange(changes: readonly EntryChange[], known: ReadonlyMap<string, Held>): Promise<DecodedChange> {
  const removed = new Set<string>()
  const texts: [string, string][] = []
  for (const [key, json] of changes) {
    if (json === undefined) removed.add(key)
    else texts.push([key, json])
  }
  return { upserted: await decodeAll(texts, known), removed }
}

function checksumAfter(held: ReadonlyMap<string, Held>, before: number, { upserted, removed }: DecodedChange): number {
  let sum = before
  for (const key of removed) sum = subtractHash(sum, held.get(key)?.hash ?? 0)
  for (const [key, { hash }] of upserted) sum = addHash(subtractHash(sum, held.get(key)?.hash ?? 0), hash)
  return sum
}

function sizeAfter(held: ReadonlyMap<string, Held>, { upserted, removed }: DecodedChange): number {
  let size = held.size
  for (const key of removed) if (held.has(key)) size--
  for (const key of upserted.keys()) if (!held.has(key)) size++
  return size
}

function verify(head: CacheHead, checksum: number, entries: number): void {
  if (entries !== head.entries) {
    throw new CacheContentError({ key: 'entries', field: '', expected: `${head.entries} entries, not ${entries}` })
  }
  if (checksumText(checksum) !== head.checksum) {
    throw new CacheContentError({ key: 'entries', field: '', expected: `entries with the checksum ${head.checksum}` })
  }
}
