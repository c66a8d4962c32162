import type { RuleEntry, TrunkEntry } from '../route-table/route-table.ts'
import { compareRules } from '../route-table/rule-order.ts'
import { type Candidates, type Posting, withItem, withoutItem } from './candidates.ts'
import { type HeaderTest, headerTest } from './header-test.ts'
import { NumberIndex } from './number-index.ts'
import { type NumberTest, numberTest, unprovenTest } from './number-test.ts'
import type { Patterns } from './patterns.ts'
import { type Ranked, RankedList } from './ranked-list.ts'

/** A rule as the index holds it. Its rank follows the total order of rules. */
export interface IndexedRule extends Ranked {
  readonly kind: 'rule'
  readonly entry: RuleEntry
  /** Asked where the index could not prove that a called predicate holds. */
  readonly unproven: NumberTest | undefined
  /** Undefined: any caller. */
  readonly calling: NumberTest | undefined
  readonly headers: readonly HeaderTest[]
}

/** Compiles a rule. Its patterns must be acquired. */
export function indexedRule(entry: RuleEntry, patterns: Patterns): IndexedRule {
  return {
    kind: 'rule',
    rank: 0,
    entry,
    unproven: unprovenTest(entry.called, patterns),
    calling: entry.calling.length === 0 ? undefined : numberTest(entry.calling, patterns),
    headers: entry.headers.map((predicate) => headerTest(predicate, patterns)),
  }
}

/** What a scope needs of a call to find candidates. */
export interface RuleQuery {
  readonly called: string
  readonly calling: string
  /** No index finds rules by the calling number then: the first that asks for it is a candidate. */
  readonly callingUnreadable: boolean
  readonly header: (name: string) => readonly string[]
}

/**
 * The rules that one trunk names, or those of a namespace that name none. Each stands in one index only: by called
 * numbers if it has any, else by calling numbers, else by one exact header, else it is open.
 */
export class RuleScope {
  readonly #all = new RankedList<IndexedRule>()
  readonly #called = new NumberIndex<IndexedRule>()
  readonly #calling = new NumberIndex<IndexedRule>()
  readonly #byCalling = new RankedList<IndexedRule>()
  readonly #headers = new Map<string, Map<string, Posting<IndexedRule>>>()
  readonly #byHeader = new RankedList<IndexedRule>()
  readonly #open = new RankedList<IndexedRule>()

  /** The first rule in the order, of all and of those that the calling number or a header finds. */
  get first(): IndexedRule | undefined {
    return this.#all.first
  }

  get firstByCalling(): IndexedRule | undefined {
    return this.#byCalling.first
  }

  get firstByHeader(): IndexedRule | undefined {
    return this.#byHeader.first
  }

  add(rule: IndexedRule): void {
    const { entry } = rule
    this.#all.add(rule)
    const header = keyHeader(entry)
    if (entry.called.length > 0) this.#called.add(rule, entry.called)
    else if (entry.calling.length > 0) {
      this.#calling.add(rule, entry.calling)
      this.#byCalling.add(rule)
    } else if (header !== undefined) {
      this.#changeHeader(header, (posting) => withItem(posting, rule))
      this.#byHeader.add(rule)
    } else this.#open.add(rule)
  }

  remove(rule: IndexedRule): void {
    const { entry } = rule
    this.#all.remove(rule)
    const header = keyHeader(entry)
    if (entry.called.length > 0) this.#called.remove(rule, entry.called)
    else if (entry.calling.length > 0) {
      this.#calling.remove(rule, entry.calling)
      this.#byCalling.remove(rule)
    } else if (header !== undefined) {
      this.#changeHeader(header, (posting) => withoutItem(posting, rule))
      this.#byHeader.remove(rule)
    } else this.#open.remove(rule)
  }

  collect(query: RuleQuery, candidates: Candidates<IndexedRule>): void {
    this.#called.collect(query.called, candidates)
    if (query.callingUnreadable) candidates.add(this.#byCalling.first, false)
    else if (this.#byCalling.first !== undefined) this.#calling.collect(query.calling, candidates)
    for (const [name, postings] of this.#headers) {
      for (const value of query.header(name)) candidates.add(postings.get(value), true)
    }
    candidates.add(this.#open, true)
  }

  #changeHeader(
    header: { readonly name: string; readonly value: string },
    change: (posting: Posting<IndexedRule> | undefined) => Posting<IndexedRule> | undefined,
  ): void {
    const postings = this.#headers.get(header.name) ?? new Map<string, Posting<IndexedRule>>()
    const posting = change(postings.get(header.value))
    if (posting === undefined) postings.delete(header.value)
    else postings.set(header.value, posting)
    if (postings.size === 0) this.#headers.delete(header.name)
    else this.#headers.set(header.name, postings)
  }
}

/** The header by which a rule without numbers is found. */
function keyHeader(entry: RuleEntry): { readonly name: string; readonly value: string } | undefined {
  for (const header of entry.headers) {
    if (header.type === 'exact') return header
  }
  return undefined
}

/** Among 100,000 rules a float can halve this gap some 35 times; then all ranks are spread again. */
const RANK_GAP = 2 ** 20

/** All rules in their total order, and by scope: a trunk's name, or a namespace for the rules that name no trunk. */
export class RuleIndex {
  readonly #order = new RankedList<IndexedRule>()
  readonly #scopes = new Map<string, { readonly scope: RuleScope; rules: number }>()

  add(rule: IndexedRule): void {
    const { before, after } = this.#order.add(rule, (a, b) => compareRules(a.entry, b.entry))
    this.#rank(rule, before, after)
    for (const name of scopeNames(rule.entry)) {
      const held = this.#scopes.get(name) ?? { scope: new RuleScope(), rules: 0 }
      held.scope.add(rule)
      held.rules++
      this.#scopes.set(name, held)
    }
  }

  remove(rule: IndexedRule): void {
    this.#order.remove(rule)
    for (const name of scopeNames(rule.entry)) {
      const held = this.#scopes.get(name)
      if (held === undefined) continue
      held.scope.remove(rule)
      if (--held.rules === 0) this.#scopes.delete(name)
    }
  }

  /** The scopes in which a trunk's rules are; none where no rule applies to it. */
  scopesOf(trunk: TrunkEntry): readonly RuleScope[] {
    const own = this.#scopes.get(trunk.name)?.scope
    const shared = this.#scopes.get(trunk.namespace)?.scope
    if (own === undefined) return shared === undefined ? [] : [shared]
    return shared === undefined ? [own] : [own, shared]
  }

  /** Gives a rule a rank between its neighbours, so that a lookup compares two numbers and not two rules. */
  #rank(rule: IndexedRule, before: IndexedRule | undefined, after: IndexedRule | undefined): void {
    if (before === undefined) rule.rank = after === undefined ? 0 : after.rank - RANK_GAP
    else if (after === undefined) rule.rank = before.rank + RANK_GAP
    else {
      rule.rank = (before.rank + after.rank) / 2
      if (rule.rank <= before.rank || rule.rank >= after.rank) this.#spread()
    }
  }

  /** Ranks afresh; the order stays, so every other list stays sorted. Rare: a few milliseconds for 100,000 rules. */
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

/** A rule reaches only trunks of its own namespace, whatever it names. */
function scopeNames(entry: RuleEntry): Iterable<string> {
  if (entry.trunks.length === 0) return [entry.namespace]
  return new Set(entry.trunks.filter((trunk) => trunk.startsWith(`${entry.namespace}/`)))
}
