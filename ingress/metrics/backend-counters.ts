/**
 * Counts the attempts of each backend of the table by their result, and records whether the backend answers. Only calls
 * show whether a backend answers: nothing else is sent to it.
 */
import type { CallEvent } from '../call/call-events.ts'
import type { TableNames } from '../lookup/live-table.ts'
import { SUCCESS_COUNTS_MS } from './limits.ts'
import { ATTEMPT_RESULTS } from './metric-declarations.ts'

type BackendAttempt = Extract<CallEvent, { type: 'backend-attempt' }>

export interface BackendCounters {
  /** Counts of attempts. The index is the number of the result in `ATTEMPT_RESULTS`. */
  readonly attempts: Float64Array
  /** Whether the backend has asked for a pause (Retry-After) that is not over. */
  paused: boolean
  /**
   * Whether the latest attempt showed that the backend fails. An attempt that shows nothing about the backend does not
   * count.
   */
  failing: boolean
  /** When the backend last answered, in monotonic milliseconds. Undefined: it has never answered. */
  answeredAt: number | undefined
}

export interface BackendTable {
  /** Counts an attempt that has ended. */
  countAttempt(attempt: BackendAttempt): void
  /**
   * Counts a response that is relayed before the attempt ends. Without this, a backend would count as silent while a phone
   * rings for minutes.
   */
  countResponse(backend: string): void
  setPaused(backend: string, paused: boolean): void
  /**
   * Sets the backends of the table. Each step of the result sets one backend. New backends start at 0. Backends that are no
   * longer in the table lose their series.
   */
  replace(backends: TableNames): Iterable<void>
  entries(): Iterable<[string, BackendCounters]>
}

/**
 * Counters by backend. A call may end after its backend has left the table. Such a call does not create the backend's
 * series again.
 */
export function createBackendTable(now: () => number): BackendTable {
  const backends = new Map<string, BackendCounters>()
  let names: TableNames | undefined
  const of = (name: string): BackendCounters | undefined => {
    const known = backends.get(name)
    if (known || names?.has(name) === false) return known
    const attempts = new Float64Array(Object.keys(ATTEMPT_RESULTS).length)
    const fresh = { attempts, paused: false, failing: false, answeredAt: undefined }
    backends.set(name, fresh)
    return fresh
  }
  return {
    countAttempt: (attempt) => {
      const backend = of(attempt.backend)
      if (backend) countIn(backend, attempt, now)
    },
    countResponse: (name) => {
      const backend = of(name)
      if (backend) noteAnswer(backend, now)
    },
    setPaused: (name, paused) => {
      const backend = of(name)
      if (backend) backend.paused = paused
    },
    *replace(newNames) {
      names = newNames
      for (const name of backends.keys()) {
        if (!newNames.has(name)) backends.delete(name)
        yield
      }
      for (const name of newNames.keys()) {
        of(name)
        yield
      }
    },
    entries: () => backends,
  }
}

/**
 * Whether a backend answers. Undefined: no call has shown it yet. If some calls to a backend fail while others are
 * answered, the backend counts as up: it is overloaded, or it is a Service with one dead endpoint.
 */
export function isUp({ paused, failing, answeredAt }: BackendCounters, now: number): boolean | undefined {
  if (paused) return false
  if (failing) return answeredAt !== undefined && now - answeredAt < SUCCESS_COUNTS_MS
  return answeredAt === undefined ? undefined : true
}

function countIn(backend: BackendCounters, attempt: BackendAttempt, now: () => number): void {
  const { attempts } = backend
  attempts[ATTEMPT_RESULTS[attempt.result]] = (attempts[ATTEMPT_RESULTS[attempt.result]] ?? 0) + 1
  if (hasFailed(attempt)) backend.failing = true
  else if (attempt.heard) noteAnswer(backend, now)
}

/**
 * Whether the backend failed: it is unreachable, it sent nothing, or it sent 503. Any other response shows that the backend
 * answers. A request that was not sent shows nothing about the backend.
 */
function hasFailed({ result, status, heard }: BackendAttempt): boolean {
  if (result === 'timeout') return !heard
  return result === 'transport' || (result === 'refused' && status === 503)
}

function noteAnswer(backend: BackendCounters, now: () => number): void {
  backend.failing = false
  backend.answeredAt = now()
}
