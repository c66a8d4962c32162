/** The metrics of one ingress. Events are counted in plain numbers. At a scrape, the numbers become text for Prometheus. */
import { Registry } from 'prom-client'
import type { CallDecided, CallEvent } from '../call/call-events.ts'
import type { LimitUse } from '../limit/call-limits.ts'
import type { TableNames } from '../lookup/live-table.ts'
import { createTimeSlice } from '../time/time-slice.ts'
import { createBackendTable, isUp } from './backend-counters.ts'
import { addCounter, addGauge, addHistogram } from './exposition.ts'
import { createFastHistogram, type FastHistogram, observe } from './fast-histogram.ts'
import { registerLimits } from './limit-series.ts'
import {
  ATTEMPT_RESULTS,
  DROP_REASONS,
  EJECTION_REASONS,
  METHODS,
  METRICS,
  NEAR_MISS_REASONS,
  NO_RULE_REASONS,
  OUTCOMES,
  OVER_LIMIT_REASONS,
  PROBE_RESULTS,
  SHED_SENDERS,
} from './metric-declarations.ts'
import { createNameTable, type NamedBackends } from './name-counters.ts'
import { createRuleCounters } from './rule-counters.ts'
import { countInvite, createTrunkTable, METHOD_COUNT, type TrunkDescription } from './trunk-counters.ts'

export interface MetricsOptions {
  readonly version: string
  /** The name of the installation, which its operator and its ingress share. Undefined: the installation has no name. */
  readonly installation: string | undefined
  readonly engine: string
  /** The largest number of rules that have a series of their own. */
  readonly ruleSeries: number
  /** How near the limits of trunks and rules are. If absent, there are no limits. */
  readonly limitUses?: () => Iterable<LimitUse>
  /** Monotonic milliseconds, by the same clock as the times of events. */
  readonly now: () => number
  /** Milliseconds since 1970. */
  readonly wallClock: () => number
  /** Whether every address of a backend is passed over. Asked at each scrape, for backends that have several addresses. */
  readonly isDown?: (backend: string) => boolean
}

/** The part of a route table that metrics need. */
export interface TableDescription {
  readonly version: number
  /** The number of entries: trunks, rules and Services. */
  readonly entries: number
  readonly trunks: Iterable<TrunkDescription>
  readonly ruleNames: TableNames
  /** Names of the backends of all rules: the URI in the rule, or `namespace/name:port` of a Service. */
  readonly backendNames: TableNames
  /** Names that are looked up, with the backends that have them. */
  readonly names: NamedBackends
}

export interface Metrics {
  onEvent(event: CallEvent): void
  /**
   * Called when a new table is in use. The table may come from the table file. So a new table does not show that the cache
   * was read. If there are thousands of trunks and backends, their series begin a moment later.
   */
  tableChanged(table: TableDescription): void
  /** Called when the source of the table has confirmed that the table in use is the newest. */
  tableSynced(): void
  /** Called after each write of the table file. `isCurrent`: the file contains the current table. */
  onTableFileWritten(isCurrent: boolean): void
  /** Reports how datagrams are received and sent. `batched` can change to `node`, never back. */
  datagramsChosen(kind: 'batched' | 'node'): void
  /** The text that Prometheus reads, in text format 0.0.4. */
  text(): Promise<string>
}

interface TableCounts {
  version: number
  entries: number
  loaded: boolean
  syncedAt: number | undefined
  onDisk: boolean | undefined
}

interface Counts {
  readonly trunks: ReturnType<typeof createTrunkTable>
  readonly rules: ReturnType<typeof createRuleCounters>
  readonly backends: ReturnType<typeof createBackendTable>
  readonly names: ReturnType<typeof createNameTable>
  /** Counts of dropped packets: rows by `DROP_REASONS`, columns by `METHODS`. */
  readonly dropped: Float64Array
  /** Datagrams that the kernel dropped before they were read. */
  unread: number
  /** Counts of shed requests, by `SHED_SENDERS`. */
  readonly shed: Float64Array
  readonly decision: FastHistogram
  /** One histogram for each outcome. The index is the outcome's number in `OUTCOMES`. */
  readonly finalResponse: readonly FastHistogram[]
  readonly table: TableCounts
}

