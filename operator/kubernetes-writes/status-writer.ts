/**
 * Writes the conditions of objects into their statuses. It writes only changes, at a limited rate, and repeats a failed write.
 * It compares the stored with the wanted status when the watch reports an object, and also in rounds over all objects. If
 * another writer has overwritten a status, it restores the status. If this happens again and again, its pauses before the
 * restoration grow.
 */

import type { Condition } from '../../crds/schema/conditions.ts'
import { errorText } from '../../ingress/text/error-text.ts'
import type { DatedClock } from '../../ingress/time/dated-clock.ts'
import { ApiError } from '../api/api-error.ts'
import { isOlderVersion } from '../api/api-object.ts'
import type { Installation } from './installation.ts'
import { createOverlaps, type Overlaps } from './installation-overlap.ts'
import { secondTime } from './kubernetes-time.ts'
import {
  CONFLICT_RETRY_MS,
  FORBIDDEN_RETRY_MS,
  MAX_REMEMBERED_WRITES,
  OBJECT_STATUS_WRITE_BURST,
  OBJECT_STATUS_WRITES_PER_SECOND,
  REFUSED_RETRY_MS,
  STATUS_SWEEP_MS,
  STATUS_SWEEP_OBJECTS,
  STATUS_WORKERS,
  STATUS_WRITE_BURST,
  STATUS_WRITES_PER_SECOND,
} from './limits.ts'
import { changedConditions, type StoredCondition } from './object-status.ts'
import { createStatusContests, type StatusContests } from './status-contest.ts'
import { createTokenBucket, pause, type TokenBucket } from './token-bucket.ts'
import {
  createWorkQueue,
  TerminalError,
  type WorkPriority,
  type WorkQueue,
  type WorkQueueHooks,
  type WorkResult,
} from './work-queue.ts'

/** One generation of one object. */
export interface StatusTarget {
  readonly kind: 'SipTrunk' | 'DispatchRule'
  readonly namespace: string
  readonly name: string
  /** An object that is created again under the same name has a different uid. */
  readonly uid: string
  readonly generation: number
}

/** The status of an object and its version, as the watch last reported them. */
export interface CurrentStatus {
  readonly uid: string
  readonly resourceVersion: string
  /** All conditions. Those of other controllers are included. */
  readonly conditions: readonly StoredCondition[]
  /** The installation that wrote the status last. Undefined if the status names no installation. */
  readonly installation?: Installation | undefined
}

/** One write of a status. */
export interface StatusWrite {
  readonly target: StatusTarget
  /** All conditions of the new status. If undefined, the write does not change the conditions. */
  readonly conditions: readonly StoredCondition[] | undefined
  readonly installation: Installation
  /** The version of the object with which the conditions were compared. */
  readonly resourceVersion: string
}

export interface StatusApi {
  /**
   * Resolves with the version that the object has after the write. Rejects with an ApiError. The ApiError has the status 409 if
   * the object no longer has the version of `write`.
   */
  writeStatus(write: StatusWrite, signal: AbortSignal): Promise<{ readonly resourceVersion: string }>
}

export interface StatusWriterOptions {
  readonly api: StatusApi
  /** Returns what the cache of the watch has about the object. Undefined if the cache does not have the object. */
  readonly current: (target: StatusTarget) => CurrentStatus | undefined
  /**
   * Is called before each write. Returns the installation of this process, or undefined if this process does not lead. A
   * process that does not lead must not write.
   */
  readonly installation: () => Installation | undefined
  readonly clock: DatedClock
  readonly hooks: WorkQueueHooks
  /** Is called after each write. */
  readonly onWrite: (result: 'written' | 'failed') => void
  /** Is called when another writer has overwritten a status. `count`: how many times in a row this has happened. */
  readonly onOverwritten: (target: StatusTarget, count: number) => void
  /**
   * Is called when another installation watches the same object. `speaks`: whether that installation is senior. If it is, this
   * installation does not write the status.
   */
  readonly onOverlap: (target: StatusTarget, other: Installation, speaks: boolean) => void
  /**
   * There are three codes. `status-write-failed`: the write is repeated. `status-forbidden`: it is repeated after a long pause.
   * `status-refused`: it is repeated after `REFUSED_RETRY_MS` at the earliest.
   */
  readonly onFault: (code: string, message: string) => void
}

