/** The fields of a Lease's spec (coordination.k8s.io/v1) that leader election uses. */
export interface LeaseRecord {
  /** Empty if the Lease was released. */
  readonly holderIdentity: string
  readonly leaseDurationSeconds: number
  /** RFC 3339 with microseconds. Both times are only for people: no code compares them. */
  readonly acquireTime: string
  readonly renewTime: string
  /**
   * The epoch of everything that the holder writes. The epoch rises with every tenure, even if a holder acquires its own Lease
   * again.
   */
  readonly leaseTransitions: number
}

/** A Lease that was read from the API server. */
export interface StoredLease {
  readonly record: LeaseRecord
  /** The API server refuses an update that names a different version. */
  readonly resourceVersion: string
}

/**
 * The requests of an election about its Lease. They reject with an ApiError. If another client was faster, the ApiError has the
 * status 409.
 */
export interface LeaseApi {
  get(signal: AbortSignal): Promise<StoredLease | undefined>
  create(record: LeaseRecord, signal: AbortSignal): Promise<StoredLease>
  /** Succeeds only if the Lease still has this resourceVersion. */
  update(lease: StoredLease, signal: AbortSignal): Promise<StoredLease>
}

/** A Lease, and the time at which this process first saw this version of it, in milliseconds of the process's monotonic clock. */
export interface ObservedLease extends StoredLease {
  readonly observedAt: number
}

/**
 * Combines a newly read Lease with the known one. A holder changes the Lease to prove that it is alive. The time of a change is
 * measured on the clock of this process, because the clocks of two machines differ.
 */
export function observeLease(known: ObservedLease | undefined, seen: StoredLease, now: number): ObservedLease {
  if (known?.resourceVersion === seen.resourceVersion) return known
  return { ...seen, observedAt: now }
}

/**
 * Whether a candidate may acquire the Lease. It may in three cases: the Lease was released, the candidate already holds it, or
 * the Lease has not changed for its duration.
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
  /** The time of the acquisition, RFC 3339 with microseconds. */
  readonly time: string
  /** The epoch of the tenure must be higher than this number. */
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

/** The record of a released Lease. With this record any candidate may take over immediately. */
export function releasedRecord(before: LeaseRecord, time: string): LeaseRecord {
  return { ...before, holderIdentity: '', leaseDurationSeconds: 1, acquireTime: time, renewTime: time }
}
