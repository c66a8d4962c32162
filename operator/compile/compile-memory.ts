/** What one compilation leaves to the next: what was made of objects that are still the same ones. */
import type { DispatchRule } from '../../crds/schema/dispatch-rule.ts'
import type { RuleEntry } from '../../ingress/route-table/route-table.ts'
import type { ObjectConditions } from './object-conditions.ts'
import type { ResolvedRule, TrunkNames } from './rule-references.ts'
import { NO_SHADOWS, type Shadows } from './rule-shadow.ts'

/**
 * It saves time and changes no result. Of objects that are gone it keeps nothing beyond the next compilation. One memory
 * goes with one series of compilations.
 */
export interface CompileMemory {
  readonly resolved: WeakMap<DispatchRule, ResolvedRule>
  readonly conditions: WeakMap<ResolvedRule, RememberedConditions>
  /** What makes two entries the same match. */
  readonly matchKeys: WeakMap<RuleEntry, string>
  /** The trunks that rules could reference. */
  trunks: TrunkNames
  /** Every compiled rule, in the order of rules. */
  ordered: readonly RuleEntry[]
  shadows: Shadows
}

/** What the conditions of a rule follow from, beside the rule itself. */
export interface ConditionGrounds {
  readonly winner: string | undefined
  readonly shadow: string | undefined
  readonly fieldsDropped: boolean
}

/** Conditions of a rule, and what they followed from. */
export interface RememberedConditions extends ConditionGrounds {
  readonly conditions: ObjectConditions
}

export function createCompileMemory(): CompileMemory {
  return {
    resolved: new WeakMap(),
    conditions: new WeakMap(),
    matchKeys: new WeakMap(),
    trunks: { present: new Set(), refused: new Set() },
    ordered: [],
    shadows: NO_SHADOWS,
  }
}

/** The names as one object, which is the remembered one where they are the same. */
export function rememberedTrunks(memory: CompileMemory, names: TrunkNames): TrunkNames {
  const { present, refused } = memory.trunks
  if (!sameSet(present, names.present) || !sameSet(refused, names.refused)) memory.trunks = names
  return memory.trunks
}

function sameSet(a: ReadonlySet<string>, b: ReadonlySet<string>): boolean {
  return a.size === b.size && a.isSubsetOf(b)
}
