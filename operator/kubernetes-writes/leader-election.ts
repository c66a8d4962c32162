/**
 * Leader election with a Lease. Of several operators, only the holder of the Lease writes. The election follows client-go, with
 * two additions. First, every tenure has its own epoch. Second, a leader that was paused stops leading after the deadline, even
 * if no timer has fired since the pause.
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
   * This process leads from now on. All its writes must carry the epoch. This function is called again with a higher epoch
   * after `raiseEpoch`, and after the Lease was deleted and created again.
   */
  onLeading(epoch: number): void
  /**
   * This process no longer leads. The listener must immediately stop all writers. The election does nothing else before this
   * call.
   */
  onLost(): void
  /** Is called with the code `lease-failed` when a request about the Lease has failed. The request is repeated. */
  onFault(code: string, message: string): void
}

export interface LeaderElectionOptions {
  readonly api: LeaseApi
  /** Unique to this run of the process: the name of the pod and a random part. */
  readonly identity: string
  readonly clock: DatedClock
  /** Returns a random number that is at least 0 and less than 1. */
  readonly random: () => number
}

export interface LeaderElection {
  /** Begins to take part in the election. */
  start(listener: ElectionListener): void
  /**
   * Whether this process leads. False as soon as the deadline has passed on the local clock. The timer of the deadline may fire
   * later.
   */
  isLeader(): boolean
  /** The `leaseTransitions` of this tenure. Undefined if this process does not lead. */
  epoch(): number | undefined
  /** The identity of the holder when the Lease was last read. Undefined before the first read and after a release. */
  holder(): string | undefined
  /**
   * Requests an epoch higher than `above`. This is needed after somebody has deleted the Lease, because the epoch of a new
   * Lease may be lower than the epoch of the published table. The next renewal writes the new epoch. A leader renews the Lease
   * immediately.
   */
  raiseEpoch(above: number): void
  /** Gives the Lease back, so that a standby takes over within two seconds. `onLost` is not called. */
  stop(): Promise<void>
}

/** Makes a candidate. The candidate takes part in the election after its `start` is called. */
export function createLeaderElection(options: LeaderElectionOptions): LeaderElection {
  return new Election(options)
}

class Election implements LeaderElection {
  readonly #options: LeaderElectionOptions
  readonly #clock: DatedClock
  /** Undefined before `start`. Nothing happens until then. */
  #listener: ElectionListener | undefined
  #state: ElectionState = 'standby'
  #lease: ObservedLease | undefined
  /**
   * When this process sent its last successful renewal. From this time on, the process holds the Lease for at least the
   * duration of the Lease.
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
    // The attempt in progress may still acquire the Lease. Then this process must give the Lease back.
    await this.#attempt
    if (!this.#mustRelease) return
    this.#mustRelease = false
    try {
      await this.#release()
    } catch (error) {
      this.#fault('the Lease could not be given back; a standby takes over when it expires', error)
    }
  }

  /** Reads the Lease and acquires or renews it. Does nothing if such an attempt is already in progress. */
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
    // The answer may have come after the deadline. Then the writers must stop before the answer is used.
    this.#checkDeadline()
    this.#input(result)
  }

  /** Makes one attempt. If somebody has changed the Lease since it was last read, reads it and tries the renewal once more. */
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
    // If somebody has deleted the Lease and it was created again, its epoch is lost. The new epoch must also be higher than the
    // last epoch that this process saw.
    const above = Math.max(this.#epochAbove, this.#epoch, this.#lease?.record.leaseTransitions ?? 0)
    const tenure = { identity, duration: LEASE_DURATION_MS, time: this.#time(), above }
    const record = acquiredRecord(lease?.record, tenure)
    const written = lease ? await api.update({ ...lease, record }, signal) : await api.create(record, signal)
    // The deadline is measured from the request. If it has already passed, this process must try to acquire the Lease again.
    if (this.#clock.now() - askedAt >= RENEW_DEADLINE_MS) return 'failed'
    this.#written(written, askedAt)
    return 'acquired'
  }

  #written(lease: StoredLease, askedAt: number): void {
    this.#lease = { ...lease, observedAt: this.#clock.now() }
    // The answer to an old renewal may come late. It must not bring back a tenure that was lost.
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
  // There is no timer to cancel.
}

/**
 * If several standbys try to acquire the Lease, only one of them succeeds. For the other standbys, the conflict is not a fault.
 */
function heldByOtherIfOutdated(error: unknown): 'heldByOther' {
  if (isOutdated(error)) return 'heldByOther'
  throw error
}

/** Whether another client has written, created or deleted the Lease since this process last read it. */
function isOutdated(error: unknown): boolean {
  return error instanceof ApiError && (error.status === 409 || error.status === 404)
}
