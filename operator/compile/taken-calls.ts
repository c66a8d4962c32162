/**
 * Texts that say which calls an object takes because it lacks a condition. The status shows them to an author who has left out
 * a condition by mistake.
 */
import type { DispatchRule } from '../../crds/schema/dispatch-rule.ts'
import type { SipTrunk } from '../../crds/schema/sip-trunk.ts'
import { MATCH_CONDITIONS, type MatchCondition } from '../../ingress/route-table/route-table.ts'

/**
 * This text is added at the end of the texts below if the API server may have dropped a misspelt condition before it stored the
 * object.
 */
export const FIELDS_DROPPED =
  '; the CustomResourceDefinition of this cluster drops misspelt fields, so look whether that was meant, and apply the one of this release'

/** The calls that a trunk admits, for example `every number over UDP and TCP`. */
export function admittedCalls({ spec: { called, transports } }: SipTrunk): string {
  return `${called.length === 0 ? 'every number' : 'the numbers of called'} over ${transports.join(' and ')}`
}

/** Whether the rule has no conditions. Such a rule matches every call of its trunks. */
export function takesEveryCall({ spec: { match } }: DispatchRule): boolean {
  return MATCH_CONDITIONS.every((condition) => isAbsent(match[condition]))
}

/** A condition is absent if its list is empty, or if the rule has no such field. */
function isAbsent(condition: DispatchRule['spec']['match'][MatchCondition]): boolean {
  return condition === undefined || (Array.isArray(condition) && condition.length === 0)
}

/**
 * The calls that a rule takes because it names no trunks or has no conditions. Undefined if it has both. `trunks` are the
 * trunks that the rule serves.
 */
export function takenUnsaid(rule: DispatchRule, trunks: readonly string[]): string | undefined {
  const every = rule.spec.trunkRefs.length === 0
  const whose = every ? 'every trunk of its namespace' : trunks.join(', ')
  if (takesEveryCall(rule)) return `takes every call of ${whose} that no earlier rule takes`
  return every ? `takes calls of ${whose}` : undefined
}
