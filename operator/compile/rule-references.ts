import type { DispatchRule } from '../../crds/schema/dispatch-rule.ts'
import type { RuleEntry } from '../../ingress/route-table/route-table.ts'
import { objectKey } from './object-name.ts'
import { ruleEntry } from './rule-entry.ts'
import { templateProblem } from './rule-template.ts'
import type { ReferenceFault, ServiceResolver } from './service-resolution.ts'

/** A rule, and the result of resolving its references. */
export interface ResolvedRule {
  readonly rule: DispatchRule
  /** `namespace/name` of the rule. */
  readonly name: string
  /**
   * The entry of the rule in the table. Undefined if the rule has a `problem`. Also undefined if none of the trunks that the
   * rule names is in the table.
   */
  readonly entry: RuleEntry | undefined
  /** Why the rule itself cannot be used. Undefined if it can be used. */
  readonly problem: string | undefined
  /** The references that could not be resolved, faults of trunks first. */
  readonly faults: readonly ReferenceFault[]
  /**
   * The trunks and Service faults that were known when this rule was resolved. If they have changed, the rule is resolved
   * again.
   */
  readonly against: { readonly trunks: TrunkNames; readonly serviceFaults: readonly ReferenceFault[] }
}

/** Names of trunks as `namespace/name`. As long as the names are the same, the JavaScript object is also the same. */
export interface TrunkNames {
  /** The trunks in the table. */
  readonly present: ReadonlySet<string>
  /** The trunks that exist but are not valid. */
  readonly refused: ReadonlySet<string>
}

/** The objects that a rule can reference. */
export interface Referable {
  readonly trunks: TrunkNames
  readonly services: ServiceResolver
  /** The resolved rules of earlier compilations. */
  readonly resolved: WeakMap<DispatchRule, ResolvedRule>
}

/**
 * Resolves the references of a rule. If a Service is absent, the rule still takes its calls. Such a call cannot go to the
 * absent Service.
 */
export function resolveRule(rule: DispatchRule, referable: Referable): ResolvedRule {
  const { trunks, resolved: earlier } = referable
  const against = { trunks, serviceFaults: serviceFaults(rule, referable) }
  const known = earlier.get(rule)
  if (known?.against.trunks === trunks && sameFaults(known.against.serviceFaults, against.serviceFaults)) return known
  const resolved = resolvedAgainst(rule, against, known)
  earlier.set(rule, resolved)
  return resolved
}

function resolvedAgainst(
  rule: DispatchRule,
  against: ResolvedRule['against'],
  known: ResolvedRule | undefined,
): ResolvedRule {
  const { namespace } = rule.metadata
  const references = rule.spec.trunkRefs.map(({ name }) => objectKey({ namespace, name }))
  const present = references.filter((reference) => against.trunks.present.has(reference))
  const missing = references.filter((reference) => !against.trunks.present.has(reference))
  // A rule that names no trunk serves every trunk. A rule that names only absent trunks serves no trunk.
  const nowhere = references.length > 0 && present.length === 0
  const problem = known ? known.problem : templateProblem(rule)
  const entry = nowhere || problem !== undefined ? undefined : entryFor(rule, present, known?.entry)
  const faults = [...trunkFaults(missing, against.trunks), ...against.serviceFaults]
  return { rule, name: objectKey(rule.metadata), entry, problem, faults, against }
}

/** Returns the earlier entry if it serves the same trunks. Otherwise returns a new entry. */
function entryFor(rule: DispatchRule, trunks: readonly string[], known: RuleEntry | undefined): RuleEntry {
  const same = known?.trunks.length === trunks.length && known.trunks.every((name, i) => name === trunks[i])
  return same ? known : ruleEntry(rule, trunks)
}

function sameFaults(a: readonly ReferenceFault[], b: readonly ReferenceFault[]): boolean {
  return a.length === b.length && a.every(({ message }, i) => message === b[i]?.message)
}

function trunkFaults(missing: readonly string[], { refused: refusedTrunks }: TrunkNames): ReferenceFault[] {
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
