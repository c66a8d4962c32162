/**
 * The parts that every ingress has, wherever its table comes from: time, log, metrics, live table, names and health of
 * backends.
 */
import { fromWords } from '../address/ip-address.ts'
import { type BackendHealth, createBackendHealth } from '../call/backend-health.ts'
import type { CallEvent } from '../call/call-events.ts'
import { type CallLimits, createCallLimits } from '../limit/call-limits.ts'
import { type CallLog, createCallLog } from '../log/call-log.ts'
import { createLogger, type Logger } from '../log/logger.ts'
import { createLiveTable, type LiveTable } from '../lookup/live-table.ts'
import { createMetrics, type Metrics } from '../metrics/metrics.ts'
import { createNameResolver, type NameResolver } from '../resolve/name-resolver.ts'
import { createSystemResolver } from '../resolve/system-resolver.ts'
import type { Clock } from '../time/clock.ts'
import { systemClock } from '../time/dated-clock.ts'
import { systemRandom } from '../time/random.ts'
import { systemTimerHost } from '../time/system-timer.ts'
import { createTimerWheel } from '../time/timer-wheel.ts'
import { isBackendDown } from './down-backends.ts'
import { machineAddresses } from './machine-address.ts'
import type { ServingConfig } from './serving-config.ts'

export interface ServingCore {
  readonly clock: Clock
  readonly logger: Logger
  readonly metrics: Metrics
  readonly log: CallLog
  readonly table: LiveTable
  readonly health: BackendHealth
  readonly limits: CallLimits
  /** Looks up the names of backends, and puts their servers into `table`. */
  readonly names: NameResolver
  /** Counts an event in the metrics and writes its log lines. */
  readonly emit: (event: CallEvent) => void
  /** Resolves when the first table is in use. */
  readonly tableLoaded: Promise<void>
  /** Must be called after each change of the table, by the code that made the change. */
  readonly tableChanged: () => void
  /**
   * Calls the listener after each change of the table, once the health of backends knows the new table, and after each change of
   * the servers of a name.
   */
  readonly onBackendsChange: (listener: () => void) => void
}

/** `tellOthers`: called with the key of a call that was hung up here, and that another process may count. */
export function createServingCore(config: ServingConfig, tellOthers?: (key: number) => void): ServingCore {
  const logger = createLogger(config.logLevel)
  const clock = createTimerWheel(systemTimerHost(), {
    onError: (error) => logger.error({ code: 'timer-failed', error: String(error) }, 'fault'),
  })
  const now = (): number => clock.now()
  const table = createLiveTable()
  const metrics = createMetrics({
    version: config.version,
    installation: config.installation,
    engine: config.drachtio ? 'drachtio' : 'native',
    ruleSeries: config.ruleSeries,
    limitUses: () => limits.uses(),
    now,
    wallClock: () => systemClock.wallClock(),
    isDown: (backend) => isBackendDown(table, health, backend),
  })
  const log = createCallLog({ logger, callsPerSecond: config.logCallsPerSecond, clock })
  const emit = (event: CallEvent): void => {
    metrics.onEvent(event)
    log.onEvent(event)
  }
  const health = createBackendHealth(now, emit)
  const limits = createCallLimits({
    now,
    ...(tellOthers && { tellOthers }),
    onFull: () =>
      emit({
        type: 'fault',
        code: 'calls-not-counted',
        message:
          'more calls at the same time than can be counted: run more pods, or shorten maxCallSeconds of the limits',
      }),
  })
  const listeners: (() => void)[] = []
  const backendsChanged = (): void => {
    for (const listener of listeners) listener()
  }
  const names = startNames(config, { clock, table, emit, backendsChanged })
  const { promise: tableLoaded, resolve } = Promise.withResolvers<void>()
  const tableChanged = (): void => {
    reportTable({ table, metrics, log, health, limits })
    names.retain(Array.from(table.names.values(), ({ place }) => place))
    backendsChanged()
    resolve()
  }
  const onBackendsChange = (listener: () => void): void => void listeners.push(listener)
  return {
    clock,
    logger,
    metrics,
    log,
    table,
    health,
    limits,
    names,
    emit,
    tableLoaded,
    tableChanged,
    onBackendsChange,
  }
}

/** Starts the look-ups of names. Their results go into the table between two calls. */
function startNames(
  { resolver, allowResolved, ownAddress }: ServingConfig,
  parts: Pick<ServingCore, 'clock' | 'table' | 'emit'> & { readonly backendsChanged: () => void },
): NameResolver {
  const { clock, table, emit } = parts
  // A network in the setting is one of the pods, in which backends live too. Only single addresses are certainly our own.
  const single = ownAddress.filter(({ length }) => length === ADDRESS_BITS).map(({ words }) => fromWords([...words]))
  const random = systemRandom()
  const rule = () => ({ own: [...single, ...machineAddresses()], allowed: allowResolved })
  return createNameResolver({
    locate: createSystemResolver(resolver, rule),
    clock,
    fraction: () => random.fraction(),
    onState: (state) => {
      // The resolver hands out the same list again if an answer brings nothing new.
      const moved = table.serversOf(state.place) !== state.servers
      table.setServers(state.place, state.servers)
      if (moved) parts.backendsChanged()
      emit({ type: 'name-resolution', state })
    },
    onForgotten: (place) => {
      table.setServers(place, undefined)
      emit({ type: 'name-forgotten', place })
    },
  })
}

/** The length of the prefix that is one address, counted in the 128-bit form. */
const ADDRESS_BITS = 128

/**
 * Reports the current table to metrics, log and backend health. The cost grows with the number of trunks and series. The
 * number of rules does not matter.
 */
function reportTable({
  table,
  metrics,
  log,
  health,
  limits,
}: Pick<ServingCore, 'table' | 'metrics' | 'log' | 'health' | 'limits'>): void {
  const { version, entries, ruleNames, backendNames, names } = table
  const trunks = [...table.trunks()]
  health.retain(backendNames)
  limits.tableChanged(table.limited)
  metrics.tableChanged({ version, entries, trunks, ruleNames, backendNames, names })
  log.tableChanged({ version, entries, trunks: trunks.length, rules: ruleNames.size })
}
