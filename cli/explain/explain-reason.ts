/** The texts that say why a trunk or a rule takes the call, or why it does not. */
import type { ExplainedRule, ExplainedTrunk, RuleStanding, TrunkStanding } from '../../ingress/lookup/explain.ts'
import { type JudgedSource, judgedSourceText } from '../../ingress/lookup/judged-source.ts'
import { scheduleMissText } from '../../ingress/lookup/schedule-text.ts'
import { faultText } from '../../ingress/lookup/user-fault.ts'
import type { HeaderPredicate, NumberPredicate, RuleEntry, TrunkEntry } from '../../ingress/route-table/route-table.ts'
import { MAX_LISTED_ITEMS } from '../limits.ts'
import type { ExplainedCall } from './explain-config.ts'

/** The facts from which the text about a trunk is made. */
interface TrunkContext {
  readonly call: ExplainedCall
  /** The trunk to which the call belongs. If no trunk owns the called number, this is the trunk that answers the call. */
  readonly first: TrunkEntry | undefined
}

type TrunkReason = (explained: ExplainedTrunk, context: TrunkContext) => string

const TRUNK_REASONS: Readonly<Record<TrunkStanding, TrunkReason>> = {
  chosen: () => 'admits the packet, owns the called number and comes first',
  later: ({ trunk }, { first }) =>
    first?.namespace === trunk.namespace
      ? `admits the call too, but ${first.name} is more specific or older`
      : `admits the call too, but ${first?.name} comes first: the namespace of the oldest trunk is taken`,
  unreadable: ({ trunk, called, fault }, { first }) =>
    `admits the packet, but the called number ${quoted(called)} cannot be read${fault ? `: ${faultText(fault)}` : ''}${trunk === first ? '; it answers' : ''}`,
  called: ({ trunk, called }, { first }) =>
    `admits the packet, but the called number ${quoted(called)} is not its own (${numberList(trunk.called)})${trunk === first ? '; it answers' : ''}`,
  transport: ({ trunk }, { call }) =>
    `knows the source, but takes ${listed(trunk.transports) || 'no transport'} and not ${call.transport}`,
  proxy: ({ trunk, judged }) => `trusts the source as a proxy, but ${judgedReason(judged, trunk)}`,
  source: ({ trunk }, { call }) => `${call.source.address.text} is in none of its sources (${listed(trunk.sources)})`,
}

function judgedReason(judged: JudgedSource | undefined, trunk: TrunkEntry): string {
  if (judged?.type !== 'address') return `it names nobody: ${judged ? judgedSourceText(judged) : 'no recorded source'}`
  return `${judged.address.text}, which is recorded in Via, is in none of its sources (${listed(trunk.sources)})`
}

export function trunkReason(explained: ExplainedTrunk, context: TrunkContext): string {
  return TRUNK_REASONS[explained.standing](explained, context)
}

/** The numbers of the call, in the form in which numbers are compared. */
interface CallNumbers {
  readonly called: string
  readonly calling: string
}

type RuleReason<T extends RuleStanding['type']> = (
  standing: Extract<RuleStanding, { type: T }>,
  rule: RuleEntry,
  numbers: CallNumbers,
) => string

/** One row for each type of `RuleStanding`. So each way in which a condition can fail has a text. */
const RULE_REASONS: { readonly [T in RuleStanding['type']]: RuleReason<T> } = {
  wins: () => 'every condition holds, and it comes first',
  later: () => 'every condition holds, but an earlier rule wins',
  called: (_, rule, { called }) => `called: ${quoted(called)} matches none of: ${numberList(rule.called)}`,
  calling: (_, rule, { calling }) => `calling: ${quoted(calling)} matches none of: ${numberList(rule.calling)}`,
  calling_unreadable: ({ fault }, _, { calling }) =>
    `calling: ${quoted(calling)} cannot be read, and this rule asks for it: ${faultText(fault)}`,
  header: ({ header, values }) => headerReason(header, values),
  schedule: ({ schedule }) => `schedule: ${scheduleMissText(schedule)}`,
}

export function ruleReason({ rule, standing }: ExplainedRule, numbers: CallNumbers): string {
  // The row has the type that `standing` has. TypeScript cannot know this, so `as` is needed.
  const reason = RULE_REASONS[standing.type] as RuleReason<RuleStanding['type']>
  return reason(standing, rule, numbers)
}

function headerReason(header: HeaderPredicate, values: readonly string[]): string {
  const has = values.length === 0 ? 'the call has no such header' : `the call has ${listed(values.map(quoted))}`
  return `header ${header.name}: must ${headerText(header)}; ${has}`
}

function headerText(header: HeaderPredicate): string {
  switch (header.type) {
    case 'exact':
      return `be ${quoted(header.value)}`
    case 'prefix':
      return `begin with ${quoted(header.value)}`
    case 'regex':
      return `match the regex ${header.pattern}`
    case 'present':
      return header.present ? 'be there' : 'not be there'
  }
}

function numberList(predicates: readonly NumberPredicate[]): string {
  return listed(predicates.map(numberText))
}

function numberText(predicate: NumberPredicate): string {
  const { type } = predicate
  switch (type) {
    case 'exact':
    case 'prefix':
      return `${type} ${predicate.value}`
    case 'range':
      return `${type} ${predicate.from} to ${predicate.to}`
    case 'regex':
      return `${type} ${predicate.pattern}`
  }
}

/** A number is shown unchanged. Other text is shown in quotes, so that an empty text can be seen. */
function quoted(text = ''): string {
  return /^\+?\d+$/.test(text) ? text : JSON.stringify(text)
}

function listed(items: readonly string[]): string {
  const more = items.length - MAX_LISTED_ITEMS
  const shown = items.slice(0, MAX_LISTED_ITEMS).join(', ')
  return more > 0 ? `${shown} and ${more} more` : shown
}
