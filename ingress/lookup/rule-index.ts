import { MATCH_CONDITIONS, type RuleEntry, type TrunkEntry } from '../route-table/route-table.ts'
import { compareRules } from '../route-table/rule-order.ts'
import type { Candidates } from './candidates.ts'
import type { ConditionIndex } from './condition-index.ts'
import type { IndexedRule, RuleQuery } from './indexed-rule.ts'
import { LOOKUP_ROWS } from './match-condition.ts'
import type { Patterns } from './patterns.ts'
import { RankedList } from './ranked-list.ts'
import type { Schedules } from './schedules.ts'

/** Compiles a rule. The caller must have acquired the rule's patterns and its schedule. */
export function indexedRule(entry: RuleEntry, patterns: Patterns, schedules: Schedules): IndexedRule {
  return {
    kind: 'rule',
    rank: 0,
    entry,
    called: LOOKUP_ROWS.called.compile(entry, patterns),
    calling: LOOKUP_ROWS.calling.compile(entry, patterns),
    headers: LOOKUP_ROWS.headers.compile(entry, patterns),
    schedule: LOOKUP_ROWS.schedule.compile(entry, patterns, schedules),
  }
}

/**
 * The rules that name one trunk, or the rules of a namespace that name no trunk. Each rule is in one index: the index of
 * the first condition by which the rule can be found. A rule that no index can find is in the list `#open`.
 */
export class RuleScope {
  readonly #indexes: readonly (ConditionIndex | undefined)[] = MATCH_CONDITIONS.map((condition) =>
    LOOKUP_ROWS[condition].createIndex(),
  )
  readonly #open = new RankedList<IndexedRule>()

  /** All rules of the scope. Their order means nothing. */
  rules(): IndexedRule[] {
    return [...this.#indexes.map((index) => index?.rules), this.#open].flatMap((list) => list?.chunks.flat() ?? [])
  }

  /** The first rule in the index of a condition. `place` is the condition's index in `MATCH_CONDITIONS`. */
  firstBy(place: number): IndexedRule | undefined {
    return this.#indexes[place]?.rules.first
  }

  add(rule: IndexedRule): void {
    ;(this.#indexOf(rule) ?? this.#open).add(rule)
  }

  remove(rule: IndexedRule): void {
    ;(this.#indexOf(rule) ?? this.#open).remove(rule)
  }

  collect(query: RuleQuery, candidates: Candidates<IndexedRule>): void {
    for (let place = 0; place < this.#indexes.length; place++) this.#indexes[place]?.collect(query, candidates)
    candidates.add(this.#open, true)
  }

  #indexOf({ entry }: IndexedRule): ConditionIndex | undefined {
    return this.#indexes.find((index) => index?.finds(entry))
  }
}

/**
 * The gap that two neighbouring ranks have at first. A new rule between two others halves their gap. With 100,000 rules, a
 * float can halve a gap about 35 times. Then all rules get new ranks.
 */
const RANK_GAP = 2 ** 20

/**
 * All rules in the order in which they are tried, and by scope. The name of a scope is the name of a trunk. For rules that
 * name no trunk, the scope has the name of the namespace.
 */
export class RuleIndex {
  readonly #order = new RankedList<IndexedRule>()
  readonly #scopes = new Map<string, { readonly scope: RuleScope; rules: number }>()
  /** The scopes that `scopesOf` has returned for a trunk. They are stored, so that a call makes no list. */
  #listed = new WeakMap<TrunkEntry, readonly RuleScope[]>()

  add(rule: IndexedRule): void {
    const { before, after } = this.#order.add(rule, (a, b) => compareRules(a.entry, b.entry))
    this.#rank(rule, before, after)
    for (const name of scopeNames(rule.entry)) {
      const counted = this.#scopes.get(name) ?? this.#newScope(name)
      counted.scope.add(rule)
      counted.rules++
    }
  }

  remove(rule: IndexedRule): void {
    this.#order.remove(rule)
    for (const name of scopeNames(rule.entry)) {
      const counted = this.#scopes.get(name)
      if (counted === undefined) continue
      counted.scope.remove(rule)
      if (--counted.rules > 0) continue
      this.#scopes.delete(name)
      this.#listed = new WeakMap()
    }
  }

  /** The scopes that contain the rules of a trunk. Empty if no rule applies to the trunk. */
  scopesOf(trunk: TrunkEntry): readonly RuleScope[] {
    const listed = this.#listed.get(trunk)
    if (listed !== undefined) return listed
    const named = [this.#scopes.get(trunk.name), this.#scopes.get(trunk.namespace)]
    const scopes = named.flatMap((counted) => counted?.scope ?? [])
    this.#listed.set(trunk, scopes)
    return scopes
  }

  #newScope(name: string): { readonly scope: RuleScope; rules: number } {
    const counted = { scope: new RuleScope(), rules: 0 }
    this.#scopes.set(name, counted)
    this.#listed = new WeakMap()
    return counted
  }

  /**
   * Sets the rank of a rule between the ranks of its neighbours. With ranks, a lookup compares two numbers instead of two
   * rules.
   */
  #rank(rule: IndexedRule, before: IndexedRule | undefined, after: IndexedRule | undefined): void {
    if (before === undefined) rule.rank = after === undefined ? 0 : after.rank - RANK_GAP
    else if (after === undefined) rule.rank = before.rank + RANK_GAP
    else {
      rule.rank = (before.rank + after.rank) / 2
      if (rule.rank <= before.rank || rule.rank >= after.rank) this.#spread()
    }
  }

  /**
   * Gives new ranks to all rules. Their order stays the same, so every other list stays sorted. This is rare, and takes a
   * few milliseconds for 100,000 rules.
   */
  #spread(): void {
    let rank = 0
    for (const chunk of this.#order.chunks) {
      for (const rule of chunk) {
        rule.rank = rank
        rank += RANK_GAP
      }
    }
  }
}

/**
 * The names of the scopes to which a rule belongs. A rule applies only to trunks of its own namespace. Names of other
 * trunks are ignored.
 */
function scopeNames(entry: RuleEntry): Iterable<string> {
  if (entry.trunks.length === 0) return [entry.namespace]
  return new Set(entry.trunks.filter((trunk) => trunk.startsWith(`${entry.namespace}/`)))
}
