/**
 * Counts and health of each backend of the table.
 */
import type { TableNames } from '../lookup/live-table.ts'
import type { AttemptResult } from '../sip/engine.ts'
import { ATTEMPT_RESULTS } from './metric-declarations.ts'

export interface BackendCounters {
  /** By `ATTEMPT_RESULTS`. */
  readonly attempts: Float64Array
  /** A backend of the table is up until it asks to be left alone. */
  up: boolean
}

export interface BackendTable {
  countAttempt(backend: string, result: AttemptResult): void
  setUp(backend: string, up: boolean): void
  /** Takes over the backends of a table, one with each step: new ones start at 0, those that are gone lose their series. */
  replace(backends: TableNames): Iterable<void>
  entries(): Iterable<[string, BackendCounters]>
}

/** Counters by backend. */
export function createBackendTable(): BackendTable {
  const backends = new Map<string, BackendCounters>()
  const of = (name: string): BackendCounters => {
    const known = backends.get(name)
    if (known) return known
    const fresh = { attempts: new Float64Array(Object.keys(ATTEMPT_RESULTS).length), up: true }
    backends.set(name, fresh)
    return fresh
  }
  return {
    countAttempt: (backend, result) => {
      const { attempts } = of(backend)
      attempts[ATTEMPT_RESULTS[result]] = (attempts[ATTEMPT_RESULTS[result]] ?? 0) + 1
    },
    setUp: (backend, up) => {
      of(backend).up = up
    },
    *replace(names) {
      for (const name of backends.keys()) {
        if (!names.has(name)) backends.delete(name)
        yield
      }
      for (const name of names.keys()) {
        of(name)
        yield
      }
    },
    entries: () => backends,
  }
}
