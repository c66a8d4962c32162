/** Offers a new table as changes of the table in use. The changes are split into parts that can be sent quickly. */
import type { EntryChange } from '../ingress/route-table/cache-log.ts'
import type { TableEntry } from '../ingress/route-table/route-table.ts'
import { checksumText } from '../ingress/route-table/table-checksum.ts'
import { type KnownEntries, type KnownEntry, tableDifference } from '../operator/publish/table-difference.ts'
import { MAX_CHANGED_NAMES, MAX_MESSAGE_LENGTH } from './limits.ts'
import type { ChangedNames, TableOffer } from './reader-messages.ts'

export interface TableOffers {
  /** Adds entries of the table in use. Only their hashes are known. */
  hold(entries: readonly (readonly [string, number])[]): void
  /** Sets the version of the table in use. */
  begin(version: number): void
  /**
   * Offers the changes from the table in use to `entries`. Returns undefined if nothing differs. A new offer replaces an
   * earlier one.
   */
  offer(entries: readonly TableEntry[]): Omit<TableOffer, 'conditions'> | undefined
  /** Returns the next part of the offer. */
  next(): readonly EntryChange[]
  /**
   * Must be called after an offer. `inUse`: whether the offered table is now in use. If it is false, the earlier table is still
   * in use.
   */
  taken(inUse: boolean): void
}

interface Offer {
  readonly entries: KnownEntries
  readonly version: number
  readonly parts: (readonly EntryChange[])[]
}

export function createTableOffers(): TableOffers {
  const known = new Map<string, KnownEntry>()
  let inUseEntries: KnownEntries = known
  let version = 0
  let pending: Offer | undefined
  return {
    hold(entries) {
      for (const [key, hash] of entries) known.set(key, { hash, entry: undefined })
    },
    begin(used) {
      version = used
    },
    offer(entries) {
      const { changes, checksum, after } = tableDifference(inUseEntries, entries)
      const parts = partsOf(changes)
      if (version > 0 && changes.length === 0) return undefined
      pending = { entries: after, version: version + 1, parts }
      const head = {
        ...{ installation: 'standalone', epoch: 1, version: version + 1 },
        ...{ checksum: checksumText(checksum), entries: after.size },
      }
      const from = version === 0 ? undefined : version
      return { type: 'changed', head, from, names: namesOf(changes, inUseEntries), parts: parts.length }
    },
    next: () => pending?.parts.shift() ?? [],
    taken(inUse) {
      if (pending === undefined) return
      if (inUse) {
        inUseEntries = pending.entries
        version = pending.version
      }
      pending = undefined
    },
  }
}

function partsOf(changes: readonly EntryChange[]): EntryChange[][] {
  const parts: EntryChange[][] = []
  let length = MAX_MESSAGE_LENGTH
  for (const change of changes) {
    const [key, json = ''] = change
    length += key.length + json.length
    const last = parts.at(-1)
    if (last !== undefined && length <= MAX_MESSAGE_LENGTH) last.push(change)
    else {
      parts.push([change])
      length = key.length + json.length
    }
  }
  return parts
}

function namesOf(changes: readonly EntryChange[], before: KnownEntries): ChangedNames {
  const [added, changed, removed]: [string[], string[], string[]] = [[], [], []]
  for (const [key, json] of changes) {
    const names = json === undefined ? removed : before.has(key) ? changed : added
    if (names.length < MAX_CHANGED_NAMES) names.push(nameOf(key))
  }
  return { added, changed, removed, more: changes.length - added.length - changed.length - removed.length }
}

/** The name of an entry. For example, the key `rule/default/support` becomes `rule default/support`. */
function nameOf(key: string): string {
  return key.replace('/', ' ')
}
