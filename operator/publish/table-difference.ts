import type { EntryChange } from '../../ingress/route-table/cache-log.ts'
import { entryKey, type TableEntry } from '../../ingress/route-table/route-table.ts'
import { addHash, EMPTY_CHECKSUM, entryHash } from '../../ingress/route-table/table-checksum.ts'
import { encodeEntry } from '../../ingress/route-table/table-codec.ts'

/** What is known of one entry that the cache holds. */
export interface HeldEntry {
  /** `entryHash` of it. */
  readonly hash: number
  /** Undefined where only its JSON was seen. */
  readonly entry: TableEntry | undefined
}

/** The entries of a table by their keys. */
export type HeldEntries = ReadonlyMap<string, HeldEntry>

export interface TableDifference {
  readonly changes: readonly EntryChange[]
  /** Characters of the changes. */
  readonly length: number
  /** The table after them. */
  readonly held: HeldEntries
  readonly checksum: number
}

/** What makes a table out of another. Most entries are as they were: only the others become JSON. */
export function tableDifference(before: HeldEntries, entries: readonly TableEntry[]): TableDifference {
  const held = new Map<string, HeldEntry>()
  const changes: EntryChange[] = []
  let [length, checksum] = [0, EMPTY_CHECKSUM]
  for (const entry of entries) {
    const key = entryKey(entry)
    const old = before.get(key)
    if (old?.entry === entry) {
      held.set(key, old)
      checksum = addHash(checksum, old.hash)
      continue
    }
    const same = old?.entry !== undefined && isSame(old.entry, entry)
    const json = same ? '' : encodeEntry(entry)
    const hash = same ? old.hash : entryHash(key, json)
    held.set(key, { hash, entry })
    checksum = addHash(checksum, hash)
    if (old?.hash === hash) continue
    changes.push([key, json])
    length += key.length + json.length
  }
  for (const key of before.keys()) {
    if (held.has(key)) continue
    changes.push([key, undefined])
    length += key.length
  }
  return { changes, length, held, checksum }
}

/** Equal as JSON values. Fields in another order are no difference. */
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