/** Makes metrics with a registry of their own, so that several ingresses can run in one process. */
export function createMetrics(options: MetricsOptions): Metrics {
  const registry = new Registry()
  const counts = createCounts(options)
  registerCalls(registry, counts)
  registerTrunks(registry, counts, options)
  registerLimits(registry, counts.trunks, options)
  registerBackends(registry, counts, options)
  registerHealth(registry, counts)
  registerTable(registry, counts)
  const { version, engine, installation = '' } = options
  let datagrams = ''
  addGauge(registry, METRICS.buildInfo, (emit) => emit({ version, engine, datagrams, installation }, 1))
  const tableSynced = () => {
    counts.table.syncedAt = options.wallClock()
  }
  let latest: TableDescription | undefined
  /** Resolves when all series of the latest table exist. */
  let seriesReady: Promise<void> | undefined
  const tableChanged = (table: TableDescription) => {
    counts.table.version = table.version
    counts.table.entries = table.entries
    counts.table.loaded = true
    counts.rules.replace(table.ruleNames)
    counts.names.replace(table.names)
    latest = table
    seriesReady = inSlices(seriesSteps(counts, table), () => latest === table)
  }
  const onTableFileWritten = (isCurrent: boolean) => {
    counts.table.onDisk = isCurrent
  }
  return {
    onEvent: (event) => count(counts, event),
    tableChanged,
    tableSynced,
    onTableFileWritten,
    datagramsChosen: (kind) => {
      datagrams = kind
    },
    text: async () => {
      await seriesReady
      return exposition(registry)
    },
  }
}

function* seriesSteps(counts: Counts, { trunks, backendNames }: TableDescription): Generator<void> {
  yield* counts.trunks.replace(trunks)
  yield* counts.backends.replace(backendNames)
}

/** Makes series in slices, so that calls get their turn between two slices. If a newer table comes, the work stops. */
async function inSlices(steps: Iterable<void>, isLatest: () => boolean): Promise<void> {
  const slice = createTimeSlice()
  for (const _ of steps) {
    if (!slice.over()) continue
    await slice.pause()
    if (!isLatest()) return
  }
}

/**
 * Makes the text metric by metric, in slices. With thousands of trunks or backends, one step for the whole text would delay
 * calls.
 */
async function exposition(registry: Registry): Promise<string> {
  const slice = createTimeSlice()
  const parts: string[] = []
  for (const { name } of registry.getMetricsAsArray()) {
    parts.push(await registry.getSingleMetricAsString(name))
    if (slice.over()) await slice.pause()
  }
  return `${parts.join('\n\n')}\n`
}

function createCounts({ ruleSeries, now }: MetricsOptions): Counts {
  return {
    trunks: createTrunkTable(),
    rules: createRuleCounters(ruleSeries),
    backends: createBackendTable(now),
    names: createNameTable(),
    dropped: new Float64Array(Object.keys(DROP_REASONS).length * METHOD_COUNT),
    unread: 0,
    shed: new Float64Array(Object.keys(SHED_SENDERS).length),
    decision: createFastHistogram(METRICS.decision.buckets),
    finalResponse: Object.keys(OUTCOMES).map(() => createFastHistogram(METRICS.finalResponse.buckets)),
    table: { version: 0, entries: 0, loaded: false, syncedAt: undefined, onDisk: undefined },
  }
}

function count(counts: Counts, event: CallEvent): void {
  switch (event.type) {
    case 'call':
      countCall(counts, event)
      break
    case 'rule-won':
      counts.rules.count(event.rule)
      break
    case 'number-repeated':
      counts.trunks.of(event.trunk).numbersRepeated++
      break
    case 'first-response':
      observe(counts.trunks.of(event.trunk).firstResponse, event.seconds)
      // A final response is not counted here. The event at the end of its attempt says whether the backend failed.
      if (event.status < 200) counts.backends.countResponse(event.backend)
      break
    case 'backend-attempt':
      counts.backends.countAttempt(event)
      break
    case 'backend-health':
      counts.backends.noteHealth(event)
      break
    case 'backend-probe':
      counts.backends.countProbe(event)
      break
    case 'name-resolution':
      counts.names.count(event.state)
      break
    case 'name-forgotten':
      counts.names.forget(event.place)
      break
    case 'unanswered':
      counts.trunks.of(event.trunk).unanswered++
      break
    case 'dropped':
      increase(counts.dropped, dropReasonIndex(event.reason) * METHOD_COUNT + methodIndex(event.method))
      break
    case 'shed':
      countShed(counts, event)
      break
    case 'unread':
      counts.unread += event.datagrams
      break
    case 'near-miss':
      countNearMiss(counts.trunks.of(event.trunk).nearMisses, event)
      break
    case 'fault':
      break
  }
}

