/** Protects the table against accidents. A change that removes most of the table at once is held until somebody allows it. */
import { MASS_REMOVAL_SHARE, MASS_REMOVAL_WINDOW_MS, SMALL_TABLE_ENTRIES } from './limits.ts'

export interface RemovalGuard {
  /**
   * The keys that must stay in the table, although the new table does not have them. Each call returns the same keys until one
   * of three things happens: the objects are back, their namespaces allow the removal, or earlier removals no longer count and
   * these keys are only a small part of the table.
   */
  held(change: TableRemoval, now: number): ReadonlySet<string>
}

export interface TableRemoval {
  /** The keys of the table that the pods have. The form is `kind/namespace/name`. */
  readonly published: Iterable<string>
  /** The keys of the new table. */
  readonly next: Pick<ReadonlySet<string>, 'has'>
  /** Whether this namespace allows mass deletions. If it does, no removal of its entries is held. */
  readonly allowed: (namespace: string) => boolean
}

interface PastRemoval {
  readonly at: number
  readonly entries: number
}

const NOTHING: ReadonlySet<string> = new Set()

/**
 * Removals are added up for `MASS_REMOVAL_WINDOW_MS`, because clients delete a thousand objects one after the other. In a table
 * of at most `SMALL_TABLE_ENTRIES`, no removal is held, because a person can intentionally remove half of such a table in one
 * morning.
 */
export function createRemovalGuard(): RemovalGuard {
  let past: PastRemoval[] = []
  return {
    held: ({ published, next, allowed }, now) => {
      past = past.filter(({ at }) => now - at < MASS_REMOVAL_WINDOW_MS)
      const missing: string[] = []
      let size = 0
      for (const key of published) {
        size++
        if (!next.has(key)) missing.push(key)
      }
      if (missing.length === 0) return NOTHING
      const gone = past.reduce((sum, { entries }) => sum + entries, 0)
      const before = size + gone
      const many = before > SMALL_TABLE_ENTRIES && gone + missing.length > before * MASS_REMOVAL_SHARE
      const held = many ? missing.filter((key) => !allowed(namespaceOf(key))) : []
      const removed = missing.length - held.length
      if (removed > 0) past.push({ at: now, entries: removed })
      return held.length === 0 ? NOTHING : new Set(held)
    },
  }
}

/** The namespace in a key of the table. */
export function namespaceOf(key: string): string {
  return key.split('/', 2)[1] ?? ''
}
