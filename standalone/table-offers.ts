/** Tables as changes of the one in use, in parts that are quick to hand over. Pure. */
import type { EntryChange } from '../ingress/route-table/cache-log.ts'
import type { TableEntry } from '../ingress/route-table/route-table.ts'
import { checksumText } from '../ingress/route-table/table-checksum.ts'
import { type HeldEntries, type HeldEntry, tableDifference } from '../operator/publish/table-difference.ts'
import { MAX_CHANGED_NAMES, MAX_MESSAGE_LENGTH } from './limits.ts'
import type { ChangedNames, TableOffer } from './reader-messages.ts'

export interface TableOffers {
  /** Entries that the table in use has, known by their hashes alone. */
  hold(entries: readonly (readonly [string, number])[]): void
  /** The table in use has this version. */
  begin(version: number): void
  /** What makes the table in use this one; undefined: nothing. What was offered before is forgotten. */
  offer(entries: readonly TableEntry[]): Omit<TableOffer, 'conditions'> | undefined
  /** The next part of the offer. */
  next(): readonly EntryChange[]
  /** The table in use is the one that was offered, or is what it was. */
  taken(inUse: boolean): void
}

interface Offer {
  readonly held: HeldEntries
  readonly version: number
  readonly parts: (readonly EntryChange[])[]
}

export function createTableOffers(): TableOffers {
  const known = new Map<string, HeldEntry>()
  let held: HeldEntries = known
  let version = 0
  let offered: Offer | undefined
  return {
    hold(entries) {
      for (const [key, hash] of entries) known.set(key, { hash, entry: undefined })
    },
    begin(used) {
      version = used
    },
    offer(entries) {
      const { changes, checksum, held: after } = tableDifference(held, entries)
      const parts = partsOf(changes)
      if (version > 0 && changes.length === 0) return undefined
      offered = { held: after, version: version + 1, parts }
      const head = {
        ...{ installation: 'standalone', epoch: 1, version: version + 1 },
        ...{ checksum: checksumText(checksum), entries: after.size },
      }
      const from = version === 0 ? undefined : version
      return { type: 'changed', head, from, names: namesOf(changes, held), parts: parts.length }
    },
    next: () => offered?.parts.shift() ?? [],
    taken(inUse) {
      if (offered === undefined) return
      if (inUse) {
        held = offered.held
        version = offered.version
      }
      offered = undefined
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

function namesOf(changes: readonly EntryChange[], before: HeldEntries): ChangedNames {
  const [added, changed, removed]: [string[], string[], string[]] = [[], [], []]
  for (const [key, json] of changes) {
    const names = json === undefined ? removed : before.has(key) ? changed : added
    if (names.length < MAX_CHANGED_NAMES) names.push(nameOf(key))
  }
  return { added, changed, removed, more: changes.length - added.length - changed.length - removed.length }
}

/** A key is `rule/default/support`. */
function nameOf(key: string): string {
  return key.replace('/', ' ')
}
