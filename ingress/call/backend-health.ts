/**
 * The health of backends, as this pod knows it. It is kept by address (transport, IP address and port): what one call finds out
 * holds for every rule whose calls go to the same address. Only addresses of which something bad is known have a record.
 */
import {
  type AddressInput,
  type AddressState,
  addressAfter,
  addressAt,
  recovered,
  shareOf,
  verdictOf,
} from '../backend-health/address-state.ts'
import { type HealthTarget, healthAddress } from '../backend-health/health-address.ts'
import { MAX_BACKEND_PAUSE_MS, MAX_NAMES_PER_ADDRESS } from '../backend-health/limits.ts'
import { type ProbeState, type ProbeThresholds, probeAfter, UNPROBED } from '../backend-health/probe-state.ts'
import type { CallEvent } from './call-events.ts'

/**
 * Whether a new call should be sent to a target. `paused`: the backend has asked for a pause, and gets no call. `ejected`: other
 * targets come first, because calls or probes have found this one down.
 */
export type Standing = 'use' | 'ejected' | 'paused'

/** Why a target is not used. `probe`: its health check fails. `retry_after`: it has asked for a pause. */
export type DownReason = 'transport' | 'timeout' | 'unavailable' | 'probe' | 'retry_after'

/** One address of which something bad is known, for people who look into a pod. Times are milliseconds. */
export interface AddressReport {
  /** Such as `udp:10.0.0.5:5060`. */
  readonly address: string
  readonly backends: readonly string[]
  /** Absent: calls are sent. */
  readonly down?: DownReason
  /** For how long the address has been down without a break. */
  readonly downForMs?: number
  /** The time until the next call may try the address. Absent if this time is over, or if a health check decides it. */
  readonly retryInMs?: number
  /** The number of ejections in a row. */
  readonly ejections: number
  /** The share of its usual calls. It is below 1 during a slow start. */
  readonly share: number
}

export interface BackendHealth {
  /** Whether nothing bad is known of any address. Nearly always true, and then no target has to be looked up. */
  readonly quiet: boolean
  standing(target: HealthTarget): Standing
  /** The share of its usual calls that the target should get. 1, or less during a slow start. */
  share(target: HealthTarget): number
  /** Takes what a call has found out about a target. */
  observe(target: HealthTarget, input: AddressInput): void
  /**
   * Pauses a target. A 503 with Retry-After asks us to send nothing for that time (RFC 3261 §21.5.4). `seconds` is the
   * Retry-After. Only backends of the table can be paused.
   */
  pause(target: HealthTarget, seconds: number): void
  /** Takes the result of a probe of an address. `alive`: whether it counts as alive. */
  probed(target: HealthTarget, alive: boolean, thresholds: ProbeThresholds): void
  /** Forgets what probes have found, because no rule asks for probes of this address any more. */
  unprobed(target: HealthTarget): void
  /**
   * Sets the names of the table's backends, and forgets all other backends. `backends` may change later with the table.
   */
  retain(backends: Pick<ReadonlySet<string>, 'has'>): void
  /** The addresses of which something bad is known. */
  report(): AddressReport[]
}

interface HealthRecord {
  readonly address: string
  /** The places by the names of the backends under which the address is known. */
  readonly names: Map<string, string>
  state: AddressState | undefined
  /** When a pause ends. 0: there is no pause. */
  pausedUntil: number
  probe: ProbeState
  /** The reason that was reported last. Undefined: the address was reported up, or never reported. */
  told: DownReason | undefined
  /** When the address went down. It has a meaning only while `told` is set. */
  downSince: number
}

type Emit = (event: CallEvent) => void

