import { describe, expect, it } from '@jest/globals'
import { LABELS, METRICS, type MetricDeclaration } from '../../../../ingress/metrics/metric-declarations.ts'
import { createMetrics } from '../../../../ingress/metrics/metrics.ts'
import { parseExposition } from '../../../support/exposition-text.ts'

const declared: readonly MetricDeclaration[] = Object.values(METRICS)
const byName = declared.map((metric) => [metric.name, metric] as const)

describe('every metric', () => {
  it('is exposed as it is declared, and none is exposed that is not declared', async () => {
    const metrics = createMetrics({
      version: '1',
      engine: 'native',
      installation: undefined,
      ruleSeries: 1,
      now: () => 0,
      wallClock: () => 0,
    })
    const exposed = parseExposition(await metrics.text())
    expect(exposed.map(({ name, type, help }) => ({ name, type, help })).sort(byNameOf)).toEqual(
      declared.map(({ name, type, help }) => ({ name, type, help })).sort(byNameOf),
    )
  })

  it.each(byName)('%s ends in _total if and only if it is a counter', (name, { type }) => {
    expect(name.endsWith('_total')).toBe(type === 'counter')
  })

  it.each(byName)('%s is in a base unit and says nothing of its type', (name) => {
    expect(name).toMatch(/^sip_dispatch_[a-z]+(_[a-z]+)*$/)
    expect(name).not.toMatch(/_(ms|milliseconds|microseconds|minutes|hours|kilobytes|percent)(_|$)/)
    expect(name).not.toMatch(/_(counter|gauge|histogram|count|sum|bucket)(_|$)/)
  })

  it.each(byName)('%s has help, and labels that Prometheus does not use itself', (_, { help, labels }) => {
    expect(help.length).toBeGreaterThan(10)
    for (const reserved of ['namespace', 'pod', 'job', 'instance', 'le', 'quantile'])
      expect(labels).not.toContain(reserved)
    for (const label of labels) expect(Object.keys(LABELS)).toContain(label)
  })
})

describe('every histogram', () => {
  const histograms = byName.filter(([, { type }]) => type === 'histogram')

  it.each(histograms)('%s is in seconds, with ascending buckets and one at 0.5', (name, { buckets = [] }) => {
    expect(name).toMatch(/_seconds$/)
    expect(buckets).toEqual(buckets.toSorted((a, b) => a - b))
    expect(new Set(buckets).size).toBe(buckets.length)
    expect(buckets).toContain(0.5)
  })
})

function byNameOf(a: { name: string }, b: { name: string }): number {
  return a.name < b.name ? -1 : 1
}
