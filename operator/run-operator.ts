/**
 * The operator: watches the Kubernetes API, compiles what is there into a table, publishes it to the shared cache and says
 * in the status of every object what became of it. The stages stand here in the order in which the data flows.
 */
import { randomBytes } from 'node:crypto'
import { hostname } from 'node:os'
import { startHttpServer } from '../ingress/health/http-server.ts'
import { createLogger, type Logger } from '../ingress/log/logger.ts'
import { redactedText } from '../ingress/text/redacted-text.ts'
import { systemClock } from '../ingress/time/dated-clock.ts'
import { type ApiClient, apiClient } from './api/api-client.ts'
import { createEventRecorder, type EventRecorder } from './kubernetes-writes/event-recorder.ts'
import { type Installation, storedInstallation } from './kubernetes-writes/installation.ts'
import { ensureKeySecret } from './kubernetes-writes/key-secret.ts'
import { eventApi, leaseApi, leaseCreation, secretApi, statusApi } from './kubernetes-writes/kubernetes-writes.ts'
import { type NamespaceApi, namespaceApi } from './kubernetes-writes/namespace-api.ts'
import { storedConditions } from './kubernetes-writes/object-status.ts'
import {
  type CurrentStatus,
  createStatusWriter,
  type StatusTarget,
  type StatusWriter,
} from './kubernetes-writes/status-writer.ts'
import { createLoopDelay } from './metrics/loop-delay.ts'
import { createOperatorMetrics, type OperatorMetrics } from './metrics/metrics.ts'
import type { OperatorConfig } from './operator-config.ts'
import { createRedisTableCacheWriter } from './publish/redis-table-cache-writer.ts'
import type { TableCacheWriter } from './publish/table-cache-writer.ts'
import { type DryRunOptions, dryRun } from './reconcile/dry-run.ts'
import { createFaultLog } from './reconcile/fault-log.ts'
import { startLeader } from './reconcile/leader.ts'
import { createLeadershipTerms, type LeadershipTerms } from './reconcile/leadership-terms.ts'
import { FLUSH_LIMIT_MS, SETTLE_LIMIT_MS, SETTLE_QUIET_MS } from './reconcile/limits.ts'
import { readinessOf } from './reconcile/readiness.ts'
import { createReconcileListener, type ReconcileListenerOptions } from './reconcile/reconcile-listener.ts'
import { createStatusListener, type StatusListenerOptions } from './reconcile/status-listener.ts'
import { startTableReconciler } from './reconcile/table-reconciler.ts'
import { watchedConditions } from './reconcile/watched-conditions.ts'
import { startDefinitionWatch } from './watch/definition-watch.ts'
import type { ResourceCache } from './watch/reflector.ts'
import { settle } from './watch/settle.ts'
import type { ObjectIdentity } from './watch/watched-object.ts'
import { startWatchedObjects, type WatchedObjects, type WatchedResource } from './watch/watched-objects.ts'

export interface RunningOperator {
  /** `http://127.0.0.1:9091`. */
  readonly http: string
  /** Lets the watches go, writes what is still to be said, gives the Lease back last. */
  close(): Promise<void>
}

/** Rejects with what keeps it from starting: no kubeconfig, an HTTP address that cannot be had. */
export async function runOperator(config: OperatorConfig): Promise<RunningOperator> {
  const base = createBase(config)
  const { client, metrics, logger } = base
  const namespace = config.leaseNamespace ?? client.namespace ?? 'default'
  const caches = startWatching(base, config)
  const writers = createWriters(base, caches.watched)
  const leading = config.dryRun
    ? startDryRun(config, base, caches)
    : startLeading(config, { ...base, ...caches, ...writers, namespace })
  const http = await startHttpServer({
    listen: config.http,
    metricsText: () => metrics.text(),
    ready: () => readinessOf(caches.watched, systemClock, leading.reasons()),
    live: () => (writers.statuses.queue.stuck() ? ['the queue of statuses is stuck'] : []),
    onFault: base.fault,
  }).catch(async (error: unknown) => {
    await leading.stop()
    throw error
  })
  logger.info({ http: http.address, server: redactedText(client.server), version: config.version }, 'operator started')
  return {
    http: http.address,
    close: async () => {
      await leading.stop()
      await http.close()
      await client.close()
      logger.info('stopped')
    },
  }
}

interface Base {
  readonly logger: Logger
  readonly client: ApiClient
  readonly metrics: OperatorMetrics
  readonly fault: (code: string, message: string) => void
}

function createBase(config: OperatorConfig): Base {
  const logger = createLogger(config.logLevel)
  const metrics = createOperatorMetrics({
    version: config.version,
    installation: config.installation,
    lease: config.leaseName,
    now: () => systemClock.now(),
    loopDelay: createLoopDelay(),
  })
  const { kubeconfig: file, context } = config
  const client = apiClient({ file, context, onRequest: (report) => metrics.request(report) })
  const fault = createFaultLog(systemClock, (code, message, repeated) =>
    logger.error({ code, problem: redactedText(message), ...(repeated > 0 ? { repeated } : {}) }, 'fault'),
  )
  return { logger, client, metrics, fault }
}

