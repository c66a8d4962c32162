/**
 * Which of several operators writes: the holder of a Lease. As client-go's leader election, with an epoch that no two
 * tenures share and with a deadline that holds even for a process which was stopped and does not know it yet.
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

/** Told in the order of what happens. None of it may throw. */
export interface ElectionListener {
  /**
   * This process leads from now on; everything that it writes carries the epoch. Called again with a higher epoch after
   * `raiseEpoch`, or where the Lease was deleted and made anew.
   */
  onLeading(epoch: number): void
  /** It does not lead any more. Called before anything else is done: stop every writer here, at once. */
  onLost(): void
  /** Code `lease-failed`: a request about the Lease failed, and is made again. */
  onFault(code: string, message: string): void
}

export interface LeaderElectionOptions {
  readonly api: LeaseApi
  /** Unique to this run of the process: pod name and something random. */
  readonly identity: string
  readonly clock: DatedClock
  /** From 0 up to 1. */
  readonly random: () => number
}

export interface LeaderElection {
  /** Takes part in the election from now on. */
  start(listener: ElectionListener): void
  /** Asks the local clock as well: false as soon as the deadline has passed, whether or not a timer has fired. */
  isLeader(): boolean
  /** `leaseTransitions` of this tenure; undefined for one that does not lead. */
  epoch(): number | undefined
  /** Identity of the holder as last seen; undefined before the first look and after a release. */
  holder(): string | undefined
  /**
   * Asks for an epoch higher than `above`: somebody has deleted the Lease, and what was published before has a higher one.
   * Done with the next renewal, which is made at once; only the holder of the Lease can.
   */
  raiseEpoch(above: number): void
  /** Gives the Lease back, so that a standby takes over within two seconds. `onLost` is not called. */
  stop(): Promise<void>
}

/** A candidate that takes part once it is started. */
export function createLeaderElection(options: LeaderElectionOptions): LeaderElection {
  return new Election(options)
}

class Election implements LeaderElection {
  readonly #options: LeaderElectionOptions
  readonly #clock: DatedClock
  /** Undefined before the start: nothing happens until then. */
  #listener: ElectionListener | undefined
  #state: ElectionState = 'standby'
  #lease: ObservedLease | undefined
  /** When the last successful renewal was asked for: the Lease is this process's for at least its duration after that. */
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
    // Its end can still bring a Lease that has to be given back.
    await this.#attempt
    if (!this.#mustRelease) return
    this.#mustRelease = false
    try {
      await this.#release()
    } catch (error) {
      this.#fault('the Lease could not be given back; a standby takes over when it expires', error)
    }
  }

  /** Looks at the Lease and takes or renews it, unless that is in progress already. */
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
    // An answer that comes after the deadline is too late: the writers have to stop first.
    this.#checkDeadline()
    this.#input(result)
  }

  /** Where what is known of the Lease proves old, it is read, and tried once more. */
  async #tryOnce(signal: AbortSignal): Promise<ElectionInput> {
    try {
      if (this.#state === 'leading' && this.#lease) return await this.#renew(this.#lease, signal)
    } catch (error) {
      if (!isOutdated(error)) throw error
    }
    const seen = await this.#options.api.get(signal)
    if (!seen) return await this.#acquire(undefined, signal).catch(heldIfOutdated)
    const lease = observeLease(this.#lease, seen, this.#clock.now())
    this.#lease = lease
    const mine = lease.record.holderIdentity === this.#options.identity
    if (this.#state === 'leading') return mine ? await this.#renew(lease, signal) : 'held'
    if (!isTakable(lease, this.#options.identity, this.#clock.now())) return 'held'
    return await this.#acquire(lease, signal).catch(heldIfOutdated)
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
    // A Lease that was deleted and is made anew has forgotten its epoch; whoever saw it has not.
    const above = Math.max(this.#epochAbove, this.#epoch, this.#lease?.record.leaseTransitions ?? 0)
    const tenure = { identity, duration: LEASE_DURATION_MS, time: this.#time(), above }
    const record = acquiredRecord(lease?.record, tenure)
    const written = lease ? await api.update({ ...lease, record }, signal) : await api.create(record, signal)
    // The deadline counts from the question. Past it, the Lease has to be taken anew.
    if (this.#clock.now() - askedAt >= RENEW_DEADLINE_MS) return 'failed'
    this.#written(written, askedAt)
    return 'acquired'
  }

  #written(lease: StoredLease, askedAt: number): void {
    this.#lease = { ...lease, observedAt: this.#clock.now() }
    // After a loss the answer to an old renewal must not bring the tenure back.
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
  // There is nothing to cancel yet.
}

/** Of several standbys one takes the Lease: that the others do not is no fault. */
function heldIfOutdated(error: unknown): 'held' {
  if (isOutdated(error)) return 'held'
  throw error
}

/** Somebody else has written, made or deleted the Lease meanwhile. */
function isOutdated(error: unknown): boolean {
  return error instanceof ApiError && (error.status === 409 || error.status === 404)
}
