/**
 * One row for each condition of a rule: how the condition is tested, which index it has, and which reason is reported if it
 * fails.
 */
import type { MatchCondition, RuleEntry } from '../route-table/route-table.ts'
import { type ConditionIndex, HeaderConditionIndex, NumberConditionIndex } from './condition-index.ts'
import { headerTest } from './header-test.ts'
import type { ConditionTests, IndexedRule, RuleQuery } from './indexed-rule.ts'
import { numberPatterns, numberTest, unprovenTest } from './number-test.ts'
import type { Patterns } from './patterns.ts'
import type { Schedules } from './schedules.ts'

/** The reason why a condition does not hold, as metrics, log and `explain` name it. */
interface ConditionFailures {
  readonly called: 'called'
  readonly calling: 'calling' | 'calling_unreadable'
  readonly headers: 'header'
  readonly schedule: 'schedule'
}

export type ConditionFailure = ConditionFailures[MatchCondition]

interface LookupRow<C extends MatchCondition> {
  /** The regular expressions that the condition needs. */
  readonly patterns: (entry: RuleEntry) => string[]
  /** Compiles the test of a call. The caller must have acquired the patterns and the schedule of the rule. */
  readonly compile: (entry: RuleEntry, patterns: Patterns, schedules: Schedules) => ConditionTests[C]
  /** Whether the condition holds for the call. `proven`: the index that found the rule has already proved the condition. */
  readonly holds: (rule: IndexedRule, query: RuleQuery, proven: boolean) => boolean
  /** The reason that is reported if the condition does not hold. */
  readonly failure: ConditionFailures[C]
  /** The reason if the condition tests a part of the call that cannot be read. The search for a rule ends at such a rule. */
  readonly unreadable: (query: RuleQuery) => ConditionFailures[C] | undefined
  /** Creates an index that finds rules by this condition. Undefined if no index can do this. */
  readonly createIndex: () => ConditionIndex | undefined
}

/**
 * One row for each condition. The conditions of a rule are tested in this order. Each rule is in one index: the index of
 * the first condition, in this order, by which the rule can be found.
 */
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
    holds: (rule, query) => failedHeader(rule, query) === -1,
    failure: 'header',
    unreadable: () => undefined,
    createIndex: () => new HeaderConditionIndex(),
  },
  schedule: {
    patterns: () => [],
    compile: ({ schedule: [schedule] }, _patterns, schedules) => schedule && schedules.test(schedule),
    holds: ({ schedule }, query) => schedule === undefined || schedule.holds(query.at),
    failure: 'schedule',
    unreadable: () => undefined,
    createIndex: () => undefined,
  },
} satisfies { readonly [C in MatchCondition]: LookupRow<C> }

/** The index of the first header condition that does not hold. -1 if all header conditions hold. */
export function failedHeader({ headers }: ConditionTests, query: Pick<RuleQuery, 'header'>): number {
  for (let place = 0; place < headers.length; place++) {
    const header = headers[place]
    if (header !== undefined && !header.holds(query.header(header.name))) return place
  }
  return -1
}
