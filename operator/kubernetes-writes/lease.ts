/** The fields of a Lease's spec (coordination.k8s.io/v1) that leader election uses. */
export interface LeaseRecord {
  /** Empty if the Lease was released. */
  readonly holderIdentity: string
  readonly leaseDurationSeconds: number
  /** RFC 3339 with microseconds. Both times are written for people and never compared. */
  readonly acquireTime: string
  readonly renewTime: string
  /**
   * The epoch of everything that the holder writes. It rises with every tenure, even if a holder acquires its own Lease again.
   */
  readonly leaseTransitions: number
}

/** A Lease that was read from the API server. */
export interface StoredLease {
  readonly record: LeaseRecord
  /** The API server refuses an update that names another version. */
  readonly resourceVersion: string
}

/**
 * The requests of an election about its Lease. They reject with an ApiError, with the status 409 if another client was
 * faster.
 */
export interface LeaseApi {
  get(signal: AbortSignal): Promise<StoredLease | undefined>
  create(record: LeaseRecord, signal: AbortSignal): Promise<StoredLease>
  /** Succeeds only if the Lease still has this resourceVersion. */
  update(lease: StoredLease, signal: AbortSignal): Promise<StoredLease>
}

/** A Lease, and when this version of it was first seen: milliseconds of this process's monotonic clock. */
export interface ObservedLease extends StoredLease {
  readonly observedAt: number
}

/**
 * Combines a newly read Lease with the known one. A holder proves that it is alive by changing the Lease. The time of a
 * change is measured on the clock of this process, because the clocks of two machines differ.
 */
export function observeLease(known: ObservedLease | undefined, seen: StoredLease, now: number): ObservedLease {
  if (known?.resourceVersion === seen.resourceVersion) return known
  return { ...seen, observedAt: now }
}

/**
 * Whether a candidate may acquire the Lease: it was released, the candidate holds it already, or it has not changed for its
 * duration.
 */
export function isTakable(lease: ObservedLease, identity: string, now: number): boolean {
  const { holderIdentity, leaseDurationSeconds } = lease.record
  if (holderIdentity === '' || holderIdentity === identity) return true
  return now - lease.observedAt >= leaseDurationSeconds * 1000
}

interface Tenure {
  readonly identity: string
  /** Milliseconds. */
  readonly duration: number
  /** RFC 3339 with microseconds. */
  readonly time: string
  /** The epoch must be higher than this. */
  readonly above: number
}

/** The record of a new tenure. Its epoch is higher than the epochs of all earlier tenures of all holders. */
export function acquiredRecord(before: LeaseRecord | undefined, tenure: Tenure): LeaseRecord {
  return {
    holderIdentity: tenure.identity,
    leaseDurationSeconds: Math.ceil(tenure.duration / 1000),
    acquireTime: tenure.time,
    renewTime: tenure.time,
    leaseTransitions: Math.max(before?.leaseTransitions ?? 0, tenure.above) + 1,
  }
}

/** The record of a continued tenure. Its epoch is raised if it is not higher than `above`. */
export function renewedRecord(before: LeaseRecord, time: string, above: number): LeaseRecord {
  return { ...before, renewTime: time, leaseTransitions: Math.max(before.leaseTransitions, above + 1) }
}

/** The record with which any candidate may take over immediately. */
export function releasedRecord(before: LeaseRecord, time: string): LeaseRecord {
  return { ...before, holderIdentity: '', leaseDurationSeconds: 1, acquireTime: time, renewTime: time }
}
