/** The metrics of one operator. Events are counted when they happen. States are read at each scrape. */
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { Counter, Gauge, Histogram, Registry } from 'prom-client'
import type { WorkOutcome, WorkQueueHooks, WorkQueueState } from '../kubernetes-writes/work-queue.ts'
import { type LabelName, METRICS, type OperatorMetricDeclaration } from './metric-declarations.ts'

/** The state of a watched collection, as it is read at a scrape. */
export interface WatchReading {
  readonly drift: number
  readonly events: number
  readonly restarts: Readonly<Record<string, number>>
  /** When data last arrived, on the clock of `now`. Undefined before the first data. */
  readonly lastContactAt: number | undefined
}

export interface RequestReport {
  readonly method: string
  readonly code: string
  readonly host: string
  readonly seconds: number
}

/** The number of objects of one kind that have a condition with this status and reason. */
export interface ConditionCount {
  readonly kind: string
  readonly condition: string
  readonly status: string
  readonly reason: string
  readonly count: number
}

export interface OperatorMetricsOptions {
  readonly version: string
  /** The name of the installation, which the operator and the ingress of one release share. Undefined if there is no name. */
  readonly installation: string | undefined
  /** The name of the Lease. */
  readonly lease: string
  /** Returns the time of a monotonic clock, in milliseconds. */
  readonly now: () => number
  /** Returns the longest delay of the event loop since the last call, in seconds. */
  readonly loopDelay: () => number
}

export interface OperatorMetrics {
  /**
   * Registers a work queue. `state` is called at each scrape. The queue must call the returned functions so that its work is
   * counted.
   */
  queue(name: string, state: () => WorkQueueState): WorkQueueHooks
  /**
   * Registers a watched collection. `resource` is a name for people, such as `dispatchrules.sipdispatch.dev`. `reading` is
   * called at each scrape.
   */
  watch(resource: string, reading: () => WatchReading): void
  /** Registers `counts`, which is called at each scrape. */
  resources(counts: () => Iterable<ConditionCount>): void
  /** Registers `kinds`. It returns the kinds whose definition is older than the operator, and is called at each scrape. */
  outdated(kinds: () => ReadonlySet<string>): void
  leading(leads: boolean): void
  request(report: RequestReport): void
  published(version: number): void
  publishFailed(code: string): void
  publishHeld(held: boolean): void
  /** `seconds`: the time from a change of an object until nearly all pods run the change. */
  propagated(seconds: number): void
  statusOverwritten(): void
  /** Registers `shows`. It returns whether another installation was seen, and is called at each scrape. */
  overlap(shows: () => boolean): void
  statusWrite(result: 'written' | 'failed'): void
  eventWrite(result: 'created' | 'counted' | 'suppressed' | 'failed'): void
  /** Returns the metrics in Prometheus text format 0.0.4. */
  text(): Promise<string>
}

/** Makes the metrics. Each call makes its own registry. */
export function createOperatorMetrics(options: OperatorMetricsOptions): OperatorMetrics {
  const registry = new Registry()
  reading(registry, METRICS.buildInfo, (set) =>
    set({ version: options.version, installation: options.installation ?? '' }, 1),
  )
  reading(registry, METRICS.loopDelay, (set) => set({}, options.loopDelay()))
  const queues = queueMetrics(registry)
  return {
    ...queues,
    ...watchMetrics(registry, options.now),
    ...requestMetrics(registry),
    ...publicationMetrics(registry),
    ...writeMetrics(registry),
    leading: leadership(registry, options.lease),
    overlap: (shows) => reading(registry, METRICS.overlap, (set) => set({}, shows() ? 1 : 0)),
    resources: (counts) => {
      reading(registry, METRICS.resources, (set) => {
        for (const { count, ...labels } of counts()) set(labels, count)
      })
    },
    outdated: (kinds) => {
      reading(registry, METRICS.crdOutdated, (set) => {
        for (const kind of ['SipTrunk', 'DispatchRule']) set({ kind }, kinds().has(kind) ? 1 : 0)
      })
    },
    text: () => registry.metrics(),
  }
}