/** A shed call has no place in the histograms: its times say how long it waited, and nothing about decisions. */
function countShed({ shed, trunks }: Counts, event: Extract<CallEvent, { type: 'shed' }>): void {
  const at = SHED_SENDERS[event.sender]
  shed[at] = (shed[at] ?? 0) + event.requests
  if (event.calls === 0) return
  const none = trunks.of('')
  countInvite(none, 'over_limit', 503, event.calls)
  none.overLimit[OVER_LIMIT_REASONS.overload] = (none.overLimit[OVER_LIMIT_REASONS.overload] ?? 0) + event.calls
}

function countNearMiss(row: Float64Array, { reason, method }: Extract<CallEvent, { type: 'near-miss' }>): void {
  increase(row, NEAR_MISS_REASONS[reason] * METHOD_COUNT + methodIndex(method))
}

function countCall(counts: Counts, call: CallDecided): void {
  const trunk = counts.trunks.of(call.trunk)
  countInvite(trunk, call.outcome, call.status)
  if (call.outcome === 'forwarded') trunk.lastForwardedAt = call.endedAt
  if (call.noRuleReason !== undefined) increase(trunk.noRule, NO_RULE_REASONS[call.noRuleReason])
  if (call.overLimitReason !== undefined) increase(trunk.overLimit, OVER_LIMIT_REASONS[call.overLimitReason])
  observe(counts.decision, (call.decidedAt - call.receivedAt) / 1000)
  const final = counts.finalResponse[OUTCOMES[call.outcome]]
  if (final && call.status !== 0) observe(final, (call.endedAt - call.receivedAt) / 1000)
}

function increase(row: Float64Array, at: number): void {
  row[at] = (row[at] ?? 0) + 1
}

const METHOD_INDEXES: ReadonlyMap<string, number> = new Map(Object.entries(METHODS))
const DROP_REASON_INDEXES: ReadonlyMap<string, number> = new Map(Object.entries(DROP_REASONS))

/**
 * The index of a method. The lookup is in a `Map`, because a plain object already has keys such as `constructor`. A method
 * of that name must be `other`, like any unknown method.
 */
function methodIndex(method: string): number {
  return METHOD_INDEXES.get(method) ?? METHODS.other
}

function dropReasonIndex(reason: string): number {
  return DROP_REASON_INDEXES.get(reason) ?? DROP_REASONS.other
}

/** Reasons whose series exist at 0 from the start. So Prometheus sees the first drop as an increase. */
const SHOWN_FROM_ZERO: ReadonlySet<string> = new Set(['stranger', 'source_rewritten'])

function registerCalls(registry: Registry, counts: Counts): void {
  addCounter(registry, METRICS.dropped, (emit) => {
    eachPair(counts.dropped, DROP_REASONS, (reason, method, value) => {
      if (value > 0 || (method === 'INVITE' && SHOWN_FROM_ZERO.has(reason))) emit({ reason, method }, value)
    })
  })
  addCounter(registry, METRICS.shed, (emit) => {
    for (const [sender, at] of Object.entries(SHED_SENDERS)) emit({ sender }, counts.shed[at] ?? 0)
  })
  addCounter(registry, METRICS.unread, (emit) => emit({}, counts.unread))
  addCounter(registry, METRICS.ruleCalls, (emit) => {
    for (const [rule, calls] of counts.rules.entries()) emit({ rule }, calls)
  })
  addHistogram(registry, METRICS.decision, (emit) => emit({}, counts.decision))
  addHistogram(registry, METRICS.finalResponse, (emit) => {
    Object.keys(OUTCOMES).forEach((outcome, at) => {
      const histogram = counts.finalResponse[at]
      if (histogram) emit({ outcome }, histogram)
    })
  })
}

