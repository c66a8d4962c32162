/**
 * The metrics of one ingress: events are counted in plain numbers, and a scrape turns them into the exposition.
 */
import { Registry } from 'prom-client'
import type { CallDecided, CallEvent } from '../call/call-events.ts'
import type { TableNames } from '../lookup/live-table.ts'
import { createTimeSlice } from '../time/time-slice.ts'
import { createBackendTable, isUp } from './backend-counters.ts'
import { addCounter, addGauge, addHistogram } from './exposition.ts'
import { createFastHistogram, type FastHistogram, observe } from './fast-histogram.ts'
import {
  ATTEMPT_RESULTS,
  DROP_REASONS,
  METHODS,
  METRICS,
  NEAR_MISS_REASONS,
  NO_RULE_REASONS,
  OUTCOMES,
} from './metric-declarations.ts'
import { createRuleCounters } from './rule-counters.ts'
import { countInvite, createTrunkTable, METHOD_COUNT, type TrunkDescription } from './trunk-counters.ts'

export interface MetricsOptions {
  readonly version: string
  /** The name that operator and ingress of one release share; undefined: the installation has no name. */
  readonly installation: string | undefined
  readonly engine: string
  /** How many rules have a series of their own. */
  readonly ruleSeries: number
  /** Monotonic milliseconds: the clock that events carry. */
  readonly now: () => number
  /** Milliseconds since 1970. */
  readonly wallClock: () => number
}

/** A route table as the metrics see it. */
export interface TableDescription {
  readonly version: number
  /** How many trunks, rules and Services it has. */
  readonly entries: number
  readonly trunks: Iterable<TrunkDescription>
  readonly ruleNames: TableNames
  /** Backends of all rules by name: the URI in the rule, or `namespace/name:port` of a Service. */
  readonly backendNames: TableNames
}

export interface Metrics {
  onEvent(event: CallEvent): void
  /**
   * A new table is in use. It may come from the table file, so this says nothing about the cache. Where there are thousands of
   * trunks and backends, their series begin a moment later.
   */
  tableChanged(table: TableDescription): void
  /** The source of the table has confirmed that the table in use is the newest. */
  tableSynced(): void
  /** Whether the table file contains the current table, as of the last write. */
  onTableFileWritten(isCurrent: boolean): void
  /** The exposition, Prometheus text format 0.0.4. */
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
  /** Rows of `DROP_REASONS`, columns of `METHODS`. */
  readonly dropped: Float64Array
  readonly decision: FastHistogram
  /** By `OUTCOMES`. */
  readonly finalResponse: readonly FastHistogram[]
  readonly table: TableCounts
}

/** Metrics on a registry of their own, so that several ingresses can live in one process. */
export function createMetrics(options: MetricsOptions): Metrics {
  const registry = new Registry()
  const counts = createCounts(options)
  registerCalls(registry, counts)
  registerTrunks(registry, counts, options)
  registerBackends(registry, counts, options)
  registerTable(registry, counts)
  const { version, engine, installation = '' } = options
  addGauge(registry, METRICS.buildInfo, (emit) => emit({ version, engine, installation }, 1))
  const tableSynced = () => {
    counts.table.syncedAt = options.wallClock()
  }
  let latest: TableDescription | undefined
  /** Resolves when the latest table has its series. */
  let seriesReady: Promise<void> | undefined
  const tableChanged = (table: TableDescription) => {
    counts.table.version = table.version
    counts.table.entries = table.entries
    counts.table.loaded = true
    counts.rules.replace(table.ruleNames)
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

/** Makes series in slices, so that calls get their turn between them. A newer table ends the work. */
async function inSlices(steps: Iterable<void>, isLatest: () => boolean): Promise<void> {
  const slice = createTimeSlice()
  for (const _ of steps) {
    if (!slice.over()) continue
    await slice.pause()
    if (!isLatest()) return
  }
}

/** Makes the text metric by metric: with thousands of trunks or backends, one piece would delay calls. */
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
    dropped: new Float64Array(Object.keys(DROP_REASONS).length * METHOD_COUNT),
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
    case 'first-response':
      observe(counts.trunks.of(event.trunk).firstResponse, event.seconds)
      // A final response needs no count here: the end of its attempt reports what it says about the backend.
      if (event.status < 200) counts.backends.countResponse(event.backend)
      break
    case 'backend-attempt':
      counts.backends.countAttempt(event)
      break
    case 'backend-health':
      // A pause of one endpoint says nothing about the Service: its other endpoints go on taking calls.
      if (event.endpoint === undefined) counts.backends.setPaused(event.backend, !event.up)
      break
    case 'unanswered':
      counts.trunks.of(event.trunk).unanswered++
      break
    case 'dropped':
      increase(counts.dropped, dropReasonIndex(event.reason) * METHOD_COUNT + methodIndex(event.method))
      break
    case 'near-miss':
      countNearMiss(counts.trunks.of(event.trunk).nearMisses, event)
      break
    case 'fault':
      break
  }
}

