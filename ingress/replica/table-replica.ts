/** The live table as a copy of the table in the shared cache. The checksum proves that nothing is missing. */

import { MAX_PARTS_AT_ONCE } from '../lookup/limits.ts'
import type { LiveTable } from '../lookup/live-table.ts'
import { CacheContentError } from '../route-table/cache-content-error.ts'
import { type CacheHead, comparePositions, type TableSnapshot } from '../route-table/cache-head.ts'
import type { EntryChange, LogRecord } from '../route-table/cache-log.ts'
import { MATCH_CONDITIONS, type TableEntry } from '../route-table/route-table.ts'
import { addHash, checksumText, EMPTY_CHECKSUM, entryHash, subtractHash } from '../route-table/table-checksum.ts'
import { decodeEntry } from '../route-table/table-codec.ts'
import { createTimeSlice } from '../time/time-slice.ts'

/**
 * The caller must wait for the end of one call of `load` or `apply` before it starts the next. If a call throws, the table
 * stays unchanged.
 */
export interface TableReplica {
  /** The head of the live table. Undefined before the first load. */
  readonly head: CacheHead | undefined
  /**
   * Makes a snapshot the live table. Throws `CacheContentError` if the snapshot is damaged, `PatternError` if a pattern is
   * invalid, and `TimeZoneError` if a time zone is unknown. Old snapshots are accepted too, so the caller must compare positions.
   */
  load(snapshot: TableSnapshot): Promise<void>
  /**
   * Applies one change. Returns false if the change belongs to another table, or if the result is not the table that the
   * head of the change describes.
   */
  apply(delta: Extract<LogRecord, { readonly type: 'delta' }>): Promise<boolean>
  /** The current entries, as a list that later changes do not modify. */
  entries(): readonly TableEntry[]
  /** `entryHash` of each entry by its key. The result is valid until the next change. */
  hashes(): Iterable<readonly [string, number]>
}

interface RetainedEntry {
  readonly hash: number
  readonly entry: TableEntry
}

export function createTableReplica(table: LiveTable): TableReplica {
  let head: CacheHead | undefined
  let retained = new Map<string, RetainedEntry>()
  let checksum = EMPTY_CHECKSUM
  return {
    get head() {
      return head
    },
    async load(snapshot) {
      const next = await decodeAll(snapshot.entries, retained)
      const sum = await checksumOf(next)
      verify(snapshot.head, sum, next.size)
      await bringIn(table, { from: retained, to: next }, snapshot.head.version)
      head = snapshot.head
      retained = next
      checksum = sum
    },
    async apply({ head: promised, from, changes }) {
      if (head === undefined || from !== head.version || comparePositions(promised, head) <= 0) return false
      const change = await decodeChange(changes, retained)
      const { sum, size } = await sumAfter(retained, checksum, change)
      if (checksumText(sum) !== promised.checksum || size !== promised.entries) return false
      retained = await bringInChange(table, { retained, change }, promised.version)
      head = promised
      checksum = sum
      return true
    },
    entries: () => Array.from(retained.values(), ({ entry }) => entry),
    *hashes() {
      for (const [key, { hash }] of retained) yield [key, hash]
    },
  }
}

function* entriesOf(retained: ReadonlyMap<string, RetainedEntry>): Generator<TableEntry> {
  for (const { entry } of retained.values()) yield entry
}

interface Swap {
  readonly from: ReadonlyMap<string, RetainedEntry>
  readonly to: ReadonlyMap<string, RetainedEntry>
}

/**
 * Makes `swap.to` the live table. If the two tables are similar, only the difference is applied. The difference is applied
 * in one step, and costs only as much as adding the new entries.
 */
async function bringIn(table: LiveTable, swap: Swap, version: number): Promise<void> {
  const { upserted, removed } = await difference(swap)
  if (table.loaded && isSmall(upserted, removed.length)) await table.applyInSlices({ upserted, removed }, version)
  else await table.loadInSlices(entriesOf(swap.to), version)
}

async function difference({ from, to }: Swap): Promise<{ upserted: TableEntry[]; removed: string[] }> {
  const slice = createTimeSlice()
  const upserted: TableEntry[] = []
  const removed: string[] = []
  for (const [key, { entry }] of to) {
    if (from.get(key)?.entry !== entry) upserted.push(entry)
    if (slice.over()) await slice.pause()
  }
  for (const key of from.keys()) {
    if (!to.has(key)) removed.push(key)
    if (slice.over()) await slice.pause()
  }
  return { upserted, removed }
}

interface RetainedChange {
  readonly retained: Map<string, RetainedEntry>
  readonly change: DecodedChange
}

/** Applies a change and returns the retained entries after it. The map that was passed in may have been modified. */
async function bringInChange(
  table: LiveTable,
  { retained, change }: RetainedChange,
  version: number,
): Promise<Map<string, RetainedEntry>> {
  const { upserted, removed } = change
  if (isSmall(entriesOf(upserted), removed.size)) {
    await table.applyInSlices({ upserted: [...entriesOf(upserted)], removed: [...removed] }, version)
    return changed(retained, change)
  }
  const next = await changedInSlices(await copyOf(retained), change)
  await table.loadInSlices(entriesOf(next), version)
  return next
}

