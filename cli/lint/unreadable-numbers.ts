/**
 * Finds numbers in manifests that cannot be read. A call with such a number is refused, so the number in the manifest
 * matches no call. This differs only for trunks with `numbers.unreadable: AsWritten`.
 */
import type { DispatchRule } from '../../crds/schema/dispatch-rule.ts'
import type { NumberMatch } from '../../crds/schema/number-match.ts'
import type { SipTrunk } from '../../crds/schema/sip-trunk.ts'
import { faultText } from '../../ingress/lookup/user-fault.ts'
import { readRuleUser } from '../../ingress/route-table/canonical-number.ts'
import { MATCH_CONDITIONS, type MatchCondition } from '../../ingress/route-table/route-table.ts'
import type { LintFinding } from './finding.ts'

/** The numbers that each condition contains. */
const NUMBERS = {
  called: ({ called }) => called,
  calling: ({ calling }) => calling,
  headers: () => [],
  schedule: () => [],
} satisfies Record<MatchCondition, (match: DispatchRule['spec']['match']) => readonly NumberMatch[]>

/** One warning per number. */
export function unreadableNumberFindings(trunks: readonly SipTrunk[], rules: readonly DispatchRule[]): LintFinding[] {
  return [
    ...trunks.flatMap(({ metadata, spec }) =>
      findings(`SipTrunk ${metadata.namespace}/${metadata.name}`, 'spec.called', spec.called),
    ),
    ...rules.flatMap(({ metadata, spec: { match } }) =>
      MATCH_CONDITIONS.flatMap((condition) =>
        findings(
          `DispatchRule ${metadata.namespace}/${metadata.name}`,
          `spec.match.${condition}`,
          NUMBERS[condition](match),
        ),
      ),
    ),
  ]
}

function findings(object: string, list: string, matches: readonly NumberMatch[]): LintFinding[] {
  return matches.flatMap(({ exact, prefix }, i) => {
    const text = exact ?? prefix ?? ''
    const reading = readRuleUser(text)
    if (reading.type !== 'unreadable') return []
    const message = `${text} is no number: ${faultText(reading.fault)}; callers' numbers of that form are refused unless the trunk says numbers.unreadable: AsWritten`
    const field = `${list}[${i}].${exact === undefined ? 'prefix' : 'exact'}`
    return [{ severity: 'warning', object, field, code: 'unreadable_number', message }]
  })
}
