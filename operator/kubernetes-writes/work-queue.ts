/**
 * A work queue like that of client-go. If a key is added twice before its work starts, the work is done once. Two workers never
 * work on the same key at the same time. If a key is added during its work, the work is done again afterwards. Failed work is
 * repeated after growing pauses.
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

/**
 * `initial`: work for many objects together, such as after a start or in a round over all objects. `fresh`: work for a single
 * change. All `fresh` work is done before `initial` work.
 */
export type WorkPriority = 'fresh' | 'initial'

/**
 * The result of one piece of work. Undefined: the work is done. `repeatAfter`: the work is repeated after this many
 * milliseconds, and this does not count as a failure.
 */
export type WorkResult = { readonly repeatAfter: number } | undefined

/** How a piece of work ended. The label `result` of `controller_runtime_reconcile_total` has these values. */
export type WorkOutcome = 'success' | 'error' | 'terminal' | 'requeue_after'

/** An error that would occur again at each repeat. The work is repeated only after somebody has added the key again. */
export class TerminalError extends Error {
  readonly code = 'terminal'

  constructor(message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'TerminalError'
  }
}

/** The queue calls these functions, so that metrics can count its work. */
export interface WorkQueueHooks {
  onAdd(): void
  /** `waited`: milliseconds from the addition of the key to the start of its work. */
  onStart(waited: number): void
  /** `worked`: milliseconds that the work took. */
  onDone(worked: number, outcome: WorkOutcome): void
  onRetry(): void
}

/** The state of the queue at one moment. Times are in milliseconds. */
export interface WorkQueueState {
  /** The number of keys whose work can start. */
  readonly depth: number
  /** The number of keys whose work is in progress. */
  readonly active: number
  /** `unfinished`: the sum of the times that all work in progress has taken so far. `longest`: the longest of these times. */
  readonly unfinished: number
  readonly longest: number
}

export interface WorkQueueOptions {
  readonly workers: number
  readonly clock: DatedClock
  /** Does the work for one key. `signal` is aborted after WORK_TIMEOUT_MS, and also when the queue stops. */
  readonly work: (key: string, signal: AbortSignal) => Promise<WorkResult>
  /** Is called for every failure. The queue goes on after the call. */
  readonly onError: (key: string, error: unknown) => void
  readonly hooks: WorkQueueHooks
}

export interface WorkQueue {
  add(key: string, priority?: WorkPriority): void
  /** Adds a key after this many milliseconds. If a key already waits in this way, the earlier of the two times counts. */
  addAfter(key: string, milliseconds: number): void
  /** Whether the key is pending or will be added later, or its work is in progress. */
  has(key: string): boolean
  /** Forgets the failures of a key. The next failure then counts as the first one. */
  forget(key: string): void
  state(): WorkQueueState
  /** Whether some piece of work in progress has taken longer than STUCK_WORK_MS. */
  stuck(): boolean
  /**
   * Accepts no more keys, finishes the work of all pending keys, and repeats no failed work. Stops and resolves when this is
   * done, or after `limit` milliseconds.
   */
  drain(limit: number): Promise<void>
  /** Starts no more work, forgets all keys and aborts the work in progress. */
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

/** Makes a queue. Its work starts when the first key is added. */
export function createWorkQueue(options: WorkQueueOptions): WorkQueue {
  return new Queue(options)
}

class Queue implements WorkQueue {
  readonly #options: WorkQueueOptions
  readonly #clock: DatedClock
  /**
   * The pending keys, and when each of them was added. A pending key whose earlier work is still running is not in `#ready`.
   */
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
      this.#resolveDrained()
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
    this.#resolveDrained()
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

  /**
   * Works on one key. Never rejects. An error of the work is reported. The work is then repeated, except after a TerminalError.
   */
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
    this.#resolveDrained()
  }

  async #work(key: string, signal: AbortSignal): Promise<WorkOutcome> {
    try {
      const result = await this.#options.work(key, signal)
      this.forget(key)
      if (result === undefined) return 'success'
      this.addAfter(key, result.repeatAfter)
      return 'requeue_after'
    } catch (error) {
      // The queue was stopped, so this error comes from the abort and is not reported.
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

  #resolveDrained(): void {
    if (this.#phase === 'open' || this.#running.size > 0 || this.#dirty.size > 0) return
    this.#drained?.()
    this.#drained = undefined
  }
}