interface Caches {
  readonly watched: WatchedObjects
  /** Who hears that objects have changed, that all are there, and that only the status of one has changed. */
  readonly heard: {
    changed: () => void
    synced: () => void
    status: (resource: WatchedResource, key: string) => void
  }
  readonly stopWatching: () => void
}

function startWatching({ client, metrics, fault, logger }: Base, { namespaces }: OperatorConfig): Caches {
  const nobody = (): void => undefined
  const heard: Caches['heard'] = { changed: nobody, synced: nobody, status: nobody }
  const settler = settle({ quiet: SETTLE_QUIET_MS, limit: SETTLE_LIMIT_MS }, systemClock, () => heard.changed())
  const definitions = startDefinitionWatch({
    ...{ api: client, clock: systemClock, onFault: fault },
    onChange: () => settler.touch(),
  })
  metrics.outdated(() => definitions.outdated)
  const watched = startWatchedObjects({
    api: client,
    fieldsDropped: () => definitions.fieldsDropped,
    clock: systemClock,
    random: Math.random,
    namespaces,
    onChange: (resource, key, what) => {
      if (what === 'object') settler.touch()
      else heard.status(resource, key)
    },
    onSynced: () => {
      heard.synced()
      settler.touch()
    },
    onFault: (resource, { code, message }) => fault(code, `${resource}: ${message}`),
    onRecovery: (resource) => logger.info({ resource }, 'watched again'),
  })
  for (const [resource, cache] of Object.entries(watched.byResource)) metrics.watch(resource, () => cache)
  metrics.resources(() => watchedConditions(watched))
  const stopWatching = (): void => {
    settler.stop()
    definitions.stop()
    watched.stop()
  }
  return { watched, heard, stopWatching }
}

interface Writers {
  readonly statuses: StatusWriter
  readonly events: EventRecorder
  /** Whether this process may write, and as whom: set once it is known who leads. */
  readonly term: { isLeader: () => boolean; installation: Installation | undefined }
}

function createWriters({ client, metrics, fault, logger }: Base, watched: WatchedObjects): Writers {
  const term: Writers['term'] = { isLeader: () => false, installation: undefined }
  const installation = (): Installation | undefined => (term.isLeader() ? term.installation : undefined)
  const events = createEventRecorder({
    api: eventApi(client),
    controller: 'sipdispatch.dev/operator',
    instance: hostname(),
    clock: systemClock,
    newId: () => randomBytes(8).toString('hex'),
    onResult: (result) => metrics.eventWrite(result),
    onFault: fault,
  })
  const writerOf: StatusListenerOptions['writerOf'] = (kind, key) => cacheOf(watched, kind).get(key)?.statusWriter
  const statuses: StatusWriter = createStatusWriter({
    api: statusApi(client),
    current: (target) => currentStatus(watched, target),
    installation,
    ...createStatusListener({ events, metrics, logger, installation, writerOf }),
    clock: systemClock,
    hooks: metrics.queue('status', () => statuses.queue.state()),
    onWrite: (result) => metrics.statusWrite(result),
    onFault: fault,
  })
  metrics.overlap(() => statuses.overlap)
  return { statuses, events, term }
}

function cacheOf({ trunks, rules }: WatchedObjects, kind: StatusTarget['kind']): ResourceCache<ObjectIdentity> {
  return kind === 'SipTrunk' ? trunks : rules
}

function currentStatus(watched: WatchedObjects, { kind, namespace, name }: StatusTarget): CurrentStatus | undefined {
  const object = cacheOf(watched, kind).get(`${namespace}/${name}`)
  if (!object) return undefined
  const { uid, resourceVersion, status } = object
  const installation = storedInstallation(status)
  return { uid, resourceVersion, conditions: storedConditions(status), installation }
}

/** Status changes of what has one of ours. */
const STATUS_KINDS: Readonly<Partial<Record<WatchedResource, StatusTarget['kind']>>> = {
  siptrunks: 'SipTrunk',
  dispatchrules: 'DispatchRule',
}

function lookAtStatus(statuses: StatusWriter, resource: WatchedResource, key: string): void {
  const kind = STATUS_KINDS[resource]
  const [namespace = '', name = ''] = key.split('/')
  if (kind) statuses.look({ kind, namespace, name })
}

interface Leading {
  /** Why this process is not ready, beside what it watches. */
  readonly reasons: () => string[]
  readonly stop: () => Promise<void>
}

type LeadingParts = Base & Caches & Writers & { readonly namespace: string }

