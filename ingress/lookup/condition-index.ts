/** Indexes of rules. Each index finds rules by one of their conditions. */
import type { RuleEntry } from '../route-table/route-table.ts'
import { type Candidates, type Posting, withItem, withoutItem } from './candidates.ts'
import type { IndexedRule, RuleQuery } from './indexed-rule.ts'
import { NumberIndex } from './number-index.ts'
import { RankedList } from './ranked-list.ts'

export interface ConditionIndex {
  /** The rules in the index, in the order in which rules are tried. */
  readonly rules: RankedList<IndexedRule>
  /** Whether this index can find the rule by its condition. */
  finds(entry: RuleEntry): boolean
  /** Adds a rule. Must be called only for rules that this index can find. */
  add(rule: IndexedRule): void
  remove(rule: IndexedRule): void
  /** Adds to `candidates` every rule that may match the call by this condition. */
  collect(query: RuleQuery, candidates: Candidates<IndexedRule>): void
}

/** Finds rules by their called or by their calling numbers. */
export class NumberConditionIndex implements ConditionIndex {
  readonly rules = new RankedList<IndexedRule>()
  readonly #numbers = new NumberIndex<IndexedRule>()
  readonly #condition: 'called' | 'calling'

  constructor(condition: 'called' | 'calling') {
    this.#condition = condition
  }

  finds(entry: RuleEntry): boolean {
    return entry[this.#condition].length > 0
  }

  add(rule: IndexedRule): void {
    this.rules.add(rule)
    this.#numbers.add(rule, rule.entry[this.#condition])
  }

  remove(rule: IndexedRule): void {
    this.rules.remove(rule)
    this.#numbers.remove(rule, rule.entry[this.#condition])
  }

  collect(query: RuleQuery, candidates: Candidates<IndexedRule>): void {
    const { first } = this.rules
    if (first === undefined) return
    const isCalling = this.#condition === 'calling'
    if (isCalling && query.callingUnreadable) candidates.add(first, false)
    else this.#numbers.collect(isCalling ? query.calling : query.called, candidates)
  }
}

/** Finds rules by their first header condition that requires an exact value. */
export class HeaderConditionIndex implements ConditionIndex {
  readonly rules = new RankedList<IndexedRule>()
  readonly #headers = new Map<string, Map<string, Posting<IndexedRule>>>()

  finds(entry: RuleEntry): boolean {
    return exactHeader(entry) !== undefined
  }

  add(rule: IndexedRule): void {
    this.rules.add(rule)
    this.#change(rule, (posting) => withItem(posting, rule))
  }

  remove(rule: IndexedRule): void {
    this.rules.remove(rule)
    this.#change(rule, (posting) => withoutItem(posting, rule))
  }

  collect(query: RuleQuery, candidates: Candidates<IndexedRule>): void {
    for (const [name, postings] of this.#headers) {
      for (const value of query.header(name)) candidates.add(postings.get(value), true)
    }
  }

  #change(
    { entry }: IndexedRule,
    change: (posting: Posting<IndexedRule> | undefined) => Posting<IndexedRule> | undefined,
  ): void {
    const header = exactHeader(entry)
    if (header === undefined) return
    const postings = this.#headers.get(header.name) ?? new Map<string, Posting<IndexedRule>>()
    const posting = change(postings.get(header.value))
    if (posting === undefined) postings.delete(header.value)
    else postings.set(header.value, posting)
    if (postings.size === 0) this.#headers.delete(header.name)
    else this.#headers.set(header.name, postings)
  }
}

function exactHeader(entry: RuleEntry): { readonly name: string; readonly value: string } | undefined {
  for (const header of entry.headers) {
    if (header.type === 'exact') return header
  }
  return undefined
}