function registerTrunks(registry: Registry, { trunks }: Counts, { now, wallClock }: MetricsOptions): void {
  addCounter(registry, METRICS.invites, (emit) => {
    for (const [trunk, { invites }] of trunks.entries()) {
      for (const { outcome, status, count } of invites.values()) {
        emit({ outcome, trunk, status: status === 0 ? 'none' : String(status) }, count)
      }
    }
  })
  addCounter(registry, METRICS.unanswered, (emit) => {
    for (const [trunk, { unanswered }] of trunks.entries()) emit({ trunk }, unanswered)
  })
  addGauge(registry, METRICS.lastForwarded, (emit) => {
    for (const [trunk, { lastForwardedAt }] of trunks.entries()) {
      if (lastForwardedAt !== undefined) emit({ trunk }, (wallClock() - (now() - lastForwardedAt)) / 1000)
    }
  })
  registerAdmitting(registry, trunks)
}

/** Adds the metrics that have a trunk as a label. Calls that no trunk admitted do not appear in them. */
function registerAdmitting(registry: Registry, trunks: Counts['trunks']): void {
  addCounter(registry, METRICS.nearMisses, (emit) => {
    for (const [trunk, { nearMisses }] of trunks.entries()) {
      eachPair(nearMisses, NEAR_MISS_REASONS, (reason, method, value) => {
        if (trunk !== '' && (value > 0 || method === 'INVITE')) emit({ trunk, reason, method }, value)
      })
    }
  })
  addCounter(registry, METRICS.noRule, (emit) => {
    for (const [trunk, { noRule }] of trunks.entries()) {
      if (trunk === '') continue
      for (const [reason, at] of Object.entries(NO_RULE_REASONS)) emit({ trunk, reason }, noRule[at] ?? 0)
    }
  })
  addHistogram(registry, METRICS.firstResponse, (emit) => {
    for (const [trunk, { firstResponse }] of trunks.entries()) if (trunk !== '') emit({ trunk }, firstResponse)
  })
}

function registerBackends(registry: Registry, { backends, names }: Counts, options: MetricsOptions): void {
  const { now, wallClock, isDown } = options
  addCounter(registry, METRICS.backendRequests, (emit) => {
    for (const [backend, { attempts }] of backends.entries()) {
      for (const [result, at] of Object.entries(ATTEMPT_RESULTS)) emit({ backend, result }, attempts[at] ?? 0)
    }
  })
  names.register(registry, (at) => (wallClock() - (now() - at)) / 1000)
  addGauge(registry, METRICS.backendUp, (emit) => {
    const unresolved = names.unresolvedBackends()
    for (const [backend, counters] of backends.entries()) {
      const up = unresolved.has(backend) || isDown?.(backend) ? false : isUp(counters, now())
      if (up !== undefined) emit({ backend }, up ? 1 : 0)
    }
  })
}

/** A backend that nobody probes has no series of probes: most backends are not probed. */
function registerHealth(registry: Registry, { backends }: Counts): void {
  addCounter(registry, METRICS.backendEjections, (emit) => {
    for (const [backend, { ejections }] of backends.entries()) {
      for (const [reason, at] of Object.entries(EJECTION_REASONS)) emit({ backend, reason }, ejections[at] ?? 0)
    }
  })
  addCounter(registry, METRICS.backendProbes, (emit) => {
    for (const [backend, { probes }] of backends.entries()) {
      if (probes === undefined) continue
      for (const [result, at] of Object.entries(PROBE_RESULTS)) emit({ backend, result }, probes[at] ?? 0)
    }
  })
}

function registerTable(registry: Registry, { table }: Counts): void {
  addGauge(registry, METRICS.tableVersion, (emit) => emit({}, table.version))
  addGauge(registry, METRICS.tableEntries, (emit) => emit({}, table.entries))
  addGauge(registry, METRICS.tableLoaded, (emit) => emit({}, table.loaded ? 1 : 0))
  addGauge(registry, METRICS.tableSync, (emit) => {
    if (table.syncedAt !== undefined) emit({}, table.syncedAt / 1000)
  })
  addGauge(registry, METRICS.tableKept, (emit) => {
    if (table.onDisk !== undefined) emit({}, table.onDisk ? 1 : 0)
  })
}

type VisitPair = (reason: string, method: string, value: number) => void

/** Calls `visit` for each pair of reason and method. */
function eachPair(row: Float64Array, reasons: Readonly<Record<string, number>>, visit: VisitPair): void {
  for (const [reason, i] of Object.entries(reasons)) {
    for (const [method, j] of Object.entries(METHODS)) visit(reason, method, row[i * METHOD_COUNT + j] ?? 0)
  }
}
