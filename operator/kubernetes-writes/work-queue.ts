/**
 * A work queue as client-go's: a key that is added twice is worked on once, never by two workers at a time, and again
 * after an addition while it was worked on. Work that fails comes back with growing pauses.
 */
import type { DatedClock } from '../../ingress/time/dated-clock.ts'
import {
  RETRIES_PER_SECOND,
  RETRY_BASE_MS,
  RETRY_BURST,
  RETRY_LIMIT_MS,
  STUCK_WORK_MS,
  WORK_TIMEOUT_MS,
} from './limits.ts'
import { createTokenBucket } from './token-bucket.ts'

/** Fresh changes go before the mass of objects that is looked at after a start or a list. */
export type WorkPriority = 'fresh' | 'initial'

/** Nothing: done. `repeatAfter`: in so many milliseconds again, which is no failure. */
export type WorkResult = { readonly repeatAfter: number } | undefined

/** How a piece of work ended; the `result` label of `controller_runtime_reconcile_total`. */
export type WorkOutcome = 'success' | 'error' | 'terminal' | 'requeue_after'

/** A failure that repeating cannot mend: the key is not worked on again until it is added again. */
export class TerminalError extends Error {
  readonly code = 'terminal'

  constructor(message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'TerminalError'
  }
}

/** What the queue tells its metrics. */
export interface WorkQueueHooks {
  onAdd(): void
  /** Milliseconds from the addition to the start. */
  onStart(waited: number): void
  /** Milliseconds of the work. */
  onDone(worked: number, outcome: WorkOutcome): void
  onRetry(): void
}

/** A look at the queue; times in milliseconds. */
export interface WorkQueueState {
  /** Keys that are ready to be worked on. */
  readonly depth: number
  /** Keys that are being worked on. */
  readonly active: number
  /** Time that all work in progress has taken together, and the longest of it. */
  readonly unfinished: number
  readonly longest: number
}

export interface WorkQueueOptions {
  readonly workers: number
  readonly clock: DatedClock
  /** `signal` aborts after WORK_TIMEOUT_MS and when the queue stops. */
  readonly work: (key: string, signal: AbortSignal) => Promise<WorkResult>
  /** Told of every failure; the queue goes on. */
  readonly onError: (key: string, error: unknown) => void
  readonly hooks: WorkQueueHooks
}

export interface WorkQueue {
  add(key: string, priority?: WorkPriority): void
  /** Adds after so many milliseconds; of several such additions of a key the earliest counts. */
  addAfter(key: string, milliseconds: number): void
  /** Whether the key is worked on, waits to be, or will be added after a while. */
  has(key: string): boolean
  /** Forgets that the key has failed: its next failure is its first. */
  forget(key: string): void
  state(): WorkQueueState
  /** Work has gone on for longer than STUCK_WORK_MS. */
  stuck(): boolean
  /**
   * Takes no more additions, works on everything that is ready or waits, repeats nothing; resolves when that is done or
   * `limit` milliseconds have passed, after which it stops as `stop` does.
   */
  drain(limit: number): Promise<void>
  /** Starts nothing more from now on, forgets everything and aborts what is in progress. */
  stop(): void
}

interface Running {
  readonly startedAt: number
  readonly abort: AbortController
}

interface Delayed {
  readonly due: number
  readonly cancel: () => void
}

type Phase = 'open' | 'draining' | 'stopped'

/** Starts a queue. */
export function createWorkQueue(options: WorkQueueOptions): WorkQueue {
  return new Queue(options)
}

class Queue implements WorkQueue {
  readonly #options: WorkQueueOptions
  readonly #clock: DatedClock
  /** Keys that are to be worked on, with the time of their addition. A key that is running stays out of `#ready`. */
  readonly #dirty = new Map<string, number>()
  readonly #ready = { fresh: new Set<string>(), initial: new Set<string>() }
  readonly #running = new Map<string, Running>()
  readonly #delayed = new Map<string, Delayed>()
  readonly #failures = new Map<string, number>()
  readonly #retries
  #phase: Phase = 'open'
  #drained: (() => void) | undefined