export interface StatusWriter {
  /** Sets the wanted conditions of an object. If the status does not have them yet, they are written soon. */
  set(target: StatusTarget, conditions: readonly Condition[], priority?: WorkPriority): void
  /** Must be called when the watch has reported the object, because its status may have changed. */
  look(target: Pick<StatusTarget, 'kind' | 'namespace' | 'name'>): void
  /** Whether another installation was seen recently. */
  readonly overlap: boolean
  /** Forgets all wanted conditions. Must be called when this process no longer leads. */
  clear(): void
  /** Must be called when the object was deleted. */
  forget(target: Pick<StatusTarget, 'kind' | 'namespace' | 'name'>): void
  readonly queue: Pick<WorkQueue, 'state' | 'stuck'>
  /** Makes the pending writes. This takes at most `limit` milliseconds. After this call, `set` has no effect. */
  drain(limit: number): Promise<void>
  /** Stops immediately: drops pending writes and aborts running ones. */
  stop(): void
}

interface Wanted {
  readonly target: StatusTarget
  readonly generation: number
  readonly conditions: readonly Condition[]
  /** Whether the status has contained these conditions since they were set, or since the last overwrite was counted. */
  wasStored: boolean
  /** A time of the clock. If the API server has refused the status, the write is not tried again before this time. */
  refusedUntil: number
}

/**
 * What to do about a status. `equal`: it is already as wanted, so nothing is to be done. `leave`: do not change it. `write`:
 * write it.
 */
type Assessment = { readonly type: 'equal' | 'leave' } | { readonly type: 'write'; readonly write: StatusWrite }

/** Makes a writer with its own queue. */
export function createStatusWriter(options: StatusWriterOptions): StatusWriter {
  return new Writer(options)
}

class Writer implements StatusWriter {
  readonly #options: StatusWriterOptions
  readonly queue: WorkQueue
  readonly #wanted = new Map<string, Wanted>()
  /**
   * Writes of this process that the watch may not have reported yet. The writer remembers them, so that it does not repeat
   * them.
   */
  readonly #written = new Map<string, CurrentStatus>()
  readonly #budget: TokenBucket
  readonly #objectBudgets = new Map<string, TokenBucket>()
  readonly #contests: StatusContests
  readonly #overlaps: Overlaps
  /** Where the next round of comparisons begins. If undefined, it begins at the first status. */
  #cursor: IterableIterator<string> | undefined
  #cancelSweep: (() => void) | undefined

