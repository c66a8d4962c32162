/**
 * Leader election with a Lease. Only one of several operators writes: the holder of the Lease. The election follows client-go,
 * with two additions. First, every tenure has an epoch of its own. Second, the deadline applies even to a process that was paused
 * and has not noticed the pause yet.
 */

import { errorText } from '../../ingress/text/error-text.ts'
import type { DatedClock } from '../../ingress/time/dated-clock.ts'
import { ApiError } from '../api/api-error.ts'
import { microTime } from './kubernetes-time.ts'
import { ELECTION_TABLE, type ElectionEffect, type ElectionInput, type ElectionState } from './leader-election-table.ts'
import {
  acquiredRecord,
  isTakable,
  type LeaseApi,
  type ObservedLease,
  observeLease,
  releasedRecord,
  renewedRecord,
  type StoredLease,
} from './lease.ts'
import {
  LEASE_DURATION_MS,
  LEASE_REQUEST_TIMEOUT_MS,
  PERIOD_JITTER,
  RENEW_DEADLINE_MS,
  RENEW_PERIOD_MS,
  STANDBY_PERIOD_MS,
} from './limits.ts'

/** The listener of the election. Its functions are called in the order of events. They must not throw. */
export interface ElectionListener {
  /**
   * This process leads from now on. Every write of this process carries the epoch. Called again with a higher epoch after
   * `raiseEpoch`, or if the Lease was deleted and created again.
   */
  onLeading(epoch: number): void
  /** This process no longer leads. Called before anything else happens. The listener must stop every writer immediately. */
  onLost(): void
  /** Called with the code `lease-failed` when a request about the Lease has failed. The request is repeated. */
  onFault(code: string, message: string): void
}

export interface LeaderElectionOptions {
  readonly api: LeaseApi
  /** Unique to this run of the process: the pod name and a random part. */
  readonly identity: string
  readonly clock: DatedClock
  /** Returns a number from 0 up to, but not including, 1. */
  readonly random: () => number
}

export interface LeaderElection {
  /** Takes part in the election from now on. */
  start(listener: ElectionListener): void
  /**
   * Whether this process leads. False as soon as the deadline has passed on the local clock, even if the timer of the deadline
   * has not fired yet.
   */
  isLeader(): boolean
  /** The `leaseTransitions` of this tenure; undefined if this process does not lead. */
  epoch(): number | undefined
  /** The identity of the holder at the last read. Undefined before the first read and after a release. */
  holder(): string | undefined
  /**
   * Requests an epoch higher than `above`. This is needed if somebody has deleted the Lease: the epoch of the new Lease may be
   * lower than the epoch of the published table. The next renewal writes the new epoch. If this process leads, it renews the
   * Lease immediately.
   */
  raiseEpoch(above: number): void
  /** Gives the Lease back, so that a standby takes over within two seconds. `onLost` is not called. */
  stop(): Promise<void>
}

/** Creates a candidate. The candidate takes part in the election after `start`. */
export function createLeaderElection(options: LeaderElectionOptions): LeaderElection {
  return new Election(options)
}

class Election implements LeaderElection {
  readonly #options: LeaderElectionOptions
  readonly #clock: DatedClock
  /** Undefined before `start`: nothing happens until then. */
  #listener: ElectionListener | undefined
  #state: ElectionState = 'standby'
  #lease: ObservedLease | undefined
  /**
   * The time at which this process sent its last successful renewal. From this time on, it holds the Lease for at least the
   * Lease's duration.
   */
  #renewedAt = 0
  #epoch = 0
  #epochAbove = 0
  #attempt: Promise<void> | undefined
  #abort: AbortController | undefined
  #cancelDeadline: () => void = noTimer
  #cancelWait: () => void = noTimer
  #mustRelease = false

  constructor(options: LeaderElectionOptions) {
    this.#options = options
    this.#clock = options.clock
  }

  start(listener: ElectionListener): void {
    this.#listener = listener
    this.#startAttempt()
  }

  isLeader(): boolean {
    this.#checkDeadline()
    return this.#state === 'leading'
  }

  epoch(): number | undefined {
    return this.isLeader() ? this.#epoch : undefined
  }

  holder(): string | undefined {
    return this.#lease?.record.holderIdentity || undefined
  }

  raiseEpoch(above: number): void {
    this.#epochAbove = Math.max(this.#epochAbove, above)
    if (this.isLeader()) this.#startAttempt()
  }

