/** Reports that another program or person writes the statuses of this operator. It makes Events, log lines and metrics. */
import type { Logger } from '../../ingress/log/logger.ts'
import type { EventRecorder } from '../kubernetes-writes/event-recorder.ts'
import { FREE_OVERWRITES } from '../kubernetes-writes/limits.ts'
import type { StatusWriterOptions } from '../kubernetes-writes/status-writer.ts'
import type { OperatorMetrics } from '../metrics/metrics.ts'
import { regarding } from './condition-events.ts'

export interface StatusListenerOptions {
  readonly events: EventRecorder
  readonly metrics: Pick<OperatorMetrics, 'statusOverwritten'>
  readonly logger: Logger
  readonly installation: StatusWriterOptions['installation']
  /** Returns who last wrote the status of this object, according to the API server. */
  readonly writerOf: (kind: 'SipTrunk' | 'DispatchRule', key: string) => string | undefined
}

export function createStatusListener(
  options: StatusListenerOptions,
): Pick<StatusWriterOptions, 'onOverwritten' | 'onOverlap'> {
  const { events, metrics, logger, installation, writerOf } = options
  return {
    onOverwritten: (target, count) => {
      metrics.statusOverwritten()
      const { kind, namespace, name } = target
      const by = writerOf(kind, `${namespace}/${name}`) ?? 'somebody'
      logger.warn({ code: 'status-overwritten', kind, name: `${namespace}/${name}`, by, count }, 'status overwritten')
      // A person may overwrite a status once. If it happens again and again, a program does it, and its owner must learn about
      // it.
      if (count < FREE_OVERWRITES) return
      const note = `${by} has overwritten the status of this object ${count} times in a row: the operator puts it right with growing pauses; let only the operator write it`
      events.record(regarding(target), { type: 'Warning', reason: 'StatusOverwritten', action: 'WriteStatus', note })
    },
    onOverlap: (target, other, speaks) => {
      const own = installation()?.name ?? ''
      const [speaker, silent] = speaks ? [other.name, own] : [own, other.name]
      const note = `the installations ${speaker} and ${silent} both watch namespace ${target.namespace}: statuses, Programmed and Ready in it tell of the pods of ${speaker} alone; where that is not meant, let one of them watch other namespaces (--namespace)`
      const name = `${target.namespace}/${target.name}`
      logger.warn({ code: 'installation-overlap', kind: target.kind, name, own, other: other.name, speaker }, note)
      events.record(regarding(target), { type: 'Warning', reason: 'InstallationOverlap', action: 'WriteStatus', note })
    },
  }
}
