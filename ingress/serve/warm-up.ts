/**
 * Makes whole calls before the first real call. They are parsed, admitted, matched, answered or forwarded, counted, and
 * written as log lines. After these calls, Node has read and compiled the code that decides calls. The calls run in an
 * ingress of their own, which is discarded. This ingress has no socket, and has its own table, transactions, metrics and
 * log.
 */
import { randomBytes } from 'node:crypto'
import { createApplication } from '../call/application.ts'
import { createBackendHealth } from '../call/backend-health.ts'
import type { CallEvent, Outcome } from '../call/call-events.ts'
import { SHARED_KEY_BYTES } from '../files/limits.ts'
import { createCallLimits } from '../limit/call-limits.ts'
import { createCallLog } from '../log/call-log.ts'
import { createLogger, type LogLevel } from '../log/logger.ts'
import { createLiveTable } from '../lookup/live-table.ts'
import { forgetNumbers } from '../lookup/phone-number.ts'
import { createMetrics } from '../metrics/metrics.ts'
import { startNativeEngine } from '../sip/native/native-engine.ts'
import type { Clock } from '../time/clock.ts'
import { systemClock } from '../time/dated-clock.ts'
import { systemRandom } from '../time/random.ts'
import { createTimeSlice } from '../time/time-slice.ts'
import { createTimerWheel } from '../time/timer-wheel.ts'
import { WARM_UP_CALLS, WARM_UP_MS } from './limits.ts'
import type { WarmUpTable } from './warm-up-table.ts'
import { createWarmUpWire, LISTEN } from './warm-up-wire.ts'

/** The number of calls with each outcome. */
export type WarmUpOutcomes = ReadonlyMap<Outcome, number>

/**
 * Makes up to `WARM_UP_CALLS` calls, and starts no more of them after `WARM_UP_MS`. Real calls get their turn between two
 * of these calls.
 */
export async function warmUp({ entries, calls }: WarmUpTable, logLevel: LogLevel): Promise<WarmUpOutcomes> {
  const clock = createTimerWheel(
    { now: () => performance.now(), setTimer: () => () => undefined },
    { onError: rethrow },
  )
  const random = systemRandom()
  const wire = createWarmUpWire()
  const { application, outcomes, close } = throwAwayApplication(entries, clock, logLevel)
  const cookieKeys = [randomBytes(SHARED_KEY_BYTES)]
  const names = { external: undefined, internal: undefined, machineAddress: () => undefined }
  const engine = await startNativeEngine(
    { application, clock, random, listen: LISTEN, cookieKeys, ...names },
    wire.makers,
  )
  const slice = createTimeSlice()
  const end = clock.now() + WARM_UP_MS
  for (let i = 0; i < WARM_UP_CALLS && calls.length > 0 && clock.now() < end; i++) {
    const call = calls[i % calls.length]
    if (call) wire.call(call, `warm${i}`)
    if (slice.over()) await slice.pause()
  }
  await engine.close()
  close()
  forgetNumbers()
  return outcomes
}

function throwAwayApplication(entries: WarmUpTable['entries'], clock: Clock, logLevel: LogLevel) {
  const random = systemRandom()
  const now = (): number => clock.now()
  const logger = createLogger(logLevel, { write: () => undefined })
  const log = createCallLog({ logger, callsPerSecond: Number.POSITIVE_INFINITY, clock })
  const metrics = createMetrics({ version: '', engine: '', installation: '', ruleSeries: 1, now, wallClock: now })
  const outcomes = new Map<Outcome, number>()
  const emit = (event: CallEvent): void => {
    metrics.onEvent(event)
    log.onEvent(event)
    if (event.type === 'call') outcomes.set(event.outcome, (outcomes.get(event.outcome) ?? 0) + 1)
  }
  const table = createLiveTable()
  table.load(entries, 1)
  const application = createApplication({
    ...{
      table,
      health: createBackendHealth(now, emit),
      ownAddress: [],
      now,
      wallClock: () => systemClock.wallClock(),
      emit,
    },
    limits: createCallLimits({ now }),
    ...{ newId: () => random.token(), fraction: () => random.fraction(), isOwnHost: () => false },
    ...{ leaving: () => false, draining: () => false, settleOptions: 'unavailable' },
  })
  return { application, outcomes, close: () => log.close() }
}

function rethrow(error: unknown): never {
  throw error
}