  async stop(): Promise<void> {
    this.#cancelWait()
    this.#input('stop')
    // The attempt in progress may still acquire the Lease. If so, this process has to give the Lease back.
    await this.#attempt
    if (!this.#mustRelease) return
    this.#mustRelease = false
    try {
      await this.#release()
    } catch (error) {
      this.#fault('the Lease could not be given back; a standby takes over when it expires', error)
    }
  }

  /** Reads the Lease and acquires or renews it, unless an attempt is in progress. */
  #startAttempt(): void {
    this.#cancelWait()
    this.#attempt ??= this.#try().finally(() => {
      this.#attempt = undefined
    })
  }

  async #try(): Promise<void> {
    const abort = new AbortController()
    this.#abort = abort
    const cancelTimeout = this.#clock.after(LEASE_REQUEST_TIMEOUT_MS, () => abort.abort())
    const result = await this.#tryOnce(abort.signal).catch((error: unknown) => {
      if (!abort.signal.aborted || this.#state === 'leading')
        this.#fault('the Lease could not be read or written', error)
      return 'failed' as const
    })
    cancelTimeout()
    // If the answer came after the deadline, the writers must stop before the answer is used.
    this.#checkDeadline()
    this.#input(result)
  }

  /** Makes one attempt. If the known state of the Lease is outdated, reads the Lease and tries the renewal once more. */
  async #tryOnce(signal: AbortSignal): Promise<ElectionInput> {
    try {
      if (this.#state === 'leading' && this.#lease) return await this.#renew(this.#lease, signal)
    } catch (error) {
      if (!isOutdated(error)) throw error
    }
    const seen = await this.#options.api.get(signal)
    if (!seen) return await this.#acquire(undefined, signal).catch(heldByOtherIfOutdated)
    const lease = observeLease(this.#lease, seen, this.#clock.now())
    this.#lease = lease
    const mine = lease.record.holderIdentity === this.#options.identity
    if (this.#state === 'leading') return mine ? await this.#renew(lease, signal) : 'heldByOther'
    if (!isTakable(lease, this.#options.identity, this.#clock.now())) return 'heldByOther'
    return await this.#acquire(lease, signal).catch(heldByOtherIfOutdated)
  }

  async #renew(lease: StoredLease, signal: AbortSignal): Promise<ElectionInput> {
    signal.throwIfAborted()
    const askedAt = this.#clock.now()
    const record = renewedRecord(lease.record, this.#time(), this.#epochAbove)
    this.#written(await this.#options.api.update({ ...lease, record }, signal), askedAt)
    return record.leaseTransitions === lease.record.leaseTransitions ? 'renewed' : 'raised'
  }

  async #acquire(lease: StoredLease | undefined, signal: AbortSignal): Promise<ElectionInput> {
    signal.throwIfAborted()
    const { api, identity } = this.#options
    const askedAt = this.#clock.now()
    // If somebody has deleted the Lease and it was created again, its epoch is lost. So the last epoch that this process saw
    // counts too.
    const above = Math.max(this.#epochAbove, this.#epoch, this.#lease?.record.leaseTransitions ?? 0)
    const tenure = { identity, duration: LEASE_DURATION_MS, time: this.#time(), above }
    const record = acquiredRecord(lease?.record, tenure)
    const written = lease ? await api.update({ ...lease, record }, signal) : await api.create(record, signal)
    // The deadline counts from the request. If the deadline has passed, this process has to acquire the Lease again.
    if (this.#clock.now() - askedAt >= RENEW_DEADLINE_MS) return 'failed'
    this.#written(written, askedAt)
    return 'acquired'
  }

  #written(lease: StoredLease, askedAt: number): void {
    this.#lease = { ...lease, observedAt: this.#clock.now() }
    // A late answer to an old renewal must not revive a tenure that was lost.
    if (this.#clock.now() - askedAt >= RENEW_DEADLINE_MS) return
    this.#renewedAt = askedAt
    this.#epoch = lease.record.leaseTransitions
  }

  async #release(): Promise<void> {
    const { api, identity } = this.#options
    const abort = new AbortController()
    const cancelTimeout = this.#clock.after(LEASE_REQUEST_TIMEOUT_MS, () => abort.abort())
    try {
      const lease = await api.get(abort.signal)
      if (lease?.record.holderIdentity !== identity) return
      await api.update({ ...lease, record: releasedRecord(lease.record, this.#time()) }, abort.signal)
      this.#lease = undefined
    } finally {
      cancelTimeout()
    }
  }

  #checkDeadline(): void {
    if (this.#state === 'leading' && this.#clock.now() - this.#renewedAt >= RENEW_DEADLINE_MS) this.#input('deadline')
  }

  #input(input: ElectionInput): void {
    const { to, effects } = ELECTION_TABLE[this.#state][input]
    this.#state = to
    for (const effect of effects) this.#effects[effect]()
  }

  readonly #effects: Readonly<Record<ElectionEffect, () => void>> = {
    lead: () => this.#listener?.onLeading(this.#epoch),
    lose: () => this.#listener?.onLost(),
    waitStandby: () => this.#wait(STANDBY_PERIOD_MS),
    waitLeader: () => this.#wait(RENEW_PERIOD_MS),
    startDeadline: () => {
      this.#cancelDeadline()
      const left = this.#renewedAt + RENEW_DEADLINE_MS - this.#clock.now()
      this.#cancelDeadline = this.#clock.after(left, () => this.#checkDeadline())
    },
    stopDeadline: () => this.#cancelDeadline(),
    abort: () => this.#abort?.abort(),
    release: () => {
      this.#mustRelease = true
    },
  }

  #wait(period: number): void {
    this.#cancelWait()
    const jitter = 1 + PERIOD_JITTER * this.#options.random()
    this.#cancelWait = this.#clock.after(period * jitter, () => this.#startAttempt())
  }

  #time(): string {
    return microTime(this.#clock.wallClock())
  }

  #fault(what: string, error: unknown): void {
    const why = errorText(error)
    this.#listener?.onFault('lease-failed', `${what}: ${why}`)
  }
}

function noTimer(): void {
  // No timer is set, so nothing has to be cancelled.
}

/** If several standbys try to acquire the Lease, only one of them succeeds. For the other standbys this is not a fault. */
function heldByOtherIfOutdated(error: unknown): 'heldByOther' {
  if (isOutdated(error)) return 'heldByOther'
  throw error
}

/** Whether another client has written, created or deleted the Lease in the meantime. */
function isOutdated(error: unknown): boolean {
  return error instanceof ApiError && (error.status === 409 || error.status === 404)
}
