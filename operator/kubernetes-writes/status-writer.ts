/**
 * Writes the conditions of objects into their status: only what has changed, in a budget, and again until it is done. What
 * stands there is compared with what should whenever the watch brings it, and now and then besides: what somebody else has
 * overwritten is put right, with growing pauses where it is overwritten again and again.
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
  FREE_OVERWRITES,
  MAX_REMEMBERED_WRITES,
  OBJECT_STATUS_WRITE_BURST,
  OBJECT_STATUS_WRITES_PER_SECOND,
  OVERWRITTEN_MEMORY_MS,
  OVERWRITTEN_PAUSE_MS,
  REFUSED_RETRY_MS,
  STATUS_SWEEP_MS,
  STATUS_SWEEP_OBJECTS,
  STATUS_WORKERS,
  STATUS_WRITE_BURST,
  STATUS_WRITES_PER_SECOND,
} from './limits.ts'
import { changedConditions, type StoredCondition } from './object-status.ts'
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
  /** An object that was made anew under the name is another one. */
  readonly uid: string
  readonly generation: number
}

/** What the watch knows of an object. */
export interface CurrentStatus {
  readonly uid: string
  readonly resourceVersion: string
  /** All of them, whoever wrote them. */
  readonly conditions: readonly StoredCondition[]
  /** Who wrote it last; undefined where it does not say. */
  readonly installation?: Installation | undefined
}

/** A status to write. */
export interface StatusWrite {
  readonly target: StatusTarget
  /** All that the status is to hold from now on; undefined: as they are. */
  readonly conditions: readonly StoredCondition[] | undefined
  readonly installation: Installation
  /** Of the object that the conditions were compared with. */
  readonly resourceVersion: string
}

/** Writes a status, and answers the version of the object after it. */
export interface StatusApi {
  /** Rejects with an ApiError, of status 409 where the object is not at that version any more. */
  writeStatus(write: StatusWrite, signal: AbortSignal): Promise<{ readonly resourceVersion: string }>
}

export interface StatusWriterOptions {
  readonly api: StatusApi
  /** The object in the watch's cache; undefined where it is not there. */
  readonly current: (target: StatusTarget) => CurrentStatus | undefined
  /** Asked before each write: who this is. Undefined: nobody that may write, which only a leader does. */
  readonly installation: () => Installation | undefined
  readonly clock: DatedClock
  readonly hooks: WorkQueueHooks
  /** After each write. */
  readonly onWrite: (result: 'written' | 'failed') => void
  /** Somebody has overwritten what stood there, for the `count`th time in a row. */
  readonly onOverwritten: (target: StatusTarget, count: number) => void
  /** Another installation watches the object too; `speaks`: it is the senior one, and this one leaves the status to it. */
  readonly onOverlap: (target: StatusTarget, other: Installation, speaks: boolean) => void
  /** Code `status-write-failed` (is repeated), `status-forbidden` (repeated slowly) or `status-refused` (not repeated). */
  readonly onFault: (code: string, message: string) => void
}

export interface StatusWriter {
  /** What the status is to say from now on. Written soon, if it does not say so already. */
  set(target: StatusTarget, conditions: readonly Condition[], priority?: WorkPriority): void
  /** The watch has brought the object: its status may have become another one. */
  look(target: Pick<StatusTarget, 'kind' | 'namespace' | 'name'>): void
  /** Whether another installation has shown itself lately. */
  readonly overlap: boolean
  /** Nothing is to be said any more: this process does not lead now. */
  clear(): void
  /** The object is gone. */
  forget(target: Pick<StatusTarget, 'kind' | 'namespace' | 'name'>): void
  readonly queue: Pick<WorkQueue, 'state' | 'stuck'>
  /** Writes what is left, for at most so many milliseconds; takes nothing more. */
  drain(limit: number): Promise<void>
  /** Writes nothing more, from now on. */
  stop(): void
}

interface Wanted {
  readonly target: StatusTarget
  readonly generation: number
  readonly conditions: readonly Condition[]
  /** It has stood there since it is wanted. */
  said: boolean
  /** On the clock; the API server has refused it. */
  refusedUntil: number
}

/** How often a status was overwritten in a row, and when last. */
interface Contest {
  readonly count: number
  readonly at: number
}

/** What is to be done about a status. */
type Assessment = { readonly type: 'equal' | 'leave' } | { readonly type: 'write'; readonly write: StatusWrite }

/** A writer with a queue of its own. */
export function createStatusWriter(options: StatusWriterOptions): StatusWriter {
  return new Writer(options)
}

