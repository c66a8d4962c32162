/**
 * Everything in one process: the manifests of a folder, the operator's compiler, an in-memory table and the ingress.
 * The stages stand here in the order in which the data flows.
 */
import { randomBytes } from 'node:crypto'
import { createApplication } from '../ingress/call/application.ts'
import { createBackendHealth } from '../ingress/call/backend-health.ts'
import type { CallEvent } from '../ingress/call/call-events.ts'
import { startHttpServer } from '../ingress/health/http-server.ts'
import { createCallLog } from '../ingress/log/call-log.ts'
import { createLogger } from '../ingress/log/logger.ts'
import { createLiveTable } from '../ingress/lookup/live-table.ts'
import { createMetrics } from '../ingress/metrics/metrics.ts'
import { startNativeEngine } from '../ingress/sip/native-engine.ts'
import { systemRandom } from '../ingress/sip/random.ts'
import { systemTimerHost } from '../ingress/sip/system-timer.ts'
import { createTimerWheel } from '../ingress/sip/timer-wheel.ts'
import { machineAddress } from './machine-address.ts'
import { serveManifests } from './serve-manifests.ts'
import type { StandaloneConfig } from './standalone-config.ts'

export interface RunningStandalone {
  /** `udp://127.0.0.1:5060` and so on, port 0 resolved. */
  readonly listening: readonly string[]
  /** `http://127.0.0.1:9090`. */
  readonly http: string
  close(): Promise<void>
}

const COOKIE_KEY_BYTES = 32

/** Rejects with what keeps it from starting: a folder without a usable table, an address that cannot be bound. */
export async function runStandalone(config: StandaloneConfig): Promise<RunningStandalone> {
  const logger = createLogger(config.logLevel)
  const clock = createTimerWheel(systemTimerHost(), {
    onError: (error) => logger.error({ code: 'timer-failed', error: String(error) }, 'fault'),
  })
  const now = (): number => clock.now()
  const random = systemRandom()
  const metrics = createMetrics({
    version: config.version,
    engine: 'native',
    ruleSeries: config.ruleSeries,
    now,
    wallClock: () => Date.now(),
  })
  const log = createCallLog({ logger, callsPerSecond: config.logCallsPerSecond, clock })
  const emit = (event: CallEvent): void => {
    metrics.onEvent(event)
    log.onEvent(event)
  }
  const table = createLiveTable()
  const health = createBackendHealth(now, emit)
  // Reads the folder, writes the table.
  const manifests = await serveManifests({ folder: config.rules, table, health, metrics, log, logger })
  const application = createApplication({
    table,
    health,
    now,
    newId: () => random.token(),
    fraction: () => random.fraction(),
    emit,
  })
  const cookieKeys = config.cookieKeys.length > 0 ? config.cookieKeys : [randomBytes(COOKIE_KEY_BYTES)]
  try {
    // Reads packets and the table, writes packets and events.
    const engine = await startNativeEngine({
      application,
      clock,
      random,
      listen: config.listen,
      external: config.advertise,
      internal: config.advertiseInternal,
      cookieKeys,
      machineAddress,
    })
    // Reads what the events have made of the metrics.
    const http = await startHttpServer({
      listen: config.http,
      metricsText: () => metrics.text(),
      onFault: (code, message) => emit({ type: 'fault', code, message }),
      ready: () => ({ ready: table.loaded, reasons: table.loaded ? [] : ['no rule table is loaded'] }),
    }).catch(async (error: unknown) => {
      await engine.close()
      throw error
    })
    logger.info({ listening: engine.listening, http: http.address, version: config.version }, 'serving')
    return {
      listening: engine.listening,
      http: http.address,
      close: async () => {
        manifests.close()
        await engine.close()
        await http.close()
        log.close()
        logger.info('stopped')
      },
    }
  } catch (error) {
    manifests.close()
    throw error
  }
}