function changed(
  retained: Map<string, RetainedEntry>,
  { upserted, removed }: DecodedChange,
): Map<string, RetainedEntry> {
  for (const key of removed) retained.delete(key)
  for (const [key, entry] of upserted) retained.set(key, entry)
  return retained
}

async function changedInSlices(retained: Map<string, RetainedEntry>, { upserted, removed }: DecodedChange) {
  const slice = createTimeSlice()
  for (const key of removed) {
    retained.delete(key)
    if (slice.over()) await slice.pause()
  }
  for (const [key, entry] of upserted) {
    retained.set(key, entry)
    if (slice.over()) await slice.pause()
  }
  return retained
}

async function copyOf(retained: ReadonlyMap<string, RetainedEntry>): Promise<Map<string, RetainedEntry>> {
  const slice = createTimeSlice()
  const copy = new Map<string, RetainedEntry>()
  for (const [key, entry] of retained) {
    copy.set(key, entry)
    if (slice.over()) await slice.pause()
  }
  return copy
}

/**
 * Whether a change is small enough to be made in one step. Calls wait during such a step. A large change becomes a new
 * table, which is built while calls go on.
 */
function isSmall(upserted: Iterable<TableEntry>, removed: number): boolean {
  let parts = removed
  for (const entry of upserted) {
    if (parts > MAX_PARTS_AT_ONCE) return false
    parts += partsOf(entry)
  }
  return parts <= MAX_PARTS_AT_ONCE
}

/**
 * The cost of an entry in a change: how many numbers, networks and endpoints the entry has. Each of them costs about the
 * same.
 */
function partsOf(entry: TableEntry): number {
  switch (entry.kind) {
    case 'trunk':
      return 1 + entry.called.length + entry.sources.length + entry.trustedProxies.length
    case 'rule':
      return MATCH_CONDITIONS.reduce((parts, condition) => parts + entry[condition].length, 1)
    case 'service':
      return 1 + entry.endpoints.length
  }
}

async function checksumOf(entries: ReadonlyMap<string, RetainedEntry>): Promise<number> {
  const slice = createTimeSlice()
  let sum = EMPTY_CHECKSUM
  for (const { hash } of entries.values()) {
    sum = addHash(sum, hash)
    if (slice.over()) await slice.pause()
  }
  return sum
}

/**
 * Decodes entries. An entry whose hash is already known is not decoded again. The checksum of the whole table is made of
 * the same hashes.
 */
async function decodeAll(
  texts: Iterable<readonly [string, string]>,
  known: ReadonlyMap<string, RetainedEntry>,
): Promise<Map<string, RetainedEntry>> {
  const slice = createTimeSlice()
  const decoded = new Map<string, RetainedEntry>()
  for (const [key, json] of texts) {
    const hash = entryHash(key, json)
    const before = known.get(key)
    decoded.set(key, before?.hash === hash ? before : { hash, entry: decodeEntry(key, json) })
    if (slice.over()) await slice.pause()
  }
  return decoded
}

interface DecodedChange {
  readonly upserted: ReadonlyMap<string, RetainedEntry>
  readonly removed: ReadonlySet<string>
}

async function decodeChange(
  changes: readonly EntryChange[],
  known: ReadonlyMap<string, RetainedEntry>,
): Promise<DecodedChange> {
  const slice = createTimeSlice()
  const removed = new Set<string>()
  const texts: [string, string][] = []
  for (const [key, json] of changes) {
    if (json === undefined) removed.add(key)
    else texts.push([key, json])
    if (slice.over()) await slice.pause()
  }
  return { upserted: await decodeAll(texts, known), removed }
}

/** The checksum of the entries after a change, and the number of these entries. */
async function sumAfter(
  retained: ReadonlyMap<string, RetainedEntry>,
  before: number,
  { upserted, removed }: DecodedChange,
): Promise<{ readonly sum: number; readonly size: number }> {
  const slice = createTimeSlice()
  let [sum, size] = [before, retained.size]
  for (const key of removed) {
    const old = retained.get(key)
    sum = subtractHash(sum, old?.hash ?? 0)
    if (old) size--
    if (slice.over()) await slice.pause()
  }
  for (const [key, { hash }] of upserted) {
    const old = retained.get(key)
    sum = addHash(subtractHash(sum, old?.hash ?? 0), hash)
    if (!old) size++
    if (slice.over()) await slice.pause()
  }
  return { sum, size }
}

function verify(head: CacheHead, checksum: number, entries: number): void {
  if (entries !== head.entries) {
    throw new CacheContentError({ key: 'entries', field: '', expected: `${head.entries} entries, not ${entries}` })
  }
  if (checksumText(checksum) !== head.checksum) {
    throw new CacheContentError({ key: 'entries', field: '', expected: `entries with the checksum ${head.checksum}` })
  }
}
