/** Finds rules that route to backends of which none takes calls. The schema accepts them, because a weight of 0 is how to drain a backend. */
import type { DispatchRule } from '../../crds/schema/dispatch-rule.ts'
import type { LintFinding } from './finding.ts'

/** A warning for each rule of whose backends every one has weight 0. */
export function unusedBackendFindings(rules: readonly DispatchRule[]): LintFinding[] {
  return rules
    .filter(({ spec }) => spec.action.route?.backends.every(({ weight }) => weight === 0) ?? false)
    .map(({ metadata }) => ({
      severity: 'warning',
      object: `DispatchRule ${metadata.namespace}/${metadata.name}`,
      field: 'spec.action.route.backends',
      code: 'no_backend_takes_calls',
      message:
        'every backend has weight 0 and takes no calls, so each call of the rule is refused as no_backend: give one a weight, or write an action of type Reject',
    }))
}
