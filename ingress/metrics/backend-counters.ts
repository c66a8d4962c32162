/**
 * Counts the attempts and the probes of each backend of the table by their result, and records whether the backend answers.
 */
import type { CallEvent } from '../call/call-events.ts'
import type { TableNames } from '../lookup/live-table.ts'
import { SUCCESS_COUNTS_MS } from './limits.ts'
import { ATTEMPT_RESULTS, EJECTION_REASONS, PROBE_RESULTS } from './metric-declarations.ts'

type BackendHealthEvent = Extract<CallEvent, { type: 'backend-health' }>
type BackendProbe = Extract<CallEvent, { type: 'backend-probe' }>
type BackendAttempt = Extract<CallEvent, { type: 'backend-attempt' }>

export interface BackendCounters {
  /** Counts of attempts. The index is the number of the result in `ATTEMPT_RESULTS`. */
  readonly attempts: Float64Array
  /** Counts of probes by `PROBE_RESULTS`. Undefined: the backend was never probed. */
  probes: Float64Array | undefined
  /** Counts by `EJECTION_REASONS`, of the backend or of its endpoints. */
  readonly ejections: Float64Array
  /** Whether the backend is passed over: it is ejected, fails its health check, or has asked for a pause. */
  passedOver: boolean
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
  /** Notes that the backend, or one of its endpoints, is passed over or is used again. */
  noteHealth(event: BackendHealthEvent): void
  /** Counts a probe of an address for each of its backends. */
  countProbe(probe: BackendProbe): void
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
    const ejections = new Float64Array(Object.keys(EJECTION_REASONS).length)
    const fresh = { attempts, probes: undefined, ejections, passedOver: false, failing: false, answeredAt: undefined }
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
    noteHealth: (event) => {
      const backend = of(event.backend)
      if (backend) noteHealthIn(backend, event)
    },
    countProbe: ({ backends: probed, result }) => {
      for (const name of probed) {
        const backend = of(name)
        if (backend) countProbeIn(backend, result, now)
      }
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
export function isUp({ passedOver, failing, answeredAt }: BackendCounters, now: number): boolean | undefined {
  if (passedOver) return false
  if (failing) return answeredAt !== undefined && now - answeredAt < SUCCESS_COUNTS_MS
  return answeredAt === undefined ? undefined : true
}

function countIn(backend: BackendCounters, attempt: BackendAttempt, now: () => number): void {
  const { attempts } = backend
  attempts[ATTEMPT_RESULTS[attempt.result]] = (attempts[ATTEMPT_RESULTS[attempt.result]] ?? 0) + 1
  if (hasFailed(attempt)) backend.failing = true
  else if (attempt.heard) noteAnswer(backend, now)
}

function noteHealthIn(backend: BackendCounters, { endpoint, up, reason }: BackendHealthEvent): void {
  const at = EJECTION_INDEXES.get(reason)
  if (!up && at !== undefined) backend.ejections[at] = (backend.ejections[at] ?? 0) + 1
  // One endpoint says nothing about the Service, because its other endpoints still take calls.
  if (endpoint === undefined) backend.passedOver = !up
}

const EJECTION_INDEXES: ReadonlyMap<string, number> = new Map(Object.entries(EJECTION_REASONS))

/** A failed probe changes nothing here: only several of them in a row do, and then an event says so. */
function countProbeIn(backend: BackendCounters, result: BackendProbe['result'], now: () => number): void {
  backend.probes ??= new Float64Array(Object.keys(PROBE_RESULTS).length)
  const at = PROBE_RESULTS[result]
  backend.probes[at] = (backend.probes[at] ?? 0) + 1
  if (result === 'answered') noteAnswer(backend, now)
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
