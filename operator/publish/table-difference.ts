import type { EntryChange } from '../../ingress/route-table/cache-log.ts'
import { entryKey, type TableEntry } from '../../ingress/route-table/route-table.ts'
import { addHash, EMPTY_CHECKSUM, entryHash } from '../../ingress/route-table/table-checksum.ts'
import { encodeEntry } from '../../ingress/route-table/table-codec.ts'

/** One entry of the table in the cache. */
export interface KnownEntry {
  /** The `entryHash` of the entry. */
  readonly hash: number
  /** Undefined if only the JSON of the entry was read, and the JSON was not decoded. */
  readonly entry: TableEntry | undefined
}

/** The entries of a table; the keys are the entries' keys. */
export type KnownEntries = ReadonlyMap<string, KnownEntry>

export interface TableDifference {
  readonly changes: readonly EntryChange[]
  /** The number of characters of all changes. */
  readonly length: number
  /** The entries after the changes. */
  readonly after: KnownEntries
  readonly checksum: number
}

/** Finds the changes that turn the table `before` into `entries`. An entry is encoded as JSON only if it may have changed. */
export function tableDifference(before: KnownEntries, entries: readonly TableEntry[]): TableDifference {
  const after = new Map<string, KnownEntry>()
  const changes: EntryChange[] = []
  let [length, checksum] = [0, EMPTY_CHECKSUM]
  for (const entry of entries) {
    const key = entryKey(entry)
    const old = before.get(key)
    if (old?.entry === entry) {
      after.set(key, old)
      checksum = addHash(checksum, old.hash)
      continue
    }
    const same = old?.entry !== undefined && isSame(old.entry, entry)
    const json = same ? '' : encodeEntry(entry)
    const hash = same ? old.hash : entryHash(key, json)
    after.set(key, { hash, entry })
    checksum = addHash(checksum, hash)
    if (old?.hash === hash) continue
    changes.push([key, json])
    length += key.length + json.length
  }
  for (const key of before.keys()) {
    if (after.has(key)) continue
    changes.push([key, undefined])
    length += key.length
  }
  return { changes, length, after, checksum }
}

/** Whether two values are equal as JSON. The order of fields does not matter. */
function isSame(a: unknown, b: unknown): boolean {
  if (a === b) return true
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false
  if (Array.isArray(a) || Array.isArray(b)) return isSameList(a, b)
  const names = Object.keys(a)
  if (names.length !== Object.keys(b).length) return false
  return names.every((name) => isSame(Reflect.get(a, name), Reflect.get(b, name)))
}

function isSameList(a: unknown, b: unknown): boolean {
  if (!Array.isArray(a) || !Array.isArray(b) || a.length !== b.length) return false
  for (let i = 0; i < a.length; i++) if (!isSame(a[i], b[i])) return false
  return true
}
