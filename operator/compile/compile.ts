import type { Condition } from '../../crds/schema/conditions.ts'
import type { DispatchRule } from '../../crds/schema/dispatch-rule.ts'
import type { SipTrunk } from '../../crds/schema/sip-trunk.ts'
import { compareText, olderFirst } from '../../ingress/route-table/age-order.ts'
import type { RuleEntry, ServiceEntry, TableEntry } from '../../ingress/route-table/route-table.ts'
import { type CompileMemory, createCompileMemory, rememberedTrunks } from './compile-memory.ts'
import { isFalse, isTrue, type ObjectConditions, objectConditions, type RefusedObject } from './object-conditions.ts'
import { objectKey } from './object-name.ts'
import { type RuleComparison, ruleConditions } from './rule-conditions.ts'
import { sameMatches } from './rule-conflict.ts'
import { type ResolvedRule, resolveRule } from './rule-references.ts'
import { inRuleOrder } from './rule-sequence.ts'
import type { EndpointSliceRecord, ServiceRecord } from './service-record.ts'
import { createServiceResolver, type ServiceResolver } from './service-resolution.ts'
import { shadowsAfter } from './shadow-change.ts'
import { admittedCalls, FIELDS_DROPPED } from './taken-calls.ts'
import { olderTrunks, type TrunkConflict } from './trunk-conflict.ts'
import { trunkEntry } from './trunk-entry.ts'

/** All objects of the installation that the schemas have accepted. Within one kind, every object has a different name. */
export interface CompileInput {
  readonly trunks: readonly SipTrunk[]
  readonly rules: readonly DispatchRule[]
  /** Services of all types and namespaces. `ClusterServices` explains the values undefined, `unwatched` and `elsewhere`. */
  readonly services?: readonly ServiceRecord[] | 'unwatched' | 'elsewhere'
  readonly endpointSlices?: readonly EndpointSliceRecord[]
  /** Objects that the API server has stored, and that the schema refuses. An example is an object of an earlier version. */
  readonly refused?: readonly RefusedObject[]
  /**
   * True if the API server drops fields that it does not know. Then a condition that is absent from an object may have been
   * there, with a misspelt name.
   */
  readonly fieldsDropped?: boolean
  /** Names of backends that do not resolve here, by the text of the place (`placeText`), with the reason in one word. */
  readonly unresolvedNames?: ReadonlyMap<string, string>
}

export interface CompileOutput {
  /**
   * First the trunks, the oldest first. Then the Services, sorted by name. Then the rules, in the order in which they are tried
   * (`compareRules`).
   */
  readonly entries: TableEntry[]
  /** The conditions of each object of the input. They are in the order of the input: trunks, rules, refused objects. */
  readonly conditions: ObjectConditions[]
}

/**
 * Compiles all objects into the table that ingress pods use. An object with faults does not change the result for other
 * objects. Its conditions report the faults.
 *
 * - A trunk that overlaps with an older trunk of another namespace is still in the table (`Conflicted`).
 * - A rule is in the table for those of its trunks that exist. If none of them exists, the rule is left out (`Accepted=False`).
 * - A rule is left out if it sets a header with a placeholder at a place where the placeholder's value cannot be escaped
 *   (`Accepted=False`).
 * - A rule stays in the table if its Services have faults (`ResolvedRefs=False`). A call that the rule takes then may get no
 *   backend. The call does not go to a later rule, because later rules were written for other calls.
 * - If several rules match exactly the same calls, only the first of them in the order of rules is in the table.
 * - A rule that can never be reached because of an earlier rule stays in the table (`Shadowed`).
 * - A Service is in the table if a rule in the table names it and the Service has the named port. If rules name the same port
 *   in different ways, the table has one entry for each of these names.
 *
 * If an object is still the same JavaScript object as in an earlier compilation with this memory, its result is used again.
 */
