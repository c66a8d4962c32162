/** What the spec of a Lease (coordination.k8s.io/v1) says about leadership. */
export interface LeaseRecord {
  /** Empty: released. */
  readonly holderIdentity: string
  readonly leaseDurationSeconds: number
  /** RFC 3339 with microseconds. Written for people; nobody compares them. */
  readonly acquireTime: string
  readonly renewTime: string
  /** Rises with every tenure, also when a holder takes its own Lease again: it is the epoch of what the holder writes. */
  readonly leaseTransitions: number
}

/** A Lease as the API server has it. */
export interface StoredLease {
  readonly record: LeaseRecord
  /** An update that names another one is refused. */
  readonly resourceVersion: string
}

/**
 * The requests that an election makes about its one Lease. They reject with an ApiError, of status 409
 * where somebody else was faster.
 */
export interface LeaseApi {
  get(signal: AbortSignal): Promise<StoredLease | undefined>
  create(record: LeaseRecord, signal: AbortSignal): Promise<StoredLease>
  /** Only if the Lease is still at this resourceVersion. */
  update(lease: StoredLease, signal: AbortSignal): Promise<StoredLease>
}

/** A Lease, and when it was first seen as it is: milliseconds of the own monotonic clock. */
export interface ObservedLease extends StoredLease {
  readonly observedAt: number
}

/**
 * What a look at the Lease adds to what is known of it. A holder proves that it lives by changing the Lease; when is
 * measured on the own clock, because two machines never agree about the time.
 */
export function observeLease(known: ObservedLease | undefined, seen: StoredLease, now: number): ObservedLease {
  if (known?.resourceVersion === seen.resourceVersion) return known
  return { ...seen, observedAt: now }
}

/** Whether a candidate that does not lead may take the Lease: it is released, its own, or has not changed for its duration. */
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

/** The record of a new tenure. Its epoch is higher than that of every tenure before, whoever had it. */
export function acquiredRecord(before: LeaseRecord | undefined, tenure: Tenure): LeaseRecord {
  return {
    holderIdentity: tenure.identity,
    leaseDurationSeconds: Math.ceil(tenure.duration / 1000),
    acquireTime: tenure.time,
    renewTime: tenure.time,
    leaseTransitions: Math.max(before?.leaseTransitions ?? 0, tenure.above) + 1,
  }
}

/** The record of a tenure that goes on, with a higher epoch if the present one is not above `above`. */
export function renewedRecord(before: LeaseRecord, time: string, above: number): LeaseRecord {
  return { ...before, renewTime: time, leaseTransitions: Math.max(before.leaseTransitions, above + 1) }
}

/** The record that lets anybody take over at once. */
export function releasedRecord(before: LeaseRecord, time: string): LeaseRecord {
  return { ...before, holderIdentity: '', leaseDurationSeconds: 1, acquireTime: time, renewTime: time }
}
