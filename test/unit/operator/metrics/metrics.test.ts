import { describe, expect, it } from '@jest/globals'
import { LABELS, METRICS, type OperatorMetricDeclaration } from '../../../../operator/metrics/metric-declarations.ts'
import { createOperatorMetrics } from '../../../../operator/metrics/metrics.ts'
import { parseExposition, sampleValue } from '../../../support/exposition-text.ts'

function setting() {
  const time = { now: 100_000 }
  const metrics = createOperatorMetrics({
    version: '1.2.3',
    installation: 'voice/phone',
    lease: 'sip-dispatch-operator',
    now: () => time.now,
    loopDelay: () => 0.25,
  })
  const value = async (name: string, labels: Readonly<Record<string, string>> = {}) =>
    sampleValue(await metrics.text(), name, labels)
  return { metrics, value, time }
}

const STATUS = { name: 'status', controller: 'status' }

describe('the metrics of an operator', () => {
  it('say which installation it belongs to', async () => {
    const { value } = setting()
    expect(await value('sip_dispatch_operator_build_info', { version: '1.2.3', installation: 'voice/phone' })).toBe(1)
  })

  it('expose every metric that is declared and no other, with its labels alone', async () => {
    const { metrics } = setting()
    metrics.queue('status', () => ({ depth: 1, active: 0, unfinished: 0, longest: 0 })).onRetry()
    metrics.watch('siptrunks', () => ({ drift: 0, events: 1, restarts: { ended: 1 }, lastContactAt: 1 }))
    metrics.overlap(() => false)
    metrics.resources(() => [{ kind: 'SipTrunk', condition: 'Accepted', status: 'True', reason: 'Accepted', count: 2 }])
    metrics.outdated(() => new Set())
    const exposed = parseExposition(await metrics.text())
    const declared: readonly OperatorMetricDeclaration[] = Object.values(METRICS)
    expect(exposed.map(({ name }) => name).sort()).toEqual(declared.map(({ name }) => name).sort())
    for (const { name, type, samples } of exposed) {
      const declaration = declared.find((one) => one.name === name)
      expect(type).toBe(declaration?.type)
      const labels = samples.flatMap((sample) => Object.keys(sample.labels)).filter((label) => label !== 'le')
      expect([...(declaration?.labels.map(String) ?? [])]).toEqual(expect.arrayContaining([...new Set(labels)]))
    }
  })

  it('have no label that Prometheus sets by itself, and explain every one', () => {
    const declared: readonly OperatorMetricDeclaration[] = Object.values(METRICS)
    const labels = new Set<string>(declared.flatMap((metric) => metric.labels))
    expect(['namespace', 'pod', 'job', 'instance'].filter((label) => labels.has(label))).toEqual([])
    expect([...labels].sort()).toEqual(Object.keys(LABELS).sort())
  })

  it('count the work of a queue in seconds, by how it ended', async () => {
    const { metrics, value } = setting()
    const queue = metrics.queue('status', () => ({ depth: 3, active: 2, unfinished: 1_500, longest: 1_000 }))
    queue.onAdd()
    queue.onStart(20)
    queue.onDone(2_000, 'error')
    queue.onRetry()
    queue.onDone(4, 'terminal')
    expect(await value('workqueue_adds_total', STATUS)).toBe(1)
    expect(await value('workqueue_retries_total', STATUS)).toBe(1)
    expect(await value('workqueue_depth', STATUS)).toBe(3)
    expect(await value('workqueue_unfinished_work_seconds', STATUS)).toBe(1.5)
    expect(await value('workqueue_longest_running_processor_seconds', STATUS)).toBe(1)
    expect(await value('workqueue_queue_duration_seconds_sum', STATUS)).toBe(0.02)
    expect(await value('workqueue_work_duration_seconds_sum', STATUS)).toBe(2.004)
    const controller = { controller: 'status' }
    expect(await value('controller_runtime_active_workers', controller)).toBe(2)
    expect(await value('controller_runtime_reconcile_errors_total', controller)).toBe(2)
    expect(await value('controller_runtime_terminal_reconcile_errors_total', controller)).toBe(1)
    expect(await value('controller_runtime_reconcile_total', { ...controller, result: 'error' })).toBe(1)
    expect(await value('controller_runtime_reconcile_total', { ...controller, result: 'success' })).toBe(0)
  })

  it('start at 0, so that the first failure shows as an increase', async () => {
    const { metrics, value } = setting()
    metrics.queue('status', () => ({ depth: 0, active: 0, unfinished: 0, longest: 0 }))
    expect(await value('controller_runtime_reconcile_errors_total', { controller: 'status' })).toBe(0)
    expect(await value('sip_dispatch_operator_status_writes_total', { result: 'failed' })).toBe(0)
    expect(await value('sip_dispatch_operator_event_writes_total', { result: 'failed' })).toBe(0)
    expect(await value('leader_election_master_status', { name: 'sip-dispatch-operator' })).toBe(0)
  })

  it('read a watch at each scrape, with the time since the last contact', async () => {
    const { metrics, value, time } = setting()
    const reading = { drift: 0, events: 4, restarts: { ended: 1, failed: 0 }, lastContactAt: 99_000 }
    metrics.watch('siptrunks', () => reading)
    metrics.watch('services', () => ({ ...reading, lastContactAt: undefined }))
    time.now = 100_500
    const trunks = { resource: 'siptrunks' }
    expect(await value('sip_dispatch_operator_watch_last_contact_seconds', trunks)).toBe(1.5)
    expect(await value('sip_dispatch_operator_watch_last_contact_seconds', { resource: 'services' })).toBeUndefined()
    reading.drift = 2
    reading.restarts.failed = 3
    expect(await value('informer_relist_drift_total', trunks)).toBe(2)
    expect(await value('sip_dispatch_operator_watch_events_total', trunks)).toBe(4)
    expect(await value('sip_dispatch_operator_watch_restarts_total', { ...trunks, reason: 'failed' })).toBe(3)
  })

  it('forget the counts of conditions that no object has any more', async () => {
    const { metrics, value } = setting()
    const count = { kind: 'DispatchRule', condition: 'Accepted', status: 'True', reason: 'Accepted' }
    const counts = [{ ...count, count: 7 }]
    metrics.resources(() => counts)
    expect(await value('sip_dispatch_operator_resources', count)).toBe(7)
    counts.length = 0
    expect(await value('sip_dispatch_operator_resources', count)).toBeUndefined()
  })

  it('say of each kind whether its definition is older than the operator', async () => {
    const { metrics, value } = setting()
    metrics.outdated(() => new Set(['SipTrunk']))
    expect(await value('sip_dispatch_operator_crd_outdated', { kind: 'SipTrunk' })).toBe(1)
    expect(await value('sip_dispatch_operator_crd_outdated', { kind: 'DispatchRule' })).toBe(0)
  })

  it('say what is published, held and led', async () => {
    const { metrics, value } = setting()
    metrics.leading(true)
    metrics.published(41)
    metrics.publishHeld(true)
    metrics.publishFailed('cache-unreachable')
    metrics.propagated(0.4)
    metrics.statusWrite('written')
    metrics.eventWrite('suppressed')
    metrics.request({ method: 'GET', code: '200', host: 'api:443', seconds: 0.01 })
    expect(await value('leader_election_master_status', { name: 'sip-dispatch-operator' })).toBe(1)
    expect(await value('sip_dispatch_operator_published_version')).toBe(41)
    expect(await value('sip_dispatch_operator_publish_held')).toBe(1)
    expect(await value('sip_dispatch_operator_publish_failures_total', { code: 'cache-unreachable' })).toBe(1)
    expect(await value('sip_dispatch_operator_propagation_seconds_sum')).toBe(0.4)
    expect(await value('sip_dispatch_operator_status_writes_total', { result: 'written' })).toBe(1)
    expect(await value('sip_dispatch_operator_event_writes_total', { result: 'suppressed' })).toBe(1)
    expect(await value('rest_client_requests_total', { code: '200', method: 'GET', host: 'api:443' })).toBe(1)
    metrics.leading(false)
    metrics.publishHeld(false)
    expect(await value('leader_election_master_status', { name: 'sip-dispatch-operator' })).toBe(0)
    expect(await value('sip_dispatch_operator_publish_held')).toBe(0)
  })
})
