/**
 * The parts that all stages of the operator share: the log, the metrics, the client of the API server, and the function that
 * reports faults.
 */
import { createLogger, type Logger } from '../../ingress/log/logger.ts'
import { redactedText } from '../../ingress/text/redacted-text.ts'
import { systemClock } from '../../ingress/time/dated-clock.ts'
import { type ApiClient, apiClient } from '../api/api-client.ts'
import { createLoopDelay, createOperatorMetrics, type OperatorMetrics } from '../metrics/metrics.ts'
import type { OperatorConfig } from '../operator-config.ts'
import { createRedisTableCacheWriter } from '../publish/redis-table-cache-writer.ts'
import type { TableCacheWriter } from '../publish/table-cache-writer.ts'
import { createFaultLog } from '../reconcile/fault-log.ts'

export interface OperatorCore {
  readonly logger: Logger
  readonly client: ApiClient
  readonly metrics: OperatorMetrics
  /** The namespace and the name of the Lease. Together they are also the name of the installation. */
  readonly lease: { readonly namespace: string; readonly name: string }
  readonly onFault: (code: string, message: string) => void
}

export function createOperatorCore(config: OperatorConfig): OperatorCore {
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
  const lease = { namespace: config.leaseNamespace ?? client.namespace ?? 'default', name: config.leaseName }
  const onFault = createFaultLog(systemClock, (code, message, repeated) =>
    logger.error({ code, problem: redactedText(message), ...(repeated > 0 ? { repeated } : {}) }, 'fault'),
  )
  return { logger, client, metrics, lease, onFault }
}

/** Makes the writer of the shared cache. `name`: the name of its connection in the cache. */
export function cacheWriter({ cache: { prefix, ...connection } }: OperatorConfig, name: string): TableCacheWriter {
  return createRedisTableCacheWriter(prefix, { ...connection, name })
}
