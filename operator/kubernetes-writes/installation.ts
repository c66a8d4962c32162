/** Several installations may watch the same namespace. The rule in this file says which of them writes the statuses. */
import { isRecord } from '../api/json-value.ts'

/**
 * One installation: all operators that share one Lease. Every status that one of these operators has written contains the name
 * of the installation.
 */
export interface Installation {
  /** The name of the Lease, `namespace/name`. */
  readonly name: string
  /** The creation time of the Lease, in RFC 3339 form. */
  readonly since: string
}

/**
 * Whether `one` is senior to `other`. The older installation is senior, and the senior one writes. So a new test installation
 * cannot take over from an installation in use.
 */
export function isSenior(one: Installation, other: Installation): boolean {
  return one.since === other.since ? one.name < other.name : one.since < other.since
}

/** The installation that the `status` of an object names. Undefined if it names none. */
export function storedInstallation(status: unknown): Installation | undefined {
  const stored = isRecord(status) ? status['installation'] : undefined
  if (!isRecord(stored)) return undefined
  const { name, since } = stored
  return typeof name === 'string' && typeof since === 'string' ? { name, since } : undefined
}
