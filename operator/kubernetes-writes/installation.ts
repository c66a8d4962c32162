/** Installations that watch the same namespace, and which of them writes the statuses. */
import { isRecord } from '../api/json-value.ts'

/** One installation: the operators that share a Lease. Its name is in each status that one of them has written. */
export interface Installation {
  /** `namespace/name` of the Lease. */
  readonly name: string
  /** When the Lease was made, RFC 3339. */
  readonly since: string
}

/**
 * Whether `one` is the senior of two installations, the one that writes. It is the older one, so that a test installation
 * cannot take over from the one in use.
 */
export function isSenior(one: Installation, other: Installation): boolean {
  return one.since === other.since ? one.name < other.name : one.since < other.since
}

/** The installation in the `status` of an object; undefined if the status names none. */
export function storedInstallation(status: unknown): Installation | undefined {
  const stored = isRecord(status) ? status['installation'] : undefined
  if (!isRecord(stored)) return undefined
  const { name, since } = stored
  return typeof name === 'string' && typeof since === 'string' ? { name, since } : undefined
}
