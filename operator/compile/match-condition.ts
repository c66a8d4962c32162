/** What the compiler knows of each condition of a rule: its form in the table, and when two rules have the same or a wider one. */
import type { DispatchRule } from '../../crds/schema/dispatch-rule.ts'
import type { MatchCondition, MatchConditions } from '../../ingress/route-table/route-table.ts'
import { headerKey, headerPredicate } from './header-predicate.ts'
import { listCovers, numberPredicates, predicateKey } from './number-predicate.ts'
import {
  type AskedRule,
  type IndexTexts,
  impliedHeaderTexts,
  impliedNumberTexts,
  ownHeaderTexts,
  ownNumberTexts,
} from './shadow-index.ts'

/** The conditions as users write them. */
type MatchSpec = DispatchRule['spec']['match']

interface CompilerRow<C extends MatchCondition> {
  readonly compile: (match: MatchSpec) => MatchConditions[C]
  /** Texts of the predicates: two rules with the same set of them take the same calls. */
  readonly keys: (rule: MatchConditions) => string[]
  /** Whether the condition of `outer` holds wherever that of the asked rule does. False where that is not certain. */
  readonly covers: (outer: MatchConditions, inner: AskedRule) => boolean
  /** Under which texts a rule stands in the index of shadows; at least one. */
  readonly ownTexts: (rule: MatchConditions) => string[]
  /** How many those are at most, without making them. */
  readonly countTexts: (rule: MatchConditions) => number
  /** Under which texts those rules stand whose condition covers that of the asked rule. */
  readonly impliedTexts: (inner: AskedRule, texts: IndexTexts) => string[]
}

/** A row for each condition that the schema or the table has. */
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
