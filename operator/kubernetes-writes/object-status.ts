import { CONDITION_REASONS, type Condition } from '../../crds/schema/conditions.ts'
import { isRecord } from '../api/json-value.ts'

/** A condition as the API server stores it (metav1.Condition). */
export interface StoredCondition {
  readonly type: string
  readonly status: string
  readonly observedGeneration?: number
  /** A time in RFC 3339 form. */
  readonly lastTransitionTime: string
  readonly reason: string
  readonly message: string
}

/** The conditions that the status should have for one generation of an object. */
export interface WantedStatus {
  readonly generation: number
  readonly conditions: readonly Condition[]
}

/**
 * The conditions to store. Undefined if the stored conditions are already correct. `lastTransitionTime` changes only if the
 * status of the condition changes. `now` is in RFC 3339 form. Conditions of other controllers come last and stay unchanged.
 */
export function changedConditions(
  stored: readonly StoredCondition[],
  wanted: WantedStatus,
  now: string,
): StoredCondition[] | undefined {
  const before = new Map(stored.filter(({ type }) => type in CONDITION_REASONS).map((one) => [one.type, one]))
  const next = wanted.conditions.map(({ type, status, reason, message }) => {
    const old = before.get(type)
    const lastTransitionTime = old?.status === status ? old.lastTransitionTime : now
    return { type, status, observedGeneration: wanted.generation, lastTransitionTime, reason, message }
  })
  const same = next.length === before.size && next.every((one) => equal(before.get(one.type), one))
  return same ? undefined : [...next, ...stored.filter(({ type }) => !(type in CONDITION_REASONS))]
}

function equal(stored: StoredCondition | undefined, next: StoredCondition): boolean {
  if (!stored) return false
  const { status, observedGeneration, reason, message } = stored
  if (status !== next.status || observedGeneration !== next.observedGeneration) return false
  return reason === next.reason && message === next.message
}

/** The conditions in the `status` of an object from the API server. Entries that are not valid conditions are left out. */
export function storedConditions(status: unknown): StoredCondition[] {
  const conditions = isRecord(status) ? status['conditions'] : undefined
  return Array.isArray(conditions) ? conditions.flatMap(storedCondition) : []
}

function storedCondition(value: unknown): StoredCondition[] {
  if (!isRecord(value)) return []
  const { type, status, observedGeneration, lastTransitionTime, reason, message } = value
  if (typeof type !== 'string' || typeof status !== 'string' || typeof lastTransitionTime !== 'string') return []
  if (typeof reason !== 'string' || typeof message !== 'string') return []
  const condition = { type, status, lastTransitionTime, reason, message }
  return [typeof observedGeneration === 'number' ? { ...condition, observedGeneration } : condition]
}