function leadership(registry: Registry, lease: string): OperatorMetrics['leading'] {
  const leader = gauge(registry, METRICS.leader)
  leader.set({ name: lease }, 0)
  return (leads) => leader.set({ name: lease }, leads ? 1 : 0)
}

function queueMetrics(registry: Registry): Pick<OperatorMetrics, 'queue'> {
  const counting = queueCounters(registry)
  const states = new Map<string, () => WorkQueueState>()
  const read = (declaration: OperatorMetricDeclaration, value: (state: WorkQueueState) => number) => {
    reading(registry, declaration, (set) => {
      for (const [name, state] of states) set({ name, controller: name }, value(state()))
    })
  }
  read(METRICS.queueDepth, ({ depth }) => depth)
  read(METRICS.unfinishedWork, ({ unfinished }) => unfinished / 1000)
  read(METRICS.longestWork, ({ longest }) => longest / 1000)
  reading(registry, METRICS.activeWorkers, (set) => {
    for (const [controller, state] of states) set({ controller }, state().active)
  })
  return {
    queue: (name, state) => {
      states.set(name, state)
      return counting(name)
    },
  }
}

const WORK_OUTCOMES = ['success', 'error', 'terminal', 'requeue_after'] as const satisfies readonly WorkOutcome[]

function queueCounters(registry: Registry): (name: string) => WorkQueueHooks {
  const adds = counter(registry, METRICS.queueAdds)
  const retries = counter(registry, METRICS.queueRetries)
  const waits = histogram(registry, METRICS.queueDuration)
  const works = histogram(registry, METRICS.workDuration)
  const reconciles = counter(registry, METRICS.reconciles)
  const errors = counter(registry, METRICS.reconcileErrors)
  const terminal = counter(registry, METRICS.terminalErrors)
  const times = histogram(registry, METRICS.reconcileTime)
  return (name) => {
    const queue = { name, controller: name }
    const controller = { controller: name }
    // The counters start at 0. Otherwise Prometheus would not see the first failure as an increase.
    for (const one of [adds, retries]) one.inc(queue, 0)
    for (const one of [errors, terminal]) one.inc(controller, 0)
    for (const result of WORK_OUTCOMES) reconciles.inc({ ...controller, result }, 0)
    return {
      onAdd: () => adds.inc(queue),
      onStart: (waited) => waits.observe(queue, waited / 1000),
      onRetry: () => retries.inc(queue),
      onDone: (worked, result) => {
        works.observe(queue, worked / 1000)
        times.observe(controller, worked / 1000)
        reconciles.inc({ ...controller, result })
        if (result === 'error' || result === 'terminal') errors.inc(controller)
        if (result === 'terminal') terminal.inc(controller)
      },
    }
  }
}

function watchMetrics(registry: Registry, now: () => number): Pick<OperatorMetrics, 'watch'> {
  const watches = new Map<string, () => WatchReading>()
  totals(registry, METRICS.relistDrift, (set) => {
    for (const [resource, watch] of watches) set({ resource }, watch().drift)
  })
  totals(registry, METRICS.watchEvents, (set) => {
    for (const [resource, watch] of watches) set({ resource }, watch().events)
  })
  totals(registry, METRICS.watchRestarts, (set) => {
    for (const [resource, watch] of watches) {
      for (const [reason, count] of Object.entries(watch().restarts)) set({ resource, reason }, count)
    }
  })
  reading(registry, METRICS.watchContact, (set) => {
    for (const [resource, watch] of watches) {
      const { lastContactAt } = watch()
      if (lastContactAt !== undefined) set({ resource }, (now() - lastContactAt) / 1000)
    }
  })
  return { watch: (resource, watch) => void watches.set(resource, watch) }
}

