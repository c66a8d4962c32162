/**
 * Texts about the calls that an object takes because a condition is absent. An author who has left a condition out by mistake can
 * see this in the status.
 */
import type { DispatchRule } from '../../crds/schema/dispatch-rule.ts'
import type { SipTrunk } from '../../crds/schema/sip-trunk.ts'
import { MATCH_CONDITIONS } from '../../ingress/route-table/route-table.ts'

/** Addition to such a text if a condition may have been dropped before the object was stored. */
export const FIELDS_DROPPED =
  '; the CustomResourceDefinition of this cluster drops misspelt fields, so look whether that was meant, and apply the one of this release'

/** The calls that a trunk admits, for example `every number over UDP and TCP`. */
export function admittedCalls({ spec: { called, transports } }: SipTrunk): string {
  return `${called.length === 0 ? 'every number' : 'the numbers of called'} over ${transports.join(' and ')}`
}

/** Whether the rule has no conditions, so that it matches every call of its trunks. */
export function takesEveryCall({ spec: { match } }: DispatchRule): boolean {
  return MATCH_CONDITIONS.every((condition) => match[condition].length === 0)
}

/** The calls that a rule of these trunks takes because the rule names no trunks or no conditions. Undefined if it names both. */
export function takenUnsaid(rule: DispatchRule, trunks: readonly string[]): string | undefined {
  const every = rule.spec.trunkRefs.length === 0
  const whose = every ? 'every trunk of its namespace' : trunks.join(', ')
  if (takesEveryCall(rule)) return `takes every call of ${whose} that no earlier rule takes`
  return every ? `takes calls of ${whose}` : undefined
}
