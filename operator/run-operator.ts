/**
 * The operator watches the Kubernetes API, compiles the objects into a table and publishes the table to the shared cache. The
 * status of every object says what became of the object. The stages stand in the order in which the data goes through them.
 */
import { startHttpServer } from '../ingress/health/http-server.ts'
import { redactedText } from '../ingress/text/redacted-text.ts'
import type { EventRecorder } from './kubernetes-writes/event-recorder.ts'
import type { StatusWriter } from './kubernetes-writes/status-writer.ts'
import type { OperatorConfig } from './operator-config.ts'
import type { Leader } from './reconcile/leader.ts'
import { FLUSH_LIMIT_MS } from './reconcile/limits.ts'
import { createDryRunStage } from './stages/dry-run-stage.ts'
import { createLeaderStage, createOwnInstallation } from './stages/leader-stage.ts'
import { createNameStage, type NameStage } from './stages/name-stage.ts'
import { createOperatorCore, type OperatorCore } from './stages/operator-core.ts'
import { createEventStage, createStatusStage } from './stages/status-stage.ts'
import { createTableStage, type TableStage } from './stages/table-stage.ts'
import { createWatchStage, type WatchStage } from './stages/watch-stage.ts'

export interface RunningOperator {
  /** The URL of the HTTP server, such as `http://127.0.0.1:9091`. */
  readonly http: string
  /** Ends the watches, writes the pending statuses and Events, and then gives the Lease back. */
  close(): Promise<void>
}

/**
 * Starts an operator. Rejects if it cannot start: for example, there is no kubeconfig, or the HTTP address is not available.
 */
export async function runOperator(config: OperatorConfig): Promise<RunningOperator> {
  const core = createOperatorCore(config)
  // Watch. Reads: objects and definitions from the API server. Writes: the caches of objects.
  const watch = createWatchStage(core, config)
  const { objects } = watch
  // Leader. Reads and writes: the Lease.
  const leader = createLeaderStage(core, config)
  // Installation. Reads: the Lease and its Namespace. Writes: the Secret with the keys of the ingress pods.
  const own = createOwnInstallation(core, config)
  // Events. Reads: nothing, because the next two stages bring their Events here. Writes: Events.
  const events = createEventStage(core)
  // Statuses. Reads: the caches, the leader, the installation. Writes: statuses, and Events about other writers of statuses.
  const statuses = createStatusStage(core, { objects, leader, own, events })
  // Names. Reads: the rules in the caches, and DNS. Writes: which names of backends do not resolve from here.
  const names = createNameStage(core, config, { objects, leader })
  // Table. Reads: the caches, the names and the reports of pods. Writes: the shared cache, statuses and Events.
  const running = config.dryRun
    ? startDryRun(core, config, watch)
    : startStages(core, {
        ...{ watch, leader, events, statuses, names },
        table: createTableStage(core, config, { objects, leader, own, statuses, events, names }),
      })
  // HTTP. Reads: the state of all stages. Writes: answers about metrics, readiness and liveness.
  const http = await startHttpServer({
    listen: config.http,
    metricsText: () => core.metrics.text(),
    ready: () => {
      const reasons = [...running.reasons(), ...watch.reasons()]
      return { ready: reasons.length === 0, reasons }
    },
    live: () => (statuses.queue.stuck() ? ['the queue of statuses is stuck'] : []),
    onFault: core.onFault,
  }).catch(async (error: unknown) => {
    await running.stop()
    throw error
  })
  logStart(core, config, http.address)
  return {
    http: http.address,
    close: async () => {
      await running.stop()
      await http.close()
      await core.client.close()
      core.logger.info('stopped')
    },
  }
}

function logStart({ logger, client }: OperatorCore, { version }: OperatorConfig, http: string): void {
  logger.info({ http, server: redactedText(client.server), version }, 'operator started')
}

interface RunningStages {
  /** Returns why this process is not ready. The reasons of the watch are not included. */
  readonly reasons: () => string[]
  readonly stop: () => Promise<void>
}

interface Stages {
  readonly watch: WatchStage
  readonly leader: Leader
  readonly events: EventRecorder
  readonly statuses: StatusWriter
  readonly names: NameStage
  readonly table: TableStage
}

/** Starts the stages. All of them already exist, so every report of the watch and the Lease reaches its listener. */
function startStages(core: OperatorCore, stages: Stages): RunningStages {
  const { watch, leader, events, statuses, names, table } = stages
  names.start(() => table.touch())
  const stopWatching = watch.start({
    onChange: () => {
      names.look()
      table.touch()
    },
    onSynced: () => {
      names.look()
      table.synced()
    },
    onStatus: (target) => statuses.look(target),
  })
  startLeader(core, stages)
  let stopping = false
  return {
    reasons: () => {
      const { refusal } = table
      return [...(stopping ? ['shutting down'] : []), ...(refusal === undefined ? [] : [`table: ${refusal}`])]
    },
    stop: async () => {
      stopping = true
      stopWatching()
      names.stop()
      await table.end()
      await Promise.all([statuses.drain(FLUSH_LIMIT_MS), events.close(FLUSH_LIMIT_MS)])
      // The Lease is given back last, so that the next leader finds all writes finished.
      await leader.stop()
      table.close()
    },
  }
}

function startLeader(
  { logger, metrics, onFault }: OperatorCore,
  { leader, statuses, names, table }: Pick<Stages, 'leader' | 'statuses' | 'names' | 'table'>,
): void {
  leader.start({
    onLeading: (epoch) => {
      logger.info({ epoch }, 'leading')
      metrics.leading(true)
      names.look()
      table.begin(epoch)
    },
    onLost: () => {
      logger.warn('not leading any more')
      metrics.leading(false)
      names.look()
      statuses.clear()
      void table.end()
    },
    onFault,
  })
}

/** Compiles, and logs the changes that a leader would publish. This process need not be the leader. */
function startDryRun(core: OperatorCore, config: OperatorConfig, watch: WatchStage): RunningStages {
  const stage = createDryRunStage(core, config, watch.objects)
  const stopWatching = watch.start({
    onChange: () => stage.touch(),
    onSynced: () => stage.touch(),
    onStatus: () => undefined,
  })
  return {
    reasons: () => [],
    stop: async () => {
      stopWatching()
      await stage.stop()
    },
  }
}
