/** In words, which calls an object takes where it says nothing. Who has left a condition out by mistake can see it in the status. */
import type { DispatchRule } from '../../crds/schema/dispatch-rule.ts'
import type { SipTrunk } from '../../crds/schema/sip-trunk.ts'
import { MATCH_CONDITIONS } from '../../ingress/route-table/route-table.ts'

/** What is added to such words where a condition may have been dropped before it was stored. */
export const FIELDS_DROPPED =
  '; the CustomResourceDefinition of this cluster drops misspelt fields, so look whether that was meant, and apply the one of this release'

/** `every number over UDP and TCP`. */
export function admittedCalls({ spec: { called, transports } }: SipTrunk): string {
  return `${called.length === 0 ? 'every number' : 'the numbers of called'} over ${transports.join(' and ')}`
}

/** Whether no condition narrows what the rule takes of the calls of its trunks. */
export function takesEveryCall({ spec: { match } }: DispatchRule): boolean {
  return MATCH_CONDITIONS.every((condition) => match[condition].length === 0)
}

/** What a rule of these trunks takes beyond what it says; undefined where it names both trunks and conditions. */
export function takenUnsaid(rule: DispatchRule, trunks: readonly string[]): string | undefined {
  const every = rule.spec.trunkRefs.length === 0
  const whose = every ? 'every trunk of its namespace' : trunks.join(', ')
  if (takesEveryCall(rule)) return `takes every call of ${whose} that no earlier rule takes`
  return every ? `takes calls of ${whose}` : undefined
}
