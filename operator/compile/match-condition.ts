/**
 * How the compiler handles each condition of a rule. It makes the form that the condition has in the table. It also finds out
 * whether another rule has the same condition or a wider one.
 */
import type { DispatchRule } from '../../crds/schema/dispatch-rule.ts'
import type { MatchCondition, MatchConditions } from '../../ingress/route-table/route-table.ts'
import { headerKey, headerPredicate } from './header-predicate.ts'
import { listCovers, numberPredicates, predicateKey } from './number-predicate.ts'
import { scheduleKey, schedules } from './schedule.ts'
import {
  type AskedRule,
  type IndexTexts,
  impliedHeaderTexts,
  impliedNumberTexts,
  impliedScheduleTexts,
  ownHeaderTexts,
  ownNumberTexts,
  ownScheduleTexts,
} from './shadow-index.ts'

/** The conditions of a rule as users write them. */
type MatchSpec = DispatchRule['spec']['match']

interface CompilerRow<C extends MatchCondition> {
  readonly compile: (match: MatchSpec) => MatchConditions[C]
  /**
   * The texts of the predicates. If two rules have the same set of texts, the condition holds for the same calls in both rules.
   */
  readonly keys: (rule: MatchConditions) => string[]
  /**
   * Whether the condition of `outer` holds for every call for which the condition of `inner` holds. False if this is not
   * certain.
   */
  readonly covers: (outer: MatchConditions, inner: AskedRule) => boolean
  /** The texts under which a rule is stored in the index of shadows. There is at least one text. */
  readonly ownTexts: (rule: MatchConditions) => string[]
  /** The most texts that `ownTexts` can return. This function counts the texts without making them. */
  readonly countTexts: (rule: MatchConditions) => number
  /**
   * The texts to look up in the index. Under these texts, the index lists all rules whose condition covers the condition of
   * `inner`.
   */
  readonly impliedTexts: (inner: AskedRule, texts: IndexTexts) => string[]
}

/** One row for each condition. The schema and the table have the same conditions. */
export const COMPILER_ROWS = {
  called: numberRow('called'),
  calling: numberRow('calling'),
  headers: {
    compile: ({ headers }) => headers.map(headerPredicate),
    keys: ({ headers }) => headers.map(headerKey),
    covers: ({ headers }, { impliedHeaders }) => headers.every((header) => impliedHeaders.has(headerKey(header))),
    ownTexts: ownHeaderTexts,
    countTexts: () => 1,
    impliedTexts: impliedHeaderTexts,
  },
  schedule: {
    compile: ({ schedule }) => schedules(schedule),
    keys: ({ schedule }) => schedule.map(scheduleKey),
    // Only an equal schedule is certain to hold whenever the schedule of `inner` holds.
    covers: ({ schedule }, { rule }) =>
      schedule.every((outer) => rule.schedule.some((inner) => scheduleKey(inner) === scheduleKey(outer))),
    ownTexts: ownScheduleTexts,
    countTexts: () => 1,
    impliedTexts: impliedScheduleTexts,
  },
} satisfies { readonly [C in MatchCondition]: CompilerRow<C> } satisfies Record<keyof MatchSpec, unknown>

function numberRow(condition: 'called' | 'calling') {
  return {
    compile: (match: MatchSpec) => numberPredicates(match[condition]),
    keys: (rule: MatchConditions) => rule[condition].map(predicateKey),
    covers: (outer: MatchConditions, { rule }: AskedRule) => listCovers(outer[condition], rule[condition]),
    ownTexts: (rule: MatchConditions) => ownNumberTexts(condition, rule),
    countTexts: (rule: MatchConditions) => Math.max(rule[condition].length, 1),
    impliedTexts: ({ rule }: AskedRule, texts: IndexTexts) => impliedNumberTexts(condition, rule, texts),
  }
}
