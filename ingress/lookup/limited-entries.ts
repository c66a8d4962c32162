import type { CallLimit, RuleEntry, TrunkEntry } from '../route-table/route-table.ts'

/** The trunks and rules of a table that have limits, by name. */
export interface LimitedEntries {
  readonly trunks: ReadonlyMap<string, TrunkEntry>
  readonly rules: ReadonlyMap<string, RuleEntry>
  /** Whether one of the limits counts calls at the same time. */
  readonly countsCalls: boolean
  /** Whether one of the limits is for the whole installation. */
  readonly isShared: boolean
}

export interface LimitedEntriesOfTable extends LimitedEntries {
  put(entry: TrunkEntry | RuleEntry): void
  /** Removes an entry. Changes nothing if it has no limits, or if a newer entry has replaced it. */
  remove(entry: TrunkEntry | RuleEntry): void
}

/** They change with the table, entry by entry, so that no change has to look at all rules. */
export function createLimitedEntries(): LimitedEntriesOfTable {
  const trunks = new Map<string, TrunkEntry>()
  const rules = new Map<string, RuleEntry>()
  let counting = 0
  let shared = 0
  const count = ({ concurrent, scope }: CallLimit, change: 1 | -1): void => {
    if (concurrent) counting += change
    if (scope === 'Installation') shared += change
  }
  const remove = (entry: TrunkEntry | RuleEntry): void => {
    const entries = entry.kind === 'trunk' ? trunks : rules
    if (entry.limits === undefined || entries.get(entry.name) !== entry) return
    entries.delete(entry.name)
    count(entry.limits, -1)
  }
  return {
    trunks,
    rules,
    get countsCalls() {
      return counting > 0
    },
    get isShared() {
      return shared > 0
    },
    put: (entry) => {
      const { kind, name, limits } = entry
      const before = (kind === 'trunk' ? trunks : rules).get(name)
      if (before) remove(before)
      if (limits === undefined) return
      switch (kind) {
        case 'trunk':
          trunks.set(name, entry)
          break
        case 'rule':
          rules.set(name, entry)
          break
      }
      count(limits, 1)
    },
    remove,
  }
}
