/**
 * Counts of each backend of the table, and whether it answers, as far as calls have found out.
 */
import type { CallEvent } from '../call/call-events.ts'
import type { TableNames } from '../lookup/live-table.ts'
import { SUCCESS_COUNTS_MS } from './limits.ts'
import { ATTEMPT_RESULTS } from './metric-declarations.ts'

type BackendAttempt = Extract<CallEvent, { type: 'backend-attempt' }>

export interface BackendCounters {
  /** By `ATTEMPT_RESULTS`. */
  readonly attempts: Float64Array
  /** It asked to be left alone, and the time is not over. */
  paused: boolean
  /** Whether the last attempt that says something of the backend has failed. */
  failing: boolean
  /** When it last answered, monotonic milliseconds; undefined: never. */
  answeredAt: number | undefined
}

export interface BackendTable {
  /** An attempt that has ended. */
  countAttempt(attempt: BackendAttempt): void
  /** A response of a backend was relayed, before its attempt has ended: a phone may ring for minutes. */
  heard(backend: string): void
  setPaused(backend: string, paused: boolean): void
  /** Takes over the backends of a table, one with each step: new ones start at 0, those that are gone lose their series. */
  replace(backends: TableNames): Iterable<void>
  entries(): Iterable<[string, BackendCounters]>
}

/** Counters by backend. A call may end after its backend has left the table: that makes no series again. */
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
    heard: (name) => {
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
 * Whether a backend answers; undefined: no call has found out yet. One that fails now and then, while other calls are
 * answered, does: an overloaded one, or a Service of which one endpoint is dead.
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

/** Nobody there, nothing heard, or a 503: whatever else a backend says, it answers. What was not sent says nothing. */
function hasFailed({ result, status, heard }: BackendAttempt): boolean {
  if (result === 'timeout') return !heard
  return result === 'transport' || (result === 'refused' && status === 503)
}

function noteAnswer(backend: BackendCounters, now: () => number): void {
  backend.failing = false
  backend.answeredAt = now()
}