  constructor(options: WorkQueueOptions) {
    this.#options = options
    this.#clock = options.clock
    this.#retries = createTokenBucket({ ratePerSecond: RETRIES_PER_SECOND, burst: RETRY_BURST }, () =>
      options.clock.now(),
    )
  }

  add(key: string, priority: WorkPriority = 'fresh'): void {
    if (this.#phase === 'open') this.#enqueue(key, priority)
  }

  addAfter(key: string, milliseconds: number): void {
    if (this.#phase !== 'open') return
    const due = this.#clock.now() + milliseconds
    const waiting = this.#delayed.get(key)
    if (waiting && waiting.due <= due) return
    waiting?.cancel()
    const cancel = this.#clock.after(milliseconds, () => {
      this.#delayed.delete(key)
      this.#enqueue(key, 'fresh')
    })
    this.#delayed.set(key, { due, cancel })
  }

  has(key: string): boolean {
    return this.#running.has(key) || this.#dirty.has(key) || this.#delayed.has(key)
  }

  forget(key: string): void {
    this.#failures.delete(key)
  }

  state(): WorkQueueState {
    const now = this.#clock.now()
    const ages = [...this.#running.values()].map(({ startedAt }) => now - startedAt)
    const unfinished = ages.reduce((sum, age) => sum + age, 0)
    const depth = this.#ready.fresh.size + this.#ready.initial.size
    return { depth, active: ages.length, unfinished, longest: Math.max(0, ...ages) }
  }

  stuck(): boolean {
    return this.state().longest > STUCK_WORK_MS
  }

  async drain(limit: number): Promise<void> {
    if (this.#phase !== 'open') return
    const waiting = [...this.#delayed.keys()]
    this.#cancelDelayed()
    for (const key of waiting) this.#enqueue(key, 'fresh')
    this.#phase = 'draining'
    await new Promise<void>((resolve) => {
      const cancel = this.#clock.after(limit, resolve)
      this.#drained = () => {
        cancel()
        resolve()
      }
      this.#tellDrained()
    })
    this.stop()
  }

  stop(): void {
    this.#phase = 'stopped'
    this.#cancelDelayed()
    this.#dirty.clear()
    this.#ready.fresh.clear()
    this.#ready.initial.clear()
    this.#failures.clear()
    for (const { abort } of this.#running.values()) abort.abort()
    this.#tellDrained()
  }

  #cancelDelayed(): void {
    for (const { cancel } of this.#delayed.values()) cancel()
    this.#delayed.clear()
  }

  #enqueue(key: string, priority: WorkPriority): void {
    if (this.#dirty.has(key)) {
      if (priority === 'fresh' && this.#ready.initial.delete(key)) this.#ready.fresh.add(key)
      return
    }
    this.#options.hooks.onAdd()
    this.#dirty.set(key, this.#clock.now())
    if (this.#running.has(key)) return
    this.#ready[priority].add(key)
    this.#fillWorkers()
  }

  #fillWorkers(): void {
    while (this.#phase !== 'stopped' && this.#running.size < this.#options.workers) {
      const key = this.#takeReady()
      if (key === undefined) return
      void this.#run(key)
    }
  }

  #takeReady(): string | undefined {
    for (const ready of [this.#ready.fresh, this.#ready.initial]) {
      for (const key of ready) {
        ready.delete(key)
        return key
      }
    }
    return undefined
  }

  /** Never rejects: whatever the work throws is told and, if that can help, repeated. */
  async #run(key: string): Promise<void> {
    const startedAt = this.#clock.now()
    this.#options.hooks.onStart(startedAt - (this.#dirty.get(key) ?? startedAt))
    this.#dirty.delete(key)
    const abort = new AbortController()
    this.#running.set(key, { startedAt, abort })
    const cancelTimeout = this.#clock.after(WORK_TIMEOUT_MS, () => abort.abort())
    const outcome = await this.#work(key, abort.signal)
    cancelTimeout()
    this.#running.delete(key)
    this.#options.hooks.onDone(this.#clock.now() - startedAt, outcome)
    if (this.#dirty.has(key)) this.#ready.fresh.add(key)
    this.#fillWorkers()
    this.#tellDrained()
  }

  async #work(key: string, signal: AbortSignal): Promise<WorkOutcome> {
    try {
      const result = await this.#options.work(key, signal)
      this.forget(key)
      if (result === undefined) return 'success'
      this.addAfter(key, result.repeatAfter)
      return 'requeue_after'
    } catch (error) {
      // What a stopped queue has aborted is no failure of the work.
      if (this.#phase === 'stopped') return 'error'
      this.#options.onError(key, error)
      if (error instanceof TerminalError) {
        this.forget(key)
        return 'terminal'
      }
      this.#retry(key)
      return 'error'
    }
  }

  #retry(key: string): void {
    if (this.#phase !== 'open') return
    const failures = this.#failures.get(key) ?? 0
    this.#failures.set(key, failures + 1)
    this.#options.hooks.onRetry()
    const pause = Math.min(RETRY_BASE_MS * 2 ** failures, RETRY_LIMIT_MS)
    this.addAfter(key, Math.max(pause, this.#retries.reserve()))
  }

  #tellDrained(): void {
    if (this.#phase === 'open' || this.#running.size > 0 || this.#dirty.size > 0) return
    this.#drained?.()
    this.#drained = undefined
  }
}
