import { isAsWished } from '../crds/schema/conditions.ts'
import { inNameOrder, type ObjectConditions } from '../operator/compile/object-conditions.ts'
import { MAX_TOLD_CONDITIONS } from './limits.ts'

/** A condition as its author does not want it. */
export interface ConditionLine {
  readonly kind: string
  readonly name: string
  readonly condition: string
  readonly reason: string
  readonly detail: string
}

/** What is to be told since the last time: the first ones, and how many there are besides. */
export interface ConditionChanges {
  readonly bad: readonly ConditionLine[]
  readonly over: readonly ConditionLine[]
  readonly more: number
}

export interface ConditionTracker {
  /** The conditions of all objects, once more. */
  next(objects: readonly ObjectConditions[]): ConditionChanges
}

export function createConditionTracker(): ConditionTracker {
  let told: ReadonlyMap<string, ConditionLine> = new Map()
  return {
    next(objects) {
      const wrong = objects.filter(({ conditions }) => !conditions.every(isAsWished))
      const now = new Map(inNameOrder(wrong).flatMap(badConditions))
      const bad = [...now].filter(([key, { detail }]) => told.get(key)?.detail !== detail)
      const over = [...told].filter(([key]) => !now.has(key))
      told = now
      const shown = { bad: linesOf(bad), over: linesOf(over) }
      return { ...shown, more: bad.length + over.length - shown.bad.length - shown.over.length }
    },
  }
}

function linesOf(changes: readonly (readonly [string, ConditionLine])[]): ConditionLine[] {
  return changes.slice(0, MAX_TOLD_CONDITIONS).map(([, line]) => line)
}

function badConditions({ kind, namespace, name, conditions }: ObjectConditions): [string, ConditionLine][] {
  const wrong = conditions.filter((condition) => !isAsWished(condition))
  return wrong.map(({ type, reason, message }) => {
    const line = { kind, name: `${namespace}/${name}`, condition: type, reason, detail: message }
    return [`${kind} ${line.name} ${type}`, line]
  })
}
