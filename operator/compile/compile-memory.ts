/** What one compilation stores for the next one: the results for objects that stay the same JavaScript objects. */
import type { DispatchRule } from '../../crds/schema/dispatch-rule.ts'
import type { RuleEntry } from '../../ingress/route-table/route-table.ts'
import type { ObjectConditions } from './object-conditions.ts'
import type { ResolvedRule, TrunkNames } from './rule-references.ts'
import { NO_SHADOWS, type Shadows } from './rule-shadow.ts'

/**
 * The memory saves time and never changes a result. After an object was removed, the next compilation also removes it from the
 * memory. Each series of compilations has its own memory.
 */
export interface CompileMemory {
  readonly resolved: WeakMap<DispatchRule, ResolvedRule>
  readonly conditions: WeakMap<ResolvedRule, RememberedConditions>
  /** The `matchKey` of each entry. */
  readonly matchKeys: WeakMap<RuleEntry, string>
  /** The trunks that rules could reference in the last compilation. */
  trunks: TrunkNames
  /** Every compiled rule, in the order in which rules are tried. */
  ordered: readonly RuleEntry[]
  shadows: Shadows
}

/** The facts that, together with the rule itself, decide the conditions of a rule. */
export interface ConditionGrounds {
  readonly winner: string | undefined
  readonly shadow: string | undefined
  readonly fieldsDropped: boolean
  /** What is said about names of the rule's backends that do not resolve. Empty if there are none. */
  readonly unresolved: string
}

/** The conditions of a rule, and the facts that decided them. */
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

/** Returns the remembered object if it has the same names. Otherwise remembers and returns the new object. */
export function rememberedTrunks(memory: CompileMemory, names: TrunkNames): TrunkNames {
  const { present, refused } = memory.trunks
  if (!sameSet(present, names.present) || !sameSet(refused, names.refused)) memory.trunks = names
  return memory.trunks
}

function sameSet(a: ReadonlySet<string>, b: ReadonlySet<string>): boolean {
  return a.size === b.size && a.isSubsetOf(b)
}