  constructor(options: StatusWriterOptions) {
    this.#options = options
    this.#budget = this.#bucket(STATUS_WRITES_PER_SECOND, STATUS_WRITE_BURST)
    this.#contests = createStatusContests(options.clock)
    this.#overlaps = createOverlaps(options.clock, (key, other, speaks) => {
      const target = this.#wanted.get(key)?.target
      if (target) options.onOverlap(target, other, speaks)
    })
    this.queue = createWorkQueue({
      workers: STATUS_WORKERS,
      clock: options.clock,
      hooks: options.hooks,
      work: (key, signal) => this.#work(key, signal),
      onError: (key, error) => this.#fault(key, error),
    })
  }

  set(target: StatusTarget, conditions: readonly Condition[], priority?: WorkPriority): void {
    const key = keyOf(target)
    const wanted = { target, generation: target.generation, conditions, wasStored: false, refusedUntil: -Infinity }
    this.#wanted.set(key, wanted)
    if (this.#assess(key, wanted).type === 'write') this.queue.add(key, priority)
    this.#cancelSweep ??= this.#sweepLater()
  }

  look(target: Pick<StatusTarget, 'kind' | 'namespace' | 'name'>): void {
    this.#look(keyOf(target), 'fresh')
  }

  get overlap(): boolean {
    return this.#overlaps.any
  }

  clear(): void {
    this.#wanted.clear()
    this.#contests.clear()
  }

  forget(target: Pick<StatusTarget, 'kind' | 'namespace' | 'name'>): void {
    const key = keyOf(target)
    this.#wanted.delete(key)
    this.#written.delete(key)
    this.#objectBudgets.delete(key)
    this.#contests.forget(key)
    this.queue.forget(key)
  }

  drain(limit: number): Promise<void> {
    this.#cancelSweep?.()
    return this.queue.drain(limit)
  }

  stop(): void {
    this.#cancelSweep?.()
    this.queue.stop()
  }

  #look(key: string, priority: WorkPriority): void {
    const wanted = this.#wanted.get(key)
    // If the object is in the queue, its status is compared later, immediately before the write.
    if (!wanted || this.queue.has(key) || this.#options.clock.now() < wanted.refusedUntil) return
    switch (this.#assess(key, wanted).type) {
      case 'equal':
        wanted.wasStored = true
        return
      case 'leave':
        return
      case 'write': {
        const pause = wanted.wasStored ? this.#overwritten(key, wanted) : 0
        if (pause > 0) this.queue.addAfter(key, pause)
        else this.queue.add(key, priority)
      }
    }
  }

  /** Reports an overwritten status. Returns the milliseconds to wait before it is restored. */
  #overwritten(key: string, wanted: Wanted): number {
    const { count, pause } = this.#contests.overwritten(key)
    wanted.wasStored = false
    this.#options.onOverwritten(wanted.target, count)
    return pause
  }

  #sweepLater(): () => void {
    return this.#options.clock.after(STATUS_SWEEP_MS, () => {
      for (let i = 0; i < STATUS_SWEEP_OBJECTS; i++) {
        this.#cursor ??= this.#wanted.keys()
        const next = this.#cursor.next()
        if (next.done === true) {
          this.#cursor = undefined
          break
        }
        this.#look(next.value, 'initial')
      }
      this.#cancelSweep = this.#sweepLater()
    })
  }

  async #work(key: string, signal: AbortSignal): Promise<WorkResult> {
    if (!this.#due(key)) return undefined
    const objectBudget = this.#objectBudget(key)
    const repeatAfter = objectBudget.delay()
    if (repeatAfter > 0) return { repeatAfter }
    const delay = this.#budget.reserve()
    if (delay > 0) await pause(this.#options.clock, delay, signal)
    // The wanted conditions may have changed while this write was waiting.
    const due = this.#due(key)
    if (!due) return undefined
    objectBudget.take()
    return await this.#write(key, due, signal)
  }

  /** The write that is needed now. Undefined if none is needed. */
  #due(key: string): StatusWrite | undefined {
    const wanted = this.#wanted.get(key)
    const assessment = wanted && this.#assess(key, wanted)
    return assessment?.type === 'write' ? assessment.write : undefined
  }

  #assess(key: string, wanted: Wanted): Assessment {
    const { target } = wanted
    const installation = this.#options.installation()
    const current = this.#current(key, target)
    // The object was deleted, or it was created again under the same name. The compiler will report the conditions of a new
    // object.
    if (!installation || current?.uid !== target.uid) return { type: 'leave' }
    const by = current.installation
    const status = { key, namespace: target.namespace, by, wasStored: wanted.wasStored }
    const verdict = this.#overlaps.verdict(installation, status)
    if (verdict === 'leave') return { type: 'leave' }
    const { resourceVersion } = current
    if (verdict === 'claim') {
      return { type: 'write', write: { target, conditions: undefined, installation, resourceVersion } }
    }
    const changed = changedConditions(current.conditions, wanted, secondTime(this.#options.clock.wallClock()))
    const conditions = changed ?? current.conditions
    // If the CustomResourceDefinition is old, it has no field `installation`, and the API server never stores the name. Then a
    // write that only adds the name would be repeated for ever.
    if (!changed && (by === undefined || by.name === installation.name)) return { type: 'equal' }
    return { type: 'write', write: { target, conditions, installation, resourceVersion } }
  }

  /** Returns the newer of two statuses: the one that the watch has reported, and the one that this process has written. */
  #current(key: string, target: StatusTarget): CurrentStatus | undefined {
    const seen = this.#options.current(target)
    const written = this.#written.get(key)
    if (!seen || !written) return seen
    if (seen.uid === written.uid && isOlderVersion(seen.resourceVersion, written.resourceVersion)) return written
    this.#written.delete(key)
    return seen
  }

  async #write(key: string, write: StatusWrite, signal: AbortSignal): Promise<WorkResult> {
    const { target, installation } = write
    const conditions = write.conditions ?? this.#current(key, target)?.conditions ?? []
    const wanted = this.#wanted.get(key)
    try {
      const { resourceVersion } = await this.#options.api.writeStatus(write, signal)
      this.#written.set(key, { uid: target.uid, resourceVersion, conditions, installation })
      if (write.conditions === undefined) this.#overlaps.claimed(key)
      else if (wanted) wanted.wasStored = true
      this.#options.onWrite('written')
      this.#tidy()
      return undefined
    } catch (error) {
      if (wanted && isRefusedWrite(error)) wanted.refusedUntil = this.#options.clock.now() + REFUSED_RETRY_MS
      return this.#failed(target, error)
    }
  }

  /**
   * Decides what happens after a failed write. A returned result either ends the work or repeats it after a pause. After a
   * thrown error, the queue repeats the work, except after a TerminalError.
   */
  #failed(target: StatusTarget, error: unknown): WorkResult {
    if (error instanceof ApiError && error.status === 404) {
      this.forget(target)
      return undefined
    }
    // The object has changed, and the watch will report the change soon. This is not a failure.
    if (error instanceof ApiError && error.status === 409) return { repeatAfter: CONFLICT_RETRY_MS }
    this.#options.onWrite('failed')
    if (!(error instanceof ApiError)) throw error
    if (error.status === 403) {
      const message = `${keyOf(target)}: ${error.message}; let the operator's role patch the status`
      this.#options.onFault('status-forbidden', message)
      return { repeatAfter: FORBIDDEN_RETRY_MS }
    }
    if (isRefusedWrite(error)) throw new TerminalError(error.message, { cause: error })
    if (error.retryAfterMilliseconds !== undefined) return { repeatAfter: error.retryAfterMilliseconds }
    throw error
  }

  #fault(key: string, error: unknown): void {
    const refused = error instanceof TerminalError
    const why = errorText(error)
    const what = refused
      ? 'the status was refused; check that the CRDs are as new as the operator'
      : 'it is tried again'
    this.#options.onFault(refused ? 'status-refused' : 'status-write-failed', `${key}: ${why}; ${what}`)
  }

  #objectBudget(key: string): TokenBucket {
    const known = this.#objectBudgets.get(key)
    if (known) return known
    const bucket = this.#bucket(OBJECT_STATUS_WRITES_PER_SECOND, OBJECT_STATUS_WRITE_BURST)
    this.#objectBudgets.set(key, bucket)
    return bucket
  }

  /** Forgets outdated writes, and the token buckets that are full again. */
  #tidy(): void {
    if (this.#objectBudgets.size > MAX_REMEMBERED_WRITES) {
      for (const [key, bucket] of this.#objectBudgets) if (bucket.full()) this.#objectBudgets.delete(key)
    }
    if (this.#written.size > MAX_REMEMBERED_WRITES) {
      for (const key of [...this.#written.keys()]) {
        const wanted = this.#wanted.get(key)
        if (!wanted || !this.#current(key, wanted.target)) this.#written.delete(key)
      }
    }
  }

  #bucket(ratePerSecond: number, burst: number): TokenBucket {
    return createTokenBucket({ ratePerSecond, burst }, () => this.#options.clock.now())
  }
}

/** A repeated request would get the same HTTP status again: bad request, too large, invalid. */
const REFUSED: ReadonlySet<number> = new Set([400, 413, 422])

function isRefusedWrite(error: unknown): boolean {
  return error instanceof ApiError && REFUSED.has(error.status)
}

function keyOf({ kind, namespace, name }: Pick<StatusTarget, 'kind' | 'namespace' | 'name'>): string {
  return `${kind} ${namespace}/${name}`
}