function requestMetrics(registry: Registry): Pick<OperatorMetrics, 'request'> {
  const requests = counter(registry, METRICS.requests)
  const durations = histogram(registry, METRICS.requestDuration)
  return {
    request: ({ method, code, host, seconds }) => {
      requests.inc({ code, method, host })
      durations.observe({ method, host }, seconds)
    },
  }
}

function publicationMetrics(
  registry: Registry,
): Pick<OperatorMetrics, 'published' | 'publishFailed' | 'publishHeld' | 'propagated'> {
  const version = gauge(registry, METRICS.publishedVersion)
  const held = gauge(registry, METRICS.publishHeld)
  const failures = counter(registry, METRICS.publishFailures)
  const propagation = histogram(registry, METRICS.propagation)
  return {
    published: (value) => version.set(value),
    publishHeld: (value) => held.set(value ? 1 : 0),
    publishFailed: (code) => failures.inc({ code }),
    propagated: (seconds) => propagation.observe(seconds),
  }
}

function writeMetrics(registry: Registry): Pick<OperatorMetrics, 'statusWrite' | 'statusOverwritten' | 'eventWrite'> {
  const statuses = counter(registry, METRICS.statusWrites)
  const overwrites = counter(registry, METRICS.statusOverwrites)
  const events = counter(registry, METRICS.eventWrites)
  for (const result of ['written', 'failed']) statuses.inc({ result }, 0)
  for (const result of ['created', 'counted', 'suppressed', 'failed']) events.inc({ result }, 0)
  return {
    statusWrite: (result) => statuses.inc({ result }),
    statusOverwritten: () => overwrites.inc(),
    eventWrite: (result) => events.inc({ result }),
  }
}

type Labels = Partial<Record<LabelName, string>>

/** Calls `set` once for each series that a scrape must show. */
type Fill = (set: (labels: Labels, value: number) => void) => void

function counter(registry: Registry, { name, help, labels }: OperatorMetricDeclaration): Counter<LabelName> {
  return new Counter({ name, help, labelNames: labels, registers: [registry] })
}

function gauge(registry: Registry, { name, help, labels }: OperatorMetricDeclaration): Gauge<LabelName> {
  return new Gauge({ name, help, labelNames: labels, registers: [registry] })
}

function histogram(registry: Registry, declaration: OperatorMetricDeclaration): Histogram<LabelName> {
  const { name, help, labels, buckets = [] } = declaration
  return new Histogram({ name, help, labelNames: labels, buckets: [...buckets], registers: [registry] })
}

/** Registers a gauge whose values are read at each scrape. */
function reading(registry: Registry, { name, help, labels }: OperatorMetricDeclaration, fill: Fill): void {
  const collect = () => {
    read.reset()
    fill((set, value) => read.set(set, value))
  }
  const read: Gauge<LabelName> = new Gauge({ name, help, labelNames: labels, registers: [registry], collect })
}

/** Registers a counter whose values are read at each scrape, because another part of the program counts them. */
function totals(registry: Registry, { name, help, labels }: OperatorMetricDeclaration, fill: Fill): void {
  const collect = () => {
    read.reset()
    fill((set, value) => read.inc(set, value))
  }
  const read: Counter<LabelName> = new Counter({ name, help, labelNames: labels, registers: [registry], collect })
}

/** Milliseconds between two measurements of the event loop's delay. */
const RESOLUTION_MS = 20

const NANOSECONDS = 1e9

/**
 * Starts to measure. Each call of the returned function returns the longest delay of the event loop since the previous call, in
 * seconds.
 */
export function createLoopDelay(): () => number {
  const histogram = monitorEventLoopDelay({ resolution: RESOLUTION_MS })
  histogram.enable()
  return () => {
    const { max } = histogram
    histogram.reset()
    return max / NANOSECONDS
  }
}
