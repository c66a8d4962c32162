/** What one compilation leaves to the next: what was made of a rule that is still the same object. */
import type { DispatchRule } from '../../crds/schema/dispatch-rule.ts'
import type { RuleEntry } from '../../ingress/route-table/route-table.ts'

/** Nothing in it outlives the objects that it is about. It saves time and changes no result. */
export interface CompileMemory {
  /** The entry of a rule that serves these trunks; `make` is asked the first time. */
  entry(rule: DispatchRule, trunks: readonly string[], make: () => RuleEntry): RuleEntry
  /** What makes two entries the same match. */
  matchKey(entry: RuleEntry, make: () => string): string
}

export function createCompileMemory(): CompileMemory {
  const entries = new WeakMap<DispatchRule, RuleEntry>()
  const keys = new WeakMap<RuleEntry, string>()
  return {
    entry: (rule, trunks, make) => {
      const known = entries.get(rule)
      if (known && sameNames(known.trunks, trunks)) return known
      const made = make()
      entries.set(rule, made)
      return made
    },
    matchKey: (entry, make) => {
      const known = keys.get(entry)
      if (known !== undefined) return known
      const made = make()
      keys.set(entry, made)
      return made
    },
  }
}

function sameNames(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((name, i) => name === b[i])
}
