import { isAsWished } from '../crds/schema/conditions.ts'
import { inNameOrder, type ObjectConditions } from '../operator/compile/object-conditions.ts'
import { MAX_REPORTED_CONDITIONS } from './limits.ts'

/** A condition that reports a fault of an object. */
export interface ConditionLine {
  readonly kind: string
  readonly name: string
  readonly condition: string
  readonly reason: string
  readonly detail: string
}

/**
 * The changes of conditions since the last call. `bad`: new faults. `over`: faults that are over. Each list has only the first
 * ones. `more`: how many are left out.
 */
export interface ConditionChanges {
  readonly bad: readonly ConditionLine[]
  readonly over: readonly ConditionLine[]
  readonly more: number
}

export interface ConditionTracker {
  /** Takes the current conditions of all objects. Returns what has changed since the last call. */
  next(objects: readonly ObjectConditions[]): ConditionChanges
}

export function createConditionTracker(): ConditionTracker {
  let reported: ReadonlyMap<string, ConditionLine> = new Map()
  return {
    next(objects) {
      const wrong = objects.filter(({ conditions }) => !conditions.every(isAsWished))
      const now = new Map(inNameOrder(wrong).flatMap(badConditions))
      const bad = [...now].filter(([key, { detail }]) => reported.get(key)?.detail !== detail)
      const over = [...reported].filter(([key]) => !now.has(key))
      reported = now
      const shown = { bad: linesOf(bad), over: linesOf(over) }
      return { ...shown, more: bad.length + over.length - shown.bad.length - shown.over.length }
    },
  }
}

function linesOf(changes: readonly (readonly [string, ConditionLine])[]): ConditionLine[] {
  return changes.slice(0, MAX_REPORTED_CONDITIONS).map(([, line]) => line)
}

function badConditions({ kind, namespace, name, conditions }: ObjectConditions): [string, ConditionLine][] {
  const wrong = conditions.filter((condition) => !isAsWished(condition))
  return wrong.map(({ type, reason, message }) => {
    const line = { kind, name: `${namespace}/${name}`, condition: type, reason, detail: message }
    return [`${kind} ${line.name} ${type}`, line]
  })
}
