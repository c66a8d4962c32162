import { entryKey, type TableDelta, type TableEntry } from '../ingress/route-table/route-table.ts'

/** What has to change to make one table out of another. Entries are plain JSON, so their text says whether they differ. */
export interface TableChanges {
  /** The change since the table that was taken over last; the first time, every entry. */
  next(entries: readonly TableEntry[]): TableChange
}

export interface TableChange {
  readonly delta: TableDelta
  /** What that means for objects; made when asked, as the first change is of all. */
  names(): ChangedNames
  /** The table has it: later changes count from here. */
  takenOver(): void
}

/** `rule default/support`, by what became of it. */
export interface ChangedNames {
  readonly added: readonly string[]
  readonly changed: readonly string[]
  readonly removed: readonly string[]
}

export function createTableChanges(): TableChanges {
  let previous: ReadonlyMap<string, string> = new Map()
  return {
    next: (entries) => {
      const texts = new Map(entries.map((entry) => [entryKey(entry), JSON.stringify(entry)]))
      const upserted = entries.filter((entry) => previous.get(entryKey(entry)) !== texts.get(entryKey(entry)))
      const removed = [...previous.keys()].filter((key) => !texts.has(key))
      const before = previous
      const names = (): ChangedNames => {
        const keys = upserted.map(entryKey)
        return {
          added: keys.filter((key) => !before.has(key)).map(nameOf),
          changed: keys.filter((key) => before.has(key)).map(nameOf),
          removed: removed.map(nameOf),
        }
      }
      const takenOver = (): void => {
        previous = texts
      }
      return { delta: { upserted, removed }, names, takenOver }
    },
  }
}

/** A key is `rule/default/support`. */
function nameOf(key: string): string {
  return key.replace('/', ' ')
}
