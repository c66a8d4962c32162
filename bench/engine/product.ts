/** The whole of a pod that decides calls, of any checkout, with time that the bench moves. */
import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { CallEvent } from '../../ingress/call/call-events.ts'
import * as ownLimits from '../../ingress/limit/call-limits.ts'
import type { TableEntry } from '../../ingress/route-table/route-table.ts'
import type { Clock } from '../../ingress/time/clock.ts'
import { LOG_CALLS_PER_SECOND, RULE_SERIES } from '../limits.ts'
import type { Wire } from './wire.ts'

const COOKIE_KEY_BYTES = 32
export const ENGINE_PORT = 5060
const ENGINE_HOST = '127.0.0.1'

/** Checkouts from before limits ignore what is made of this one's. */
const LIMITS = 'limit/call-limits.ts'

/** The modules of the product that are used. */
async function modulesOf(root: string) {
  const load = (path: string) => import(pathToFileURL(join(root, 'ingress', path)).href)
  const modules: {
    readonly address: typeof import('../../ingress/address/ip-address.ts')
    readonly application: typeof import('../../ingress/call/application.ts')
    readonly health: typeof import('../../ingress/call/backend-health.ts')
    readonly callLog: typeof import('../../ingress/log/call-log.ts')
    readonly logger: typeof import('../../ingress/log/logger.ts')
    readonly table: typeof import('../../ingress/lookup/live-table.ts')
    readonly metrics: typeof import('../../ingress/metrics/metrics.ts')
    readonly engine: typeof import('../../ingress/sip/native/native-engine.ts')
    readonly random: typeof import('../../ingress/time/random.ts')
    readonly wheel: typeof import('../../ingress/time/timer-wheel.ts')
    readonly limits: typeof ownLimits
  } = {
    address: await load('address/ip-address.ts'),
    application: await load('call/application.ts'),
    health: await load('call/backend-health.ts'),
    callLog: await load('log/call-log.ts'),
    logger: await load('log/logger.ts'),
    table: await load('lookup/live-table.ts'),
    metrics: await load('metrics/metrics.ts'),
    engine: await load('sip/native/native-engine.ts'),
    random: await load('time/random.ts'),
    wheel: await load('time/timer-wheel.ts'),
    limits: existsSync(join(root, 'ingress', LIMITS)) ? await load(LIMITS) : ownLimits,
  }
  return modules
}

type Modules = Awaited<ReturnType<typeof modulesOf>>

export type Product = Awaited<ReturnType<typeof startProduct>>

/** Starts the product of the checkout at `root`, with a table of these entries, behind the wire. */
export async function startProduct(root: string, entries: readonly TableEntry[], wire: Wire) {
  const modules = await modulesOf(root)
  const time = movedTime()
  const clock = modules.wheel.createTimerWheel(time.host, { onError: rethrow })
  const random = modules.random.systemRandom()
  const report = reporting(modules, clock)
  const table = modules.table.createLiveTable()
  table.load(entries, 1)
  const health = modules.health.createBackendHealth(() => clock.now(), report.emit)
  const { version, entries: count, ruleNames, backendNames, names } = table
  health.retain(backendNames)
  report.metrics.tableChanged({ version, entries: count, trunks: [...table.trunks()], ruleNames, backendNames, names })
  const limits = modules.limits.createCallLimits({ now: () => clock.now() })
  const application = modules.application.createApplication({
    ...{
      table,
      health,
      limits,
      ownAddress: [],
      now: () => clock.now(),
      wallClock: () => Date.now(),
      emit: report.emit,
    },
    ...{ newId: () => random.token(), fraction: () => random.fraction(), isOwnHost: () => false },
    ...{ leaving: () => false, draining: () => false, settleOptions: 'unavailable' },
  })
  const engine = await modules.engine.startNativeEngine(
    {
      ...{ application, clock, random, external: undefined, internal: undefined, machineAddress: () => undefined },
      listen: (['UDP', 'TCP'] as const).map((transport) => ({
        ...{ transport, address: addressOf(modules, ENGINE_HOST), port: ENGINE_PORT },
      })),
      cookieKeys: [randomBytes(COOKIE_KEY_BYTES)],
    },
    wire.makers,
  )
  const address = (text: string) => addressOf(modules, text)
  return { address, application, clock, engine, report, table, advance: time.advance }
}

/** Metrics and log as a pod has them, except that the bytes of the log are thrown away. */
function reporting({ metrics: { createMetrics }, logger, callLog }: Modules, clock: Clock) {
  const now = (): number => clock.now()
  const metrics = createMetrics({
    ...{ version: '', engine: 'native', installation: undefined, ruleSeries: RULE_SERIES },
    ...{ now, wallClock: () => Date.now() },
  })
  const lines = logger.createLogger('info', { write: () => undefined })
  const log = callLog.createCallLog({ logger: lines, callsPerSecond: LOG_CALLS_PER_SECOND, clock })
  const report = {
    metrics,
    log,
    /** Calls that were decided. */
    decided: 0,
    /** The first event that no call of the bench may cause. */
    fault: undefined as CallEvent | undefined,
    /** Receives every event, for learning. */
    listener: undefined as ((event: CallEvent) => void) | undefined,
    emit: (event: CallEvent): void => {
      metrics.onEvent(event)
      log.onEvent(event)
      if (event.type === 'call') report.decided++
      else if (event.type === 'fault' || event.type === 'unanswered') report.fault ??= event
      report.listener?.(event)
    },
  }
  return report
}

function addressOf({ address }: Modules, text: string) {
  const parsed = address.parseIpAddress(text)
  if (parsed === undefined) throw new RangeError(`ENGINE_BENCH_ADDRESS: not an IP address: ${text}`)
  return parsed
}

/** Time that stands still until it is moved, and the one timer that the wheel sets. */
function movedTime() {
  let at = performance.now()
  let due = Number.POSITIVE_INFINITY
  let wake: () => void = () => undefined
  const host = {
    now: (): number => {
      // A pod reads the machine's clock each time, so that this costs here what it costs there.
      performance.now()
      return at
    },
    setTimer: (delayMs: number, fire: () => void): (() => void) => {
      due = at + delayMs
      wake = fire
      return () => {
        due = Number.POSITIVE_INFINITY
      }
    },
  }
  const advance = (ms: number): void => {
    at += ms
    if (at < due) return
    due = Number.POSITIVE_INFINITY
    wake()
  }
  return { host, advance }
}

function rethrow(error: unknown): never {
  throw error
}
