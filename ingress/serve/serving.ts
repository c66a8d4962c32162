/** Serves SIP from a live table. Starts the application, the engine and the HTTP server, and ends them. */
import { randomBytes } from 'node:crypto'
import { createApplication } from '../call/application.ts'
import { SHARED_KEY_BYTES } from '../files/limits.ts'
import { startHttpServer } from '../health/http-server.ts'
import { SWEEP_MS } from '../limit/limits.ts'
import { socketMakers, startNativeEngine } from '../sip/native/native-engine.ts'
import { chooseDatagrams, type DatagramsSetting } from '../sip/native/transport/datagram/choose-datagrams.ts'
import type { SipEngine } from '../sip/port/engine.ts'
import { systemClock } from '../time/dated-clock.ts'
import { systemRandom } from '../time/random.ts'
import { createBackendProbes } from './backend-probes.ts'
import { isOwnHost, machineAddress, machineAddresses } from './machine-address.ts'
import { createReadiness, type Readiness, warmedUp } from './readiness.ts'
import type { ServingConfig } from './serving-config.ts'
import type { ServingCore } from './serving-core.ts'
import { createShutdown, type Shutdown } from './shutdown.ts'
import { inventedTable } from './warm-up-table.ts'

export interface Serving {
  /**
   * The bound addresses, such as `udp://127.0.0.1:5060`. If the setting is port 0, the address contains the port that was
   * chosen.
   */
  readonly listening: readonly string[]
  /** The address of the HTTP server, such as `http://127.0.0.1:9090`. */
  readonly http: string
  /** Sets the keys: the current key, then previous keys that are still accepted. */
  setCookieKeys(keys: readonly Buffer[]): void
  /** Settles, drains and closes. `hurry` ends the waiting: a caller that still waits for a backend then gets a 503. */
  leave(hurry: AbortSignal): Promise<void>
}

/**
 * Starts to serve. If the start fails, for example because an address cannot be bound, this rejects with the error and
 * leaves nothing open. Without cookie keys, the process makes a key that no other process has and that is lost when the
 * process ends. Two log lines report the progress: `listening` when packets can come, `serving` when calls should come.
 */
export async function startServing(
  core: ServingCore,
  config: ServingConfig,
  cookieKeys: readonly Buffer[],
): Promise<Serving> {
  const { clock, logger, log } = core
  const { settleMs, drainDeadlineMs } = config
  const shutdown = createShutdown({
    clock,
    settleMs,
    drainDeadlineMs,
    onPhase: (phase, unfinished) => logger.info({ phase, unfinished }, 'shutting down'),
  })
  const keys = cookieKeys.length > 0 ? cookieKeys : [randomBytes(SHARED_KEY_BYTES)]
  await warmedUp(core, inventedTable, config.logLevel)
  const engine = await startEngine(core, config, { shutdown, cookieKeys: keys })
  const readiness = createReadiness({ core, logLevel: config.logLevel, shutdown, engine })
  const http = await startHttp(core, config, readiness).catch(async (error: unknown) => {
    await engine.close()
    throw error
  })
  const at = { listening: engine.listening, http: http.address, version: config.version }
  const probes = createBackendProbes(core, engine, Math.random)
  core.onBackendsChange(() => probes.changed())
  if (core.table.loaded) probes.changed()
  logger.info(at, 'listening')
  const sweeps = startSweeps(core)
  readiness.begin(() => logger.info({ ...at, table: core.table.version }, 'serving'))
  return {
    listening: engine.listening,
    http: http.address,
    setCookieKeys: (keys) => engine.setCookieKeys(keys),
    leave: async (hurry) => {
      // A probe is a transaction, and the process would wait for its end.
      probes.close()
      await shutdown.leave(() => engine.unfinishedTransactions, hurry)
      core.names.close()
      await engine.close()
      await http.close()
      sweeps.close()
      log.close()
      logger.info('stopped')
    },
  }
}

/** Lets limits forget what is over, again and again. */
function startSweeps({ clock, limits }: ServingCore): { close(): void } {
  const sweep = (): void => {
    limits.sweep()
    clock.restart(timer, SWEEP_MS)
  }
  const timer = clock.after(SWEEP_MS, sweep, undefined)
  return { close: () => clock.cancel(timer) }
}

/** Starts the engine. It reads packets and the table, and writes packets and events. */
async function startEngine(
  core: ServingCore,
  config: ServingConfig,
  { shutdown, cookieKeys }: { readonly shutdown: Shutdown; readonly cookieKeys: readonly Buffer[] },
): Promise<SipEngine> {
  const { table, health, limits, clock, emit } = core
  const { drachtio, listen, datagrams, advertise: external, advertiseInternal: internal } = config
  const { ownAddress, settleOptions } = config
  const random = systemRandom()
  const application = createApplication({
    table,
    health,
    limits,
    ownAddress,
    now: () => clock.now(),
    wallClock: () => systemClock.wallClock(),
    newId: () => random.token(),
    fraction: () => random.fraction(),
    leaving: () => shutdown.leaving,
    draining: () => shutdown.draining,
    settleOptions,
    isOwnHost: (host) => isOwnHost(host, [external?.host, internal?.host]),
    emit,
  })
  if (drachtio) {
    // The import is here, so that a process with the native engine does not load the drachtio library.
    const { startDrachtioEngine } = await import('../sip/drachtio/drachtio-engine.ts')
    return startDrachtioEngine({ application, clock, random, config: drachtio })
  }
  const machine = { machineAddress, machineAddresses: machineAddresses() }
  const sockets = await openDatagrams(core, datagrams)
  const options = { application, clock, random, listen, external, internal, cookieKeys, ...machine }
  return startNativeEngine(options, socketMakers(sockets))
}

/**
 * Chooses how datagrams are received and sent. The choice and a later change of it are reported in the log and in the
 * metrics.
 */
async function openDatagrams({ logger, metrics, emit }: ServingCore, setting: DatagramsSetting) {
  const { sockets, reason } = await chooseDatagrams(setting, (failure) => {
    metrics.datagramsChosen('node')
    emit({
      type: 'fault',
      code: 'batched-datagrams-failed',
      message: `${failure}: node:dgram does the work from now on`,
    })
  })
  metrics.datagramsChosen(sockets.kind)
  logger.info({ datagrams: sockets.kind, reason }, 'datagram sockets')
  return sockets
}

/** Serves the metrics and the health of backends over HTTP, and tells probes whether calls should come to this process. */
function startHttp({ metrics, health, emit }: ServingCore, { http }: ServingConfig, readiness: Readiness) {
  return startHttpServer({
    listen: http,
    metricsText: () => metrics.text(),
    backends: () => health.report(),
    onFault: (code, message) => emit({ type: 'fault', code, message }),
    ready: () => {
      const reasons = readiness.reasons()
      return { ready: reasons.length === 0, reasons }
    },
  })
}
