/** Numbers in manifests that no number of a caller is equal to, because they could not be read from a caller either. */
import type { DispatchRule } from '../../crds/schema/dispatch-rule.ts'
import type { NumberMatch } from '../../crds/schema/number-match.ts'
import type { SipTrunk } from '../../crds/schema/sip-trunk.ts'
import { faultText } from '../../ingress/lookup/user-fault.ts'
import { readRuleUser } from '../../ingress/route-table/canonical-number.ts'
import type { LintFinding } from './finding.ts'

/** One warning per number. */
export function unreadableNumberFindings(trunks: readonly SipTrunk[], rules: readonly DispatchRule[]): LintFinding[] {
  return [
    ...trunks.flatMap(({ metadata, spec }) =>
      findings(`SipTrunk ${metadata.namespace}/${metadata.name}`, 'spec.called', spec.called),
    ),
    ...rules.flatMap(({ metadata, spec: { match } }) =>
      (['called', 'calling'] as const).flatMap((list) =>
        findings(`DispatchRule ${metadata.namespace}/${metadata.name}`, `spec.match.${list}`, match[list]),
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
