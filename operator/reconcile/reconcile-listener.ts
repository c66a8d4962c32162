/** Turns the reports of a term of leadership into statuses, Events, metrics and log lines. */
import type { Logger } from '../../ingress/log/logger.ts'
import type { TableEntry } from '../../ingress/route-table/route-table.ts'
import type { EventRecorder } from '../kubernetes-writes/event-recorder.ts'
import { ALLOW_MASS_DELETION } from '../kubernetes-writes/namespace-api.ts'
import type { StatusWriter } from '../kubernetes-writes/status-writer.ts'
import type { OperatorMetrics } from '../metrics/metrics.ts'
import { eventsOf, regarding } from './condition-events.ts'
import { namespaceOf } from './removal-guard.ts'
import type { ReconcileListener } from './table-reconciler.ts'

export interface ReconcileListenerOptions {
  readonly statuses: StatusWriter
  readonly events: EventRecorder
  readonly metrics: OperatorMetrics
  readonly logger: Logger
  readonly onFenced: (epoch: number) => void
  /**
   * Is called after each publication. `message` says why the cache has refused the table. It is undefined if the cache has
   * accepted the table.
   */
  readonly onRefusal: (message: string | undefined) => void
  readonly onFault: (code: string, message: string) => void
}

export function createReconcileListener(options: ReconcileListenerOptions): ReconcileListener {
  const { statuses, events, metrics, logger } = options
  let heldKeys: ReadonlySet<string> = new Set()
  let readers: string | undefined
  return {
    onNews: (news) => {
      const { object, conditions } = news
      statuses.set(object, conditions, object.status === undefined ? 'initial' : 'fresh')
      for (const event of eventsOf(news)) events.record(regarding(object), event)
    },
    onGone: (object) => statuses.forget(object),
    onHeld: (keys) => {
      metrics.publishHeld(keys.size > 0)
      if (keys.size !== heldKeys.size) reportHeld(options, keys)
      heldKeys = keys
    },
    onPublished: (outcome, compileMs) => {
      options.onRefusal(outcome.type === 'refused' ? outcome.message : undefined)
      switch (outcome.type) {
        case 'refused':
          return metrics.publishFailed(outcome.code)
        case 'fenced':
          return
        case 'unchanged':
          return metrics.published(outcome.version)
        case 'published':
          metrics.published(outcome.version)
          logger.info({ ...outcome, compileMs: Math.round(compileMs) }, 'table published')
      }
    },
    onPropagated: (milliseconds) => metrics.propagated(milliseconds / 1000),
    onReaders: (count, version) => {
      const text = `${count} ${version}`
      if (text !== readers) logger.debug({ pods: count, version }, 'pods report')
      readers = text
    },
    onFenced: options.onFenced,
    onFault: options.onFault,
  }
}

/**
 * Writes one log line for all held entries, and records one Event for each namespace. The Event is about the first object of
 * the namespace.
 */
function reportHeld({ events, logger }: ReconcileListenerOptions, keys: ReadonlySet<string>): void {
  const byNamespace = Map.groupBy(keys, namespaceOf)
  for (const [namespace, [first = '']] of byNamespace) {
    const [entryKind, , name = ''] = first.split('/')
    const kind = objectKind(entryKind as TableEntry['kind'])
    if (kind === undefined) continue
    const about = { kind, namespace, name, uid: first, generation: 0 }
    const place = { inTable: false, deletion: undefined, objectName: `${namespace}/${name}`, tableKey: first }
    const object = { ...about, ...place, conditions: [], status: undefined }
    const note = `${keys.size} entries would leave the rule table at once: they stay until the objects are back or the namespace has the annotation ${ALLOW_MASS_DELETION}=true`
    events.record(regarding(object), { type: 'Warning', reason: 'MassDeletionHeld', action: 'Publish', note })
  }
  if (keys.size > 0) logger.warn({ entries: keys.size, namespaces: [...byNamespace.keys()] }, 'mass deletion held')
  else logger.info('mass deletion not held any more')
}

/**
 * The kind of object that an entry of the table stands for. Undefined for a Service, because no Event is recorded about
 * Services.
 */
function objectKind(kind: TableEntry['kind']): 'DispatchRule' | 'SipTrunk' | undefined {
  switch (kind) {
    case 'rule':
      return 'DispatchRule'
    case 'trunk':
      return 'SipTrunk'
    case 'service':
      return undefined
  }
}
