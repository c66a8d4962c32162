import type { DispatchRule } from '../../crds/schema/dispatch-rule.ts'
import type { RuleEntry } from '../../ingress/route-table/route-table.ts'
import type { CompileMemory } from './compile-memory.ts'
import { objectKey } from './object-name.ts'
import { ruleEntry } from './rule-entry.ts'
import type { ReferenceFault, ServiceResolver } from './service-resolution.ts'

/** A rule and what its references lead to. */
export interface ResolvedRule {
  readonly rule: DispatchRule
  /** Undefined where the rule names trunks and none of them exists. */
  readonly entry: RuleEntry | undefined
  /** References that lead nowhere, trunks first. */
  readonly faults: readonly ReferenceFault[]
}

/** What a rule can reference. */
export interface Referable {
  /** Trunks in the table, `namespace/name`. */
  readonly trunks: ReadonlySet<string>
  /** Trunks that exist but are not valid. */
  readonly refusedTrunks: ReadonlySet<string>
  readonly services: ServiceResolver
  readonly memory: CompileMemory
}

/** Follows the references of a rule. A Service that is not there takes nothing from the rule: its calls get no backend. */
export function resolveRule(rule: DispatchRule, referable: Referable): ResolvedRule {
  const { namespace } = rule.metadata
  const references = rule.spec.trunkRefs.map(({ name }) => objectKey({ namespace, name }))
  const present = references.filter((reference) => referable.trunks.has(reference))
  const missing = references.filter((reference) => !referable.trunks.has(reference))
  // No reference is every trunk; references that lead nowhere are none.
  const nowhere = references.length > 0 && present.length === 0
  const entry = nowhere ? undefined : referable.memory.entry(rule, present, () => ruleEntry(rule, present))
  return { rule, entry, faults: [...trunkFaults(missing, referable), ...serviceFaults(rule, referable)] }
}

function trunkFaults(missing: readonly string[], { refusedTrunks }: Referable): ReferenceFault[] {
  const refused = missing.filter((name) => refusedTrunks.has(name))
  const absent = missing.filter((name) => !refusedTrunks.has(name))
  const messages = [
    ...(absent.length > 0
      ? [`${absent.join(', ')} ${does(absent)} not exist: create the SipTrunk or correct trunkRefs`]
      : []),
    ...refused.map((name) => `SipTrunk ${name} is not valid: its own status says why`),
  ]
  return messages.map((message) => ({ reason: 'TrunkNotFound', message }))
}

function does(names: readonly string[]): string {
  return names.length === 1 ? 'does' : 'do'
}

const NONE: readonly ReferenceFault[] = []

function serviceFaults(rule: DispatchRule, { services }: Referable): readonly ReferenceFault[] {
  const { route } = rule.spec.action
  if (!route) return NONE
  const faults = new Set<ReferenceFault>()
  for (const { service } of route.backends) {
    const fault = service && services.resolve(rule.metadata.namespace, service).fault
    if (fault) faults.add(fault)
  }
  return faults.size === 0 ? NONE : [...faults]
}
