/** The fields of a Lease's spec (coordination.k8s.io/v1) that leader election uses. */
export interface LeaseRecord {
  /** Empty if the Lease was released. */
  readonly holderIdentity: string
  readonly leaseDurationSeconds: number
  /** RFC 3339 with microseconds. `acquireTime` and `renewTime` are only for people: no code compares them. */
  readonly acquireTime: string
  readonly renewTime: string
  /**
   * The epoch of everything that the holder writes. It rises with every tenure. This is also so if a holder acquires its own
   * Lease again.
   */
  readonly leaseTransitions: number
}

/** A Lease that was read from the API server. */
export interface StoredLease {
  readonly record: LeaseRecord
  /**
   * The version of the stored Lease. An update names this version. If the stored Lease has another version by then, the API
   * server refuses the update.
   */
  readonly resourceVersion: string
}

/**
 * The requests of an election about its Lease. They reject with an ApiError. The ApiError has the status 409 if another client
 * has changed the Lease since it was read.
 */
export interface LeaseApi {
  get(signal: AbortSignal): Promise<StoredLease | undefined>
  create(record: LeaseRecord, signal: AbortSignal): Promise<StoredLease>
  /** Succeeds only if the stored Lease still has the resourceVersion of `lease`. */
  update(lease: StoredLease, signal: AbortSignal): Promise<StoredLease>
}

/**
 * A Lease, and when this process first saw this version of it. The time is in milliseconds of the process's monotonic clock.
 */
export interface ObservedLease extends StoredLease {
  readonly observedAt: number
}

/**
 * Combines a newly read Lease with the known one. If the version is new, the holder has changed the Lease and so is alive. The
 * time of the change is measured on this process's own clock, because the clocks of two machines differ.
 */
export function observeLease(known: ObservedLease | undefined, seen: StoredLease, now: number): ObservedLease {
  if (known?.resourceVersion === seen.resourceVersion) return known
  return { ...seen, observedAt: now }
}

/**
 * Whether a candidate may acquire the Lease. There are three cases in which it may: the Lease was released, the candidate
 * already holds it, or the Lease has not changed for its whole duration.
 */
export function isTakable(lease: ObservedLease, identity: string, now: number): boolean {
  const { holderIdentity, leaseDurationSeconds } = lease.record
  if (holderIdentity === '' || holderIdentity === identity) return true
  return now - lease.observedAt >= leaseDurationSeconds * 1000
}

interface Tenure {
  readonly identity: string
  /** The duration of the Lease, in milliseconds. */
  readonly duration: number
  /** The time of the acquisition, in RFC 3339 form with microseconds. */
  readonly time: string
  /** The epoch of the tenure must be higher than this number. */
  readonly above: number
}

/** The record of a new tenure. Its epoch is higher than the epoch of every earlier tenure of any holder. */
export function acquiredRecord(before: LeaseRecord | undefined, tenure: Tenure): LeaseRecord {
  return {
    holderIdentity: tenure.identity,
    leaseDurationSeconds: Math.ceil(tenure.duration / 1000),
    acquireTime: tenure.time,
    renewTime: tenure.time,
    leaseTransitions: Math.max(before?.leaseTransitions ?? 0, tenure.above) + 1,
  }
}

/** The record of a tenure that goes on. If its epoch is not higher than `above`, the epoch is raised. */
export function renewedRecord(before: LeaseRecord, time: string, above: number): LeaseRecord {
  return { ...before, renewTime: time, leaseTransitions: Math.max(before.leaseTransitions, above + 1) }
}

/** The record of a released Lease. Any candidate may acquire such a Lease immediately. */
export function releasedRecord(before: LeaseRecord, time: string): LeaseRecord {
  return { ...before, holderIdentity: '', leaseDurationSeconds: 1, acquireTime: time, renewTime: time }
}
