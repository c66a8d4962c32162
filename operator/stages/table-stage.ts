/**
 * Makes the table of the shared cache from the watched objects. It compiles, protects the table against accidents, publishes,
 * and reports to authors what happened to their objects. It works in terms: a term lasts as long as this process leads.
 */
import { systemClock } from '../../ingress/time/dated-clock.ts'
import type { EventRecorder } from '../kubernetes-writes/event-recorder.ts'
import { type NamespaceApi, namespaceApi } from '../kubernetes-writes/namespace-api.ts'
import type { StatusWriter } from '../kubernetes-writes/status-writer.ts'
import type { OperatorConfig } from '../operator-config.ts'
import type { Leader } from '../reconcile/leader.ts'
import { createLeadershipTerms, type LeadershipTerms } from '../reconcile/leadership-terms.ts'
import { createReconcileListener } from '../reconcile/reconcile-listener.ts'
import { startTableReconciler } from '../reconcile/table-reconciler.ts'
import type { WatchedObjects } from '../watch/watched-objects.ts'
import type { OwnInstallation } from './leader-stage.ts'
import type { NameStage } from './name-stage.ts'
import { cacheWriter, type OperatorCore } from './operator-core.ts'

export interface TableStage extends LeadershipTerms {
  /** Why the cache has refused the last table of this term. Undefined if the cache has accepted it. */
  readonly refusal: string | undefined
  /** Closes the connection to the cache. Every term must have ended before this call. */
  close(): void
}

/** The other stages that the table stage uses, and the watched objects from which it makes the table. */
export interface TableStageParts {
  readonly objects: WatchedObjects
  readonly leader: Pick<Leader, 'isLeader' | 'raiseEpoch'>
  readonly own: OwnInstallation
  readonly statuses: StatusWriter
  readonly events: EventRecorder
  readonly names: Pick<NameStage, 'unresolved'>
}

export function createTableStage(core: OperatorCore, config: OperatorConfig, parts: TableStageParts): TableStage {
  const { objects, leader, own, statuses, events, names } = parts
  const { client, metrics, logger, onFault } = core
  const cache = cacheWriter(config, 'sip-dispatch-operator')
  const namespaces = namespaceApi(client)
  let refusal: string | undefined
  const listener = createReconcileListener({
    ...{ statuses, events, metrics, logger, onFault },
    onFenced: (epoch) => leader.raiseEpoch(epoch),
    onRefusal: (message) => {
      refusal = message
    },
  })
  const terms = createLeadershipTerms({
    prepare: () => own.read(),
    start: (installation, epoch) =>
      startTableReconciler({
        ...{ watched: objects, cache, installation, epoch, listener, speaksAs: own.current?.name },
        isLeader: () => leader.isLeader(),
        unresolvedNames: () => names.unresolved(),
        removalsAllowed: (names) => removalsAllowed(config, namespaces, names),
        clock: systemClock,
      }),
    clock: systemClock,
    onFault,
  })
  return {
    ...terms,
    get refusal() {
      return refusal
    },
    end: async () => {
      await terms.end()
      refusal = undefined
    },
    close: () => cache.close(),
  }
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
