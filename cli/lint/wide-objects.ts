/**
 * Finds objects that take more calls because a condition is absent. Usually this is intended. If it is a mistake, no other
 * check finds it.
 */
import type { DispatchRule } from '../../crds/schema/dispatch-rule.ts'
import type { SipTrunk } from '../../crds/schema/sip-trunk.ts'
import { admittedCalls, takenUnsaid, takesEveryCall } from '../../operator/compile/taken-calls.ts'
import type { LintFinding } from './finding.ts'

/** One note for each object that takes more calls because a condition is absent. */
export function wideObjectNotes(trunks: readonly SipTrunk[], rules: readonly DispatchRule[]): LintFinding[] {
  return [...trunks.flatMap(trunkNotes), ...rules.flatMap(ruleNotes)]
}

function trunkNotes(trunk: SipTrunk): LintFinding[] {
  const { metadata, spec } = trunk
  if (spec.called.length > 0) return []
  const object = `SipTrunk ${metadata.namespace}/${metadata.name}`
  const message = `admits calls to ${admittedCalls(trunk)}`
  return [{ severity: 'note', object, field: 'spec.called', code: 'admits_every_number', message }]
}

function ruleNotes(rule: DispatchRule): LintFinding[] {
  const { metadata, spec } = rule
  const references = spec.trunkRefs.map(({ name }) => `${metadata.namespace}/${name}`)
  const message = takenUnsaid(rule, references)
  if (message === undefined) return []
  const object = `DispatchRule ${metadata.namespace}/${metadata.name}`
  const [field, code] = takesEveryCall(rule)
    ? ['spec.match', 'takes_every_call']
    : ['spec.trunkRefs', 'takes_every_trunk']
  return [{ severity: 'note', object, field, code, message }]
}
