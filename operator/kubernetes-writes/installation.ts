/** Installations that watch the same namespace, and the rule by which one of them writes the statuses. */
import { isRecord } from '../api/json-value.ts'

/**
 * One installation: the operators that share a Lease. Every status that one of these operators has written contains the
 * installation's name.
 */
export interface Installation {
  /** `namespace/name` of the Lease. */
  readonly name: string
  /** The creation time of the Lease, RFC 3339. */
  readonly since: string
}

/**
 * Whether `one` is senior to `other`. The senior installation writes. It is the older one, so that a new test installation cannot
 * take over from the installation in use.
 */
export function isSenior(one: Installation, other: Installation): boolean {
  return one.since === other.since ? one.name < other.name : one.since < other.since
}

/** The installation in the `status` of an object. Undefined if the status names no installation. */
export function storedInstallation(status: unknown): Installation | undefined {
  const stored = isRecord(status) ? status['installation'] : undefined
  if (!isRecord(stored)) return undefined
  const { name, since } = stored
  return typeof name === 'string' && typeof since === 'string' ? { name, since } : undefined
}
