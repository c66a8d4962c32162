/** Who speaks in a status where several installations watch the same namespace. */
import { isRecord } from '../api/json-value.ts'

/** One installation: the operators that share a Lease. It stands in each status that one of them has written. */
export interface Installation {
  /** `namespace/name` of the Lease. */
  readonly name: string
  /** When the Lease was made, RFC 3339. */
  readonly since: string
}

/** Of two installations the older one speaks: one that is tried out takes nothing from the one that is in use. */
export function isSenior(one: Installation, other: Installation): boolean {
  return one.since === other.since ? one.name < other.name : one.since < other.since
}

/** The installation in the `status` of an object; undefined where nobody has said who wrote it. */
export function storedInstallation(status: unknown): Installation | undefined {
  const stored = isRecord(status) ? status['installation'] : undefined
  if (!isRecord(stored)) return undefined
  const { name, since } = stored
  return typeof name === 'string' && typeof since === 'string' ? { name, since } : undefined
}
