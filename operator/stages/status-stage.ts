/** Writes the statuses and Events that authors read about their objects. The rate of the writes is limited. */
import { randomBytes } from 'node:crypto'
import { hostname } from 'node:os'
import { systemClock } from '../../ingress/time/dated-clock.ts'
import { createEventRecorder, type EventRecorder } from '../kubernetes-writes/event-recorder.ts'
import { type Installation, storedInstallation } from '../kubernetes-writes/installation.ts'
import { eventApi, statusApi } from '../kubernetes-writes/kubernetes-writes.ts'
import { storedConditions } from '../kubernetes-writes/object-status.ts'
import {
  type CurrentStatus,
  createStatusWriter,
  type StatusTarget,
  type StatusWriter,
} from '../kubernetes-writes/status-writer.ts'
import type { Leader } from '../reconcile/leader.ts'
import { createStatusListener } from '../reconcile/status-listener.ts'
import type { ResourceCache } from '../watch/reflector.ts'
import type { ObjectIdentity } from '../watch/watched-object.ts'
import type { WatchedObjects } from '../watch/watched-objects.ts'
import type { OwnInstallation } from './leader-stage.ts'
import type { OperatorCore } from './operator-core.ts'

export function createEventStage({ client, metrics, onFault }: OperatorCore): EventRecorder {
  return createEventRecorder({
    api: eventApi(client),
    controller: 'sipdispatch.dev/operator',
    instance: hostname(),
    clock: systemClock,
    newId: () => randomBytes(8).toString('hex'),
    onResult: (result) => metrics.eventWrite(result),
    onFault,
  })
}

/** What the writer of statuses reads, and the recorder of Events to which it reports other writers of statuses. */
export interface StatusStageParts {
  readonly objects: WatchedObjects
  readonly leader: Pick<Leader, 'isLeader'>
  readonly own: Pick<OwnInstallation, 'current'>
  readonly events: EventRecorder
}

export function createStatusStage(
  { client, metrics, logger, onFault }: OperatorCore,
  { objects, leader, own, events }: StatusStageParts,
): StatusWriter {
  const installation = (): Installation | undefined => (leader.isLeader() ? own.current : undefined)
  const writerOf = (kind: StatusTarget['kind'], key: string) => cacheOf(objects, kind).get(key)?.statusWriter
  const statuses: StatusWriter = createStatusWriter({
    api: statusApi(client),
    current: (target) => currentStatus(objects, target),
    installation,
    ...createStatusListener({ events, metrics, logger, installation, writerOf }),
    clock: systemClock,
    hooks: metrics.queue('status', () => statuses.queue.state()),
    onWrite: (result) => metrics.statusWrite(result),
    onFault,
  })
  metrics.overlap(() => statuses.overlap)
  return statuses
}

function cacheOf({ trunks, rules }: WatchedObjects, kind: StatusTarget['kind']): ResourceCache<ObjectIdentity> {
  return kind === 'SipTrunk' ? trunks : rules
}

function currentStatus(objects: WatchedObjects, { kind, namespace, name }: StatusTarget): CurrentStatus | undefined {
  const object = cacheOf(objects, kind).get(`${namespace}/${name}`)
  if (!object) return undefined
  const { uid, resourceVersion, status } = object
  const installation = storedInstallation(status)
  return { uid, resourceVersion, conditions: storedConditions(status), installation }
}