function countNearMiss(row: Float64Array, { reason, method }: Extract<CallEvent, { type: 'near-miss' }>): void {
  increase(row, NEAR_MISS_REASONS[reason] * METHOD_COUNT + methodIndex(method))
}

function countCall(counts: Counts, call: CallDecided): void {
  const trunk = counts.trunks.of(call.trunk)
  countInvite(trunk, call.outcome, call.status)
  if (call.outcome === 'forwarded') trunk.lastForwardedAt = call.endedAt
  if (call.noRuleReason !== undefined) increase(trunk.noRule, NO_RULE_REASONS[call.noRuleReason])
  observe(counts.decision, (call.decidedAt - call.receivedAt) / 1000)
  const final = counts.finalResponse[OUTCOMES[call.outcome]]
  if (final && call.status !== 0) observe(final, (call.endedAt - call.receivedAt) / 1000)
}

function increase(row: Float64Array, at: number): void {
  row[at] = (row[at] ?? 0) + 1
}

const METHOD_INDEXES: ReadonlyMap<string, number> = new Map(Object.entries(METHODS))
const DROP_REASON_INDEXES: ReadonlyMap<string, number> = new Map(Object.entries(DROP_REASONS))

/** A map and not a plain object: a method called `constructor` is `other`, like any method that is not in the table. */
function methodIndex(method: string): number {
  return METHOD_INDEXES.get(method) ?? METHODS.other
}

function dropReasonIndex(reason: string): number {
  return DROP_REASON_INDEXES.get(reason) ?? DROP_REASONS.other
}

/** Reasons whose series exist at 0 from the start, so that the first drop shows as an increase. */
const SHOWN_FROM_ZERO: ReadonlySet<string> = new Set(['stranger', 'source_rewritten'])

function registerCalls(registry: Registry, counts: Counts): void {
  addCounter(registry, METRICS.dropped, (emit) => {
    eachPair(counts.dropped, DROP_REASONS, (reason, method, value) => {
      if (value > 0 || (method === 'INVITE' && SHOWN_FROM_ZERO.has(reason))) emit({ reason, method }, value)
    })
  })
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

/** Metrics that need a real trunk. */
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

function registerBackends(registry: Registry, { backends }: Counts, { now }: MetricsOptions): void {
  addCounter(registry, METRICS.backendRequests, (emit) => {
    for (const [backend, { attempts }] of backends.entries()) {
      for (const [result, at] of Object.entries(ATTEMPT_RESULTS)) emit({ backend, result }, attempts[at] ?? 0)
    }
  })
  addGauge(registry, METRICS.backendUp, (emit) => {
    for (const [backend, counters] of backends.entries()) {
      const up = isUp(counters, now())
      if (up !== undefined) emit({ backend }, up ? 1 : 0)
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