/** Takes part in the election, and reconciles while it leads. */
function startLeading(config: OperatorConfig, parts: LeadingParts): Leading {
  const { heard, stopWatching, statuses, events, term, metrics, fault, logger } = parts
  const { prefix, ...connection } = config.cache
  const cache = createRedisTableCacheWriter(prefix, { ...connection, name: 'sip-dispatch-operator' })
  let refusal: string | undefined
  const terms = createTerms(config, parts, {
    cache,
    onFenced: (epoch) => leader.raiseEpoch(epoch),
    onRefusal: (message) => {
      refusal = message
    },
  })
  const endTerm = async (): Promise<void> => {
    await terms.end()
    refusal = undefined
  }
  const leader = startLeader(config.leaderElect, {
    api: leaseApi(parts.client, { namespace: parts.namespace, name: config.leaseName }),
    identity: `${hostname()}_${randomBytes(8).toString('hex')}`,
    clock: systemClock,
    random: Math.random,
    listener: {
      onLeading: (epoch) => {
        logger.info({ epoch }, 'leading')
        metrics.leading(true)
        terms.begin(epoch)
      },
      onLost: () => {
        logger.warn('not leading any more')
        metrics.leading(false)
        statuses.clear()
        void endTerm()
      },
      onFault: fault,
    },
  })
  term.isLeader = () => leader.isLeader()
  heard.changed = () => terms.touch()
  heard.synced = () => terms.synced()
  heard.status = (resource, key) => lookAtStatus(statuses, resource, key)
  let stopping = false
  return {
    reasons: () => [...(stopping ? ['shutting down'] : []), ...(refusal === undefined ? [] : [`table: ${refusal}`])],
    stop: async () => {
      stopping = true
      stopWatching()
      await endTerm()
      await Promise.all([statuses.drain(FLUSH_LIMIT_MS), events.close(FLUSH_LIMIT_MS)])
      // Last: who takes over must find everything written.
      await leader.stop()
      cache.close()
    },
  }
}

function createTerms(
  config: OperatorConfig,
  parts: LeadingParts,
  { cache, ...told }: { readonly cache: TableCacheWriter } & Pick<ReconcileListenerOptions, 'onFenced' | 'onRefusal'>,
): LeadershipTerms {
  const { client, watched, statuses, events, term, metrics, logger, fault, namespace } = parts
  const namespaces = namespaceApi(client)
  const listener = createReconcileListener({ statuses, events, metrics, logger, ...told, onFault: fault })
  return createLeadershipTerms({
    prepare: async () => {
      const { keySecret } = config
      if (keySecret !== undefined) await ensureKeySecret(secretApi(client, { namespace, name: keySecret }), randomBytes)
      term.installation = await installationOf(config, client, namespace)
      return `${await namespaces.uid(namespace)}/${config.leaseName}`
    },
    start: (installation, epoch) =>
      startTableReconciler({
        ...{ watched, cache, installation, epoch, listener, speaksAs: term.installation?.name },
        isLeader: () => term.isLeader(),
        removalsAllowed: (names) => removalsAllowed(config, namespaces, names),
        clock: systemClock,
      }),
    clock: systemClock,
    onFault: fault,
  })
}

/** Without a Lease it is as young as this process. */
async function installationOf(
  { leaderElect, leaseName: name }: OperatorConfig,
  client: ApiClient,
  namespace: string,
): Promise<Installation> {
  const since = leaderElect ? await leaseCreation(client, { namespace, name }) : undefined
  const now = `${new Date(systemClock.wallClock()).toISOString().slice(0, 19)}Z`
  return { name: `${namespace}/${name}`, since: since ?? now }
}

async function removalsAllowed(
  { allowMassDeletion }: OperatorConfig,
  namespaces: NamespaceApi,
  names: readonly string[],
): Promise<ReadonlySet<string>> {
  if (allowMassDeletion) return new Set(names)
  const allowed = await Promise.all(names.map((name) => namespaces.allowsMassDeletion(name)))
  return new Set(names.filter((_, i) => allowed[i]))
}

/** Compiles and tells what would be done: a look at a time, the next one for whatever changes meanwhile. */
function startDryRun({ cache: { prefix, ...connection } }: OperatorConfig, base: Base, caches: Caches): Leading {
  const { heard, watched, stopWatching } = caches
  const cache = createRedisTableCacheWriter(prefix, { ...connection, name: 'sip-dispatch-dry-run' })
  let looking = Promise.resolve()
  const look = (): void => {
    looking = looking.then(() => (watched.synced ? dryRun(dryRunOptions(base, watched, cache)) : undefined))
  }
  heard.changed = look
  heard.synced = look
  const stop = async (): Promise<void> => {
    stopWatching()
    await looking
    cache.close()
  }
  return { reasons: () => [], stop }
}

function dryRunOptions({ logger, fault }: Base, watched: WatchedObjects, cache: TableCacheWriter): DryRunOptions {
  return {
    watched,
    cache,
    tell: (told) => logger.info(told, 'dry run: this would be published'),
    tellCondition: ({ kind, objectName }, { type, reason, message }) =>
      logger.warn({ kind, name: objectName, condition: type, reason, detail: message }, 'condition'),
    onFault: fault,
  }
}
