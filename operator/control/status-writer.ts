/**
 * Writes the conditions of objects into their status, by server-side apply: only what has changed, in a budget, and
 * again until it is done.
 */
import type { Condition } from '../../crds/schema/conditions.ts'
import { ApiError } from '../api/api-error.ts'
import type { Clock } from '../clock.ts'
import {
  CONFLICT_RETRY_MS,
  FORBIDDEN_RETRY_MS,
  MAX_REMEMBERED_WRITES,
  OBJECT_STATUS_WRITE_BURST,
  OBJECT_STATUS_WRITES_PER_SECOND,
  STATUS_WORKERS,
  STATUS_WRITE_BURST,
  STATUS_WRITES_PER_SECOND,
} from './limits.ts'
import { changedConditions, type StoredCondition } from './object-status.ts'
import { pause } from './pause.ts'
import { createTokenBucket, type TokenBucket } from './token-bucket.ts'
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
  readonly conditions: readonly StoredCondition[]
}

/** A status to write. */
export interface StatusWrite {
  readonly target: StatusTarget
  readonly conditions: readonly StoredCondition[]
  /** Of the object that the conditions were compared with. */
  readonly resourceVersion: string
}

/** Applies a status, and answers the version of the object after it. */
export interface StatusApi {
  /** Rejects with an ApiError, of status 409 where the object is not at that version any more. */
  applyStatus(write: StatusWrite, signal: AbortSignal): Promise<{ readonly resourceVersion: string }>
}

export interface StatusWriterOptions {
  readonly api: StatusApi
  /** The object in the watch's cache; undefined where it is not there. */
  readonly current: (target: StatusTarget) => CurrentStatus | undefined
  /** Asked before each write: only a leader writes. */
  readonly mayWrite: () => boolean
  readonly clock: Clock
  readonly hooks: WorkQueueHooks
  /** After each write. */
  readonly onWrite: (result: 'written' | 'failed') => void
  /** Code `status-write-failed` (is repeated), `status-forbidden` (repeated slowly) or `status-refused` (not repeated). */
  readonly onFault: (code: string, message: string) => void
}

export interface StatusWriter {
  /** What the status is to say from now on. Written soon, if it does not say so already. */
  set(target: StatusTarget, conditions: readonly Condition[], priority?: WorkPriority): void
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
}

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

  constructor(options: StatusWriterOptions) {
    this.#options = options
    this.#budget = this.#bucket(STATUS_WRITES_PER_SECOND, STATUS_WRITE_BURST)
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
    const wanted = { target, generation: target.generation, conditions }
    this.#wanted.set(key, wanted)
    if (this.#change(key, wanted)) this.queue.add(key, priority)
  }

  forget(target: Pick<StatusTarget, 'kind' | 'namespace' | 'name'>): void {
    const key = keyOf(target)
    this.#wanted.delete(key)
    this.#written.delete(key)
    this.#objectBudgets.delete(key)
    this.queue.forget(key)
  }

  drain(limit: number): Promise<void> {
    return this.queue.drain(limit)
  }

  stop(): void {
    this.queue.stop()
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
    return wanted && this.#options.mayWrite() ? this.#change(key, wanted) : undefined
  }

  #change(key: string, wanted: Wanted): StatusWrite | undefined {
    const { target } = wanted
    const current = this.#current(key, target)
    // Gone, or made anew: the compiler will speak about the new one.
    if (current?.uid !== target.uid) return undefined
    const conditions = changedConditions(current.conditions, wanted, this.#time())
    return conditions && { target, conditions, resourceVersion: current.resourceVersion }
  }

  /** The newer of what the watch has brought and what was written. */
  #current(key: string, target: StatusTarget): CurrentStatus | undefined {
    const seen = this.#options.current(target)
    const written = this.#written.get(key)
    if (!seen || !written) return seen
    if (seen.uid === written.uid && isOlder(seen.resourceVersion, written.resourceVersion)) return written
    this.#written.delete(key)
    return seen
  }

  async #write(key: string, write: StatusWrite, signal: AbortSignal): Promise<WorkResult> {
    const { target, conditions } = write
    try {
      const { resourceVersion } = await this.#options.api.applyStatus(write, signal)
      this.#written.set(key, { uid: target.uid, resourceVersion, conditions })
      this.#options.onWrite('written')
      this.#tidy()
      return undefined
    } catch (error) {
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
    if (REFUSED.has(error.status)) throw new TerminalError(error.message, { cause: error })
    if (error.retryAfterMilliseconds !== undefined) return { repeatAfter: error.retryAfterMilliseconds }
    throw error
  }

  #fault(key: string, error: unknown): void {
    const refused = error instanceof TerminalError
    const why = error instanceof Error ? error.message : String(error)
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

  /** RFC 3339 in whole seconds, as metav1.Time is stored. */
  #time(): string {
    return `${new Date(this.#options.clock.wallClock()).toISOString().slice(0, 19)}Z`
  }
}

/** Answers that do not change when the same is asked again: bad request, too large, invalid. */
const REFUSED: ReadonlySet<number> = new Set([400, 413, 422])

function keyOf({ kind, namespace, name }: Pick<StatusTarget, 'kind' | 'namespace' | 'name'>): string {
  return `${kind} ${namespace}/${name}`
}

/** Resource versions of one resource are whole numbers in decimal, and rise (Kubernetes, KEP-5504). */
function isOlder(version: string, than: string): boolean {
  return version.length === than.length ? version < than : version.length < than.length
}