export function createBackendHealth(now: () => number, emit: Emit): BackendHealth {
  const records = new Map<string, HealthRecord>()
  let known: Pick<ReadonlySet<string>, 'has'> = new Set()
  const change = (target: HealthTarget, work: (record: HealthRecord) => void): void => {
    if (!known.has(target.id)) return
    const key = healthAddress(target)
    const record = records.get(key) ?? newRecord(key)
    records.set(key, record)
    work(record)
    addName(record, target, emit)
    settle(records, record, { now: now(), emit })
  }
  const current = (target: HealthTarget): HealthRecord | undefined => {
    const record = records.get(healthAddress(target))
    if (record !== undefined) settle(records, record, { now: now(), emit })
    return record
  }
  return {
    get quiet() {
      return records.size === 0
    },
    standing: (target) => standingOf(current(target), now()),
    share: (target) => shareOf(records.get(healthAddress(target))?.state, now()),
    observe: (target, input) => {
      // Nearly always nothing bad is known, and then an answer costs one comparison.
      if (input.type !== 'failed' && (records.size === 0 || !records.has(healthAddress(target)))) return
      change(target, (record) => {
        record.state = addressAfter(record.state, input, now())
      })
    },
    pause: (target, seconds) => {
      if (seconds === 0) return
      change(target, (record) => {
        record.pausedUntil = now() + Math.min(seconds * 1000, MAX_BACKEND_PAUSE_MS)
      })
    },
    probed: (target, alive, thresholds) => {
      if (alive && !records.has(healthAddress(target))) return
      change(target, (record) => {
        const wasDown = record.probe.down
        record.probe = probeAfter(record.probe, alive, thresholds)
        // An answered probe is as good as a call that tries an address whose ejection is over. Without this, an address that
        // gets no calls would count as down for ever.
        const isDue = alive && verdictOf(record.state, now()) === 'due'
        if (isDue || (wasDown && !record.probe.down)) record.state = recovered(record.state, now())
      })
    },
    unprobed: (target) => {
      const record = records.get(healthAddress(target))
      if (record === undefined) return
      record.probe = UNPROBED
      settle(records, record, { now: now(), emit })
    },
    retain: (backends) => {
      known = backends
      for (const record of records.values()) {
        for (const name of record.names.keys()) if (!backends.has(name)) record.names.delete(name)
        if (record.names.size === 0) records.delete(record.address)
        // Nobody asks for an address that has left its Service. So what is over must end here.
        else settle(records, record, { now: now(), emit })
      }
    },
    report: () => Array.from(records.values(), (record) => reportOf(record, now())),
  }
}

function newRecord(address: string): HealthRecord {
  return { address, names: new Map(), state: undefined, pausedUntil: 0, probe: UNPROBED, told: undefined, downSince: 0 }
}

/** A name that is new for an address that is down gets its event, too. */
function addName({ names, told }: HealthRecord, { id, place }: HealthTarget, emit: Emit): void {
  if (names.has(id) || names.size === MAX_NAMES_PER_ADDRESS) return
  names.set(id, place)
  if (told !== undefined) emit({ ...healthOf(id, place), up: false, reason: told })
}

/** Reports a change of the record, and drops the record when nothing bad is known any more. */
function settle(
  records: Map<string, HealthRecord>,
  record: HealthRecord,
  { now, emit }: { readonly now: number; readonly emit: Emit },
): void {
  record.state = addressAt(record.state, now)
  const down = downReason(record, now)
  const { told } = record
  if (down !== told) {
    record.told = down
    if (told === undefined) record.downSince = now
    const reason = down ?? UP_REASONS[told ?? 'retry_after']
    for (const [id, place] of record.names) emit({ ...healthOf(id, place), up: down === undefined, reason })
  }
  if (down !== undefined) return
  if (record.state === undefined && record.probe.against === 0) records.delete(record.address)
}

/** What is reported when an address is used again, by the reason for which it was not used. */
const UP_REASONS: Readonly<Record<DownReason, string>> = {
  transport: 'recovered',
  timeout: 'recovered',
  unavailable: 'recovered',
  probe: 'probe_answered',
  retry_after: 'pause_over',
}

function downReason({ state, pausedUntil, probe }: HealthRecord, now: number): DownReason | undefined {
  if (pausedUntil > now) return 'retry_after'
  if (probe.down) return 'probe'
  return state?.phase === 'ejected' || state?.phase === 'trying' ? state.reason : undefined
}

function standingOf(record: HealthRecord | undefined, now: number): Standing {
  if (record === undefined) return 'use'
  if (record.pausedUntil > now) return 'paused'
  return record.probe.down || verdictOf(record.state, now) === 'pass-over' ? 'ejected' : 'use'
}

function reportOf(record: HealthRecord, now: number): AddressReport {
  const { address, names, state, pausedUntil } = record
  const down = downReason(record, now)
  const until = down === 'retry_after' ? pausedUntil : down === 'probe' ? now : (state?.until ?? now)
  return {
    address,
    backends: [...names.keys()],
    ...(down !== undefined && { down, downForMs: Math.round(now - record.downSince) }),
    ...(down !== undefined && until > now && { retryInMs: Math.ceil(until - now) }),
    ejections: state?.ejections ?? 0,
    share: shareOf(state, now),
  }
}

function healthOf(id: string, place: string): { type: 'backend-health'; backend: string; endpoint?: string } {
  return { type: 'backend-health', backend: id, ...(place === id ? {} : { endpoint: place }) }
}