class Writer implements StatusWriter {
  readonly #options: StatusWriterOptions
  readonly queue: WorkQueue
  readonly #wanted = new Map<string, Wanted>()
  /** Own writes that the watch may not have brought yet, so that they are not made again. */
  readonly #written = new Map<string, CurrentStatus>()
  readonly #budget: TokenBucket
  readonly #objectBudgets = new Map<string, TokenBucket>()
  readonly #contests = new Map<string, Contest>()
  readonly #overlaps: Overlaps
  /** Where the next look at some statuses begins. */
  #cursor: IterableIterator<string> | undefined
  #cancelSweep: (() => void) | undefined

  constructor(options: StatusWriterOptions) {
    this.#options = options
    this.#budget = this.#bucket(STATUS_WRITES_PER_SECOND, STATUS_WRITE_BURST)
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
    const wanted = { target, generation: target.generation, conditions, said: false, refusedUntil: -Infinity }
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
    this.#contests.delete(key)
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
    // What waits for its turn is compared then.
    if (!wanted || this.queue.has(key) || this.#options.clock.now() < wanted.refusedUntil) return
    const { type } = this.#assess(key, wanted)
    if (type === 'equal') wanted.said = true
    if (type !== 'write') return
    const pause = wanted.said ? this.#overwritten(key, wanted) : 0
    if (pause > 0) this.queue.addAfter(key, pause)
    else this.queue.add(key, priority)
  }

  /** Milliseconds to wait before it is put right. */
  #overwritten(key: string, wanted: Wanted): number {
    const now = this.#options.clock.now()
    const before = this.#contests.get(key)
    const count = before && now - before.at < OVERWRITTEN_MEMORY_MS ? before.count + 1 : 1
    this.#contests.set(key, { count, at: now })
    wanted.said = false
    this.#options.onOverwritten(wanted.target, count)
    if (count <= FREE_OVERWRITES) return 0
    return Math.min(OVERWRITTEN_PAUSE_MS.least * 2 ** (count - FREE_OVERWRITES - 1), OVERWRITTEN_PAUSE_MS.most)
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
    // What is wanted may have changed while this write waited for its turn.
    const due = this.#due(key)
    if (!due) return undefined
    objectBudget.take()
    return await this.#write(key, due, signal)
  }

  /** The write that is to be made now, if any. */
  #due(key: string): StatusWrite | undefined {
    const wanted = this.#wanted.get(key)
    const assessment = wanted && this.#assess(key, wanted)
    return assessment?.type === 'write' ? assessment.write : undefined
  }

  #assess(key: string, wanted: Wanted): Assessment {
    const { target } = wanted
    const installation = this.#options.installation()
    const current = this.#current(key, target)
    // Gone, or made anew: the compiler will speak about the new one.
    if (!installation || current?.uid !== target.uid) return { type: 'leave' }
    const by = current.installation
    const spokenFor = { key, namespace: target.namespace, by, said: wanted.said }
    const verdict = this.#overlaps.verdict(installation, spokenFor)
    if (verdict === 'leave') return { type: 'leave' }
    const { resourceVersion } = current
    if (verdict === 'claim') {
      return { type: 'write', write: { target, conditions: undefined, installation, resourceVersion } }
    }
    const changed = changedConditions(current.conditions, wanted, secondTime(this.#options.clock.wallClock()))
    const conditions = changed ?? current.conditions
    // Without the field in an older CustomResourceDefinition nobody's name is ever there: that alone is not written.
    if (!changed && (by === undefined || by.name === installation.name)) return { type: 'equal' }
    return { type: 'write', write: { target, conditions, installation, resourceVersion } }
  }

  /** The newer of what the watch has brought and what was written. */
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
      else if (wanted) wanted.said = true
      this.#options.onWrite('written')
      this.#tidy()
      return undefined
    } catch (error) {
      if (wanted && isRefusedWrite(error)) wanted.refusedUntil = this.#options.clock.now() + REFUSED_RETRY_MS
      return this.#failed(target, error)
    }
  }

  /** What becomes of a write that failed: done, later, or an error that the queue repeats or does not. */
  #failed(target: StatusTarget, error: unknown): WorkResult {
    if (error instanceof ApiError && error.status === 404) {
      this.forget(target)
      return undefined
    }
    // The object has changed, and the watch is about to bring it: no failure.
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

  /** Lets go of what is remembered of writes long past. */
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

/** Answers that do not change when the same is asked again: bad request, too large, invalid. */
const REFUSED: ReadonlySet<number> = new Set([400, 413, 422])

function isRefusedWrite(error: unknown): boolean {
  return error instanceof ApiError && REFUSED.has(error.status)
}

function keyOf({ kind, namespace, name }: Pick<StatusTarget, 'kind' | 'namespace' | 'name'>): string {
  return `${kind} ${namespace}/${name}`
}
