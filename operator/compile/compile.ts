import type { Condition } from '../../crds/schema/conditions.ts'
import type { DispatchRule } from '../../crds/schema/dispatch-rule.ts'
import type { SipTrunk } from '../../crds/schema/sip-trunk.ts'
import type { RuleEntry, ServiceEntry, TableEntry } from '../../ingress/route-table/route-table.ts'
import { compareText } from '../../ingress/route-table/rule-order.ts'
import { type CompileMemory, createCompileMemory, rememberedTrunks } from './compile-memory.ts'
import { isFalse, isTrue, type ObjectConditions, objectConditions, type RefusedObject } from './object-conditions.ts'
import { objectKey, olderFirst } from './object-name.ts'
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

/** Every object of the installation, as the schemas have accepted it; names are unique inside a kind. */
export interface CompileInput {
  readonly trunks: readonly SipTrunk[]
  readonly rules: readonly DispatchRule[]
  /** Services and their endpoints, of all types and namespaces. Undefined: there is no cluster. */
  readonly services?: readonly ServiceRecord[] | 'unwatched' | 'elsewhere'
  readonly endpointSlices?: readonly EndpointSliceRecord[]
  /** Objects that the schema does not accept, though the API server has: one of an earlier version, say. */
  readonly refused?: readonly RefusedObject[]
  /** The API server drops fields that it does not know: what an object leaves unsaid may have been misspelt. */
  readonly fieldsDropped?: boolean
}

export interface CompileOutput {
  /** Trunks, oldest first, Services by name, then rules in the order in which they are tried (`compareRules`). */
  readonly entries: TableEntry[]
  /** One for each object of the input: trunks, rules, then what was refused, as they were given. */
  readonly conditions: ObjectConditions[]
}

/**
 * Compiles the whole set of objects into the table that ingress pods run on. A bad object costs nobody else anything:
 * what is wrong with it stands in its conditions.
 *
 * - A trunk that overlaps with an older one of another namespace is in the table all the same (`Conflicted`).
 * - A rule is in the table for those of its trunks that exist; where none does it is left out (`Accepted=False`).
 * - A rule that sets a header whose value could not be escaped where it stands is left out (`Accepted=False`).
 * - A rule keeps its place whatever becomes of its Services: a call that it takes and that no endpoint can serve gets no
 *   backend, and does not fall to a rule that was not meant for it (`ResolvedRefs=False`).
 * - Of rules that match the very same calls the first in the order of rules is in the table, the others are left out.
 * - A rule that an earlier one keeps from ever being reached stays in the table (`Shadowed`).
 * - A Service is in the table if a rule in the table names it and it has the port: under each name that rules give it.
 *
 * With the memory of an earlier compilation, what is made of objects that are the same ones is taken over as it is.
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
  const { rules, comparison } = compared(resolved, memory, fieldsDropped)
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

/** The rules of the table in their order, and what came out when they were compared with each other. */
function compared(
  resolved: readonly ResolvedRule[],
  memory: CompileMemory,
  fieldsDropped: boolean,
): { readonly rules: readonly RuleEntry[]; readonly comparison: RuleComparison } {
  const entries: RuleEntry[] = []
  for (const { entry } of resolved) if (entry) entries.push(entry)
  memory.ordered = inRuleOrder(entries, memory.ordered)
  const winners = sameMatches(memory.ordered, memory.matchKeys)
  const rules = winners.size === 0 ? memory.ordered : memory.ordered.filter((rule) => !winners.has(rule.name))
  memory.shadows = shadowsAfter(rules, memory.shadows)
  return { rules, comparison: { winners, shadows: memory.shadows.byRule, fieldsDropped } }
}

/** The entries of the Services that rules of the table name, by name. */
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
