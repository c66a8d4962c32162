/** What matching knows of each condition of a rule: how it is asked, how it finds rules, and what is said where it fails. */
import type { MatchCondition, RuleEntry } from '../route-table/route-table.ts'
import { type ConditionIndex, HeaderConditionIndex, NumberConditionIndex } from './condition-index.ts'
import { headerTest } from './header-test.ts'
import type { ConditionTests, IndexedRule, RuleQuery } from './indexed-rule.ts'
import { numberPatterns, numberTest, unprovenTest } from './number-test.ts'
import type { Patterns } from './patterns.ts'

/** Why a condition does not hold, as metrics, log and `explain` call it. */
interface ConditionFailures {
  readonly called: 'called'
  readonly calling: 'calling' | 'calling_unreadable'
  readonly headers: 'header'
}

export type ConditionFailure = ConditionFailures[MatchCondition]

interface LookupRow<C extends MatchCondition> {
  /** The regular expressions that it needs. */
  readonly patterns: (entry: RuleEntry) => string[]
  /** What is asked of a call. The patterns of the rule must be acquired. */
  readonly compile: (entry: RuleEntry, patterns: Patterns) => ConditionTests[C]
  /** `proven`: the index has proved the condition under which it found the rule. */
  readonly holds: (rule: IndexedRule, query: RuleQuery, proven: boolean) => boolean
  /** Why it does not hold. */
  readonly failure: ConditionFailures[C]
  /** The same where nobody can say whether it holds, because what it asks for cannot be read: the search ends there. */
  readonly unreadable: (query: RuleQuery) => ConditionFailures[C] | undefined
  /** Undefined: no rule is found by it. */
  readonly createIndex: () => ConditionIndex | undefined
}

/** A row for each condition, in the order in which they are asked and a rule looks for an index that finds it. */
export const LOOKUP_ROWS = {
  called: {
    patterns: ({ called }) => numberPatterns(called),
    compile: ({ called }, patterns) => unprovenTest(called, patterns),
    holds: (rule, query, proven) => proven || rule.called === undefined || rule.called(query.called),
    failure: 'called',
    unreadable: () => undefined,
    createIndex: () => new NumberConditionIndex('called'),
  },
  calling: {
    patterns: ({ calling }) => numberPatterns(calling),
    compile: ({ calling }, patterns) => (calling.length === 0 ? undefined : numberTest(calling, patterns)),
    holds: ({ calling }, query) => calling === undefined || (!query.callingUnreadable && calling(query.calling)),
    failure: 'calling',
    unreadable: ({ callingUnreadable }) => (callingUnreadable ? 'calling_unreadable' : undefined),
    createIndex: () => new NumberConditionIndex('calling'),
  },
  headers: {
    patterns: (entry) => entry.headers.flatMap((header) => (header.type === 'regex' ? [header.pattern] : [])),
    compile: ({ headers }, patterns) => headers.map((predicate) => headerTest(predicate, patterns)),
    holds: (rule, query) => failedHeader(rule, query.header) === -1,
    failure: 'header',
    unreadable: () => undefined,
    createIndex: () => new HeaderConditionIndex(),
  },
} satisfies { readonly [C in MatchCondition]: LookupRow<C> }

/** The place of the first header condition that does not hold; -1 where all of them do. */
export function failedHeader({ headers }: ConditionTests, valuesOf: RuleQuery['header']): number {
  for (let place = 0; place < headers.length; place++) {
    const header = headers[place]
    if (header !== undefined && !header.holds(valuesOf(header.name))) return place
  }
  return -1
}