export function compile(input: CompileInput, memory: CompileMemory = createCompileMemory()): CompileOutput {
  const { refused = [], endpointSlices = [], fieldsDropped = false } = input
  const trunks = input.trunks.map(trunkEntry).toSorted(olderFirst)
  const services = createServiceResolver({ services: input.services, endpointSlices })
  const names = rememberedTrunks(memory, {
    present: new Set(trunks.map((trunk) => trunk.name)),
    refused: new Set(refused.filter(({ kind }) => kind === 'SipTrunk').map(objectKey)),
  })
  const referable = { trunks: names, services, resolved: memory.resolved }
  const resolved = input.rules.map((rule) => resolveRule(rule, referable))
  const { rules, comparison: others } = compared(resolved, memory)
  const comparison = { ...others, fieldsDropped, unresolvedNames: input.unresolvedNames ?? NO_NAMES }
  const conflicts = olderTrunks(trunks)
  return {
    entries: [...trunks, ...servicesOf(rules, services), ...rules],
    conditions: [
      ...input.trunks.map((trunk) => trunkConditions(trunk, conflicts.get(objectKey(trunk.metadata)), fieldsDropped)),
      ...resolved.map((rule) => ruleConditions(rule, comparison, memory)),
      ...refused.map(refusedConditions),
    ],
  }
}

const NO_NAMES: ReadonlyMap<string, string> = new Map()

/** The rules of the table in their order, and the result of comparing the rules with each other. */
function compared(
  resolved: readonly ResolvedRule[],
  memory: CompileMemory,
): { readonly rules: readonly RuleEntry[]; readonly comparison: Pick<RuleComparison, 'winners' | 'shadows'> } {
  const entries: RuleEntry[] = []
  for (const { entry } of resolved) if (entry) entries.push(entry)
  memory.ordered = inRuleOrder(entries, memory.ordered)
  const winners = sameMatches(memory.ordered, memory.matchKeys)
  const rules = winners.size === 0 ? memory.ordered : memory.ordered.filter((rule) => !winners.has(rule.name))
  memory.shadows = shadowsAfter(rules, memory.shadows)
  return { rules, comparison: { winners, shadows: memory.shadows.byRule } }
}

/** The entries of all Services that rules of the table name, sorted by name. */
function servicesOf(rules: readonly RuleEntry[], services: ServiceResolver): ServiceEntry[] {
  const named = new Map<string, ServiceEntry>()
  for (const { action } of rules) {
    if (action.type !== 'Route') continue
    for (const backend of action.backends) {
      const entry = 'service' in backend ? services.entry(backend.service) : undefined
      if (entry) named.set(entry.name, entry)
    }
  }
  return [...named.values()].sort((a, b) => compareText(a.name, b.name))
}

function trunkConditions(
  trunk: SipTrunk,
  conflict: TrunkConflict | undefined,
  fieldsDropped: boolean,
): ObjectConditions {
  const doubt = fieldsDropped && trunk.spec.called.length === 0 ? FIELDS_DROPPED : ''
  const conditions: Condition[] = [
    isTrue('Accepted', 'Accepted', `the trunk is in the table: it admits calls to ${admittedCalls(trunk)}${doubt}`),
    isTrue('ResolvedRefs', 'ResolvedRefs', 'the trunk references nothing'),
  ]
  if (conflict) {
    const { source, older } = conflict
    const message = `${source} overlaps with the older trunk ${older.name}: calls that both admit go by the rules of namespace ${older.namespace}`
    conditions.push(isTrue('Conflicted', 'OlderTrunk', message))
  }
  return objectConditions(trunk, conditions)
}

function refusedConditions({ reason, problem, kind, ...metadata }: RefusedObject): ObjectConditions {
  return objectConditions({ kind, metadata }, [
    isFalse('Accepted', reason, problem),
    isFalse('ResolvedRefs', 'Invalid', 'the references of an object that is not valid are not followed'),
  ])
}
