/**
 * Gives counts to prom-client. The counts are plain numbers. A metric reads its values at each scrape. So prom-client
 * hashes labels once per scrape, and not once per call.
 */
import { Counter, Gauge, Histogram, type Registry } from 'prom-client'
import { cumulativeCounts, type FastHistogram } from './fast-histogram.ts'
import type { LabelName, MetricDeclaration } from './metric-declarations.ts'

export type LabelSet = Readonly<Partial<Record<LabelName, string>>>

/** Gives the value of one series. Called once per series during a scrape. */
export type Emit<Value> = (labels: LabelSet, value: Value) => void

/** Calls `emit` for each series that exists now. */
export type Fill<Value> = (emit: Emit<Value>) => void

interface BucketValue {
  readonly labels: Partial<Record<LabelName | 'le', string | number>>
  readonly value: number
  readonly metricName: string
}

/** Adds a counter whose values are read at each scrape. */
export function addCounter(registry: Registry, declaration: MetricDeclaration, fill: Fill<number>): void {
  const collect = () => {
    counter.reset()
    fill((set, value) => counter.inc(set, value))
  }
  const counter: Counter<LabelName> = new Counter({ ...configuration(declaration), collect })
  registry.registerMetric(counter)
}

/** Adds a gauge whose values are read at each scrape. */
export function addGauge(registry: Registry, declaration: MetricDeclaration, fill: Fill<number>): void {
  const collect = () => {
    gauge.reset()
    // For a metric without labels, `reset` leaves a series with the value 0. Nobody has set this value, so the series is
    // removed.
    if (declaration.labels.length === 0) gauge.remove()
    fill((set, value) => gauge.set(set, value))
  }
  const gauge: Gauge<LabelName> = new Gauge({ ...configuration(declaration), collect })
  registry.registerMetric(gauge)
}

/**
 * Adds a histogram whose buckets are read at each scrape. prom-client has no function to set buckets. So the function with
 * which prom-client reads the buckets is replaced.
 */
export function addHistogram(registry: Registry, declaration: MetricDeclaration, fill: Fill<FastHistogram>): void {
  const { name, help, type, buckets = [] } = declaration
  const histogram = new Histogram<LabelName>({ ...configuration(declaration), buckets: [...buckets] })
  const getForPromString = async () => ({ name, help, type, values: bucketValues(name, fill), aggregator: 'sum' })
  registry.registerMetric(Object.assign(histogram, { getForPromString }))
}

function configuration({ name, help, labels }: MetricDeclaration) {
  return { name, help, labelNames: labels, registers: [] }
}

function bucketValues(name: string, fill: Fill<FastHistogram>): BucketValue[] {
  const values: BucketValue[] = []
  fill((labels, histogram) => {
    const { upTo, all } = cumulativeCounts(histogram)
    const bucket = (le: number | string, value: number) =>
      values.push({ labels: { ...labels, le }, value, metricName: `${name}_bucket` })
    histogram.bounds.forEach((bound, at) => {
      bucket(bound, upTo[at] ?? 0)
    })
    bucket('+Inf', all)
    values.push({ labels, value: histogram.sum, metricName: `${name}_sum` })
    values.push({ labels, value: all, metricName: `${name}_count` })
  })
  return values
}
