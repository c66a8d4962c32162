/** Makes calls of one scenario in this process, and measures them. */
import { GCProfiler, getHeapStatistics } from 'node:v8'
import { CALLS_IN_STEP, TRANSACTIONS_MS } from '../limits.ts'
import { median } from '../median.ts'
import { type Calls, learnCalls, type Scenario, tableOf } from './calls.ts'
import { packetFor } from './packet.ts'
import { type Product, startProduct } from './product.ts'
import { createWire, takeRequest, type Wire } from './wire.ts'

export interface BenchSettings {
  /** The folder of the checkout whose product is measured. */
  readonly root: string
  readonly scenario: Scenario
  readonly rules: number
  /** The product's time goes on by a second in so many calls. */
  readonly callsPerSecond: number
}

/** What so many calls have used in all. */
export interface Round {
  readonly calls: number
  /** Processor time of all threads, user and system. */
  readonly nanoseconds: number
  readonly heapBytes: number
  /** Bytes of ArrayBuffers and other memory outside of the heap. */
  readonly externalBytes: number
  readonly scavenges: number
  readonly scavengeMs: number
  readonly markSweeps: number
  readonly markSweepMs: number
}

/** Nanoseconds and bytes of the heap per packet of one kind, or of one stage. */
export interface Part {
  readonly name: string
  readonly nanoseconds: number
  readonly heapBytes: number
}

export interface Bench {
  readonly product: Product
  readonly wire: Wire
  readonly calls: Calls
  /** Makes so many calls one after the other. Throws if one of them does not go as it should. */
  round(count: number): Round
  /** The same with an engine that only takes the packets and sends what it is expected to send: the bench's own share. */
  emptyRound(count: number): Round
  /** Makes calls in groups that go forward together, so that each kind of packet has its figure. The bench's share is in it. */
  packets(groups: number): Part[]
  emptyPackets(groups: number): Part[]
  /** Lets every transaction end. Throws if one stays. */
  end(): Promise<void>
}

/** Starts the product of a checkout, and learns the calls. */
export async function startBench(settings: BenchSettings): Promise<Bench> {
  const { root, scenario, rules, callsPerSecond } = settings
  const wire = createWire()
  const product = await startProduct(root, tableOf(rules), wire)
  const calls = learnCalls(scenario, product, wire, rules)
  const empty = emptyEngine(calls, wire)
  const state: State = { product, wire, calls, callMs: 1000 / callsPerSecond, made: 0 }
  const without = <T>(run: () => T): T => {
    wire.divert(empty)
    try {
      return run()
    } finally {
      wire.divert(undefined)
    }
  }
  return {
    ...{ product, wire, calls },
    round: (count) => measuredRound(state, count, true),
    emptyRound: (count) => without(() => measuredRound(state, count, false)),
    packets: (groups) => measuredPackets(state, groups, true),
    emptyPackets: (groups) => without(() => measuredPackets(state, groups, false)),
    end: () => endAll(product),
  }
}

interface State {
  readonly product: Product
  readonly wire: Wire
  readonly calls: Calls
  /** Milliseconds between two calls, by the product's time. */
  readonly callMs: number
  /** Calls made up to now: every call has a number of its own. */
  made: number
}

/** Sends for each packet what the product has sent for it, with the digits of the call. */
function emptyEngine({ steps }: Calls, wire: Wire) {
  const outputs = steps.map((step) =>
    Array.from({ length: CALLS_IN_STEP }, () =>
      step.outputs.map((output) => ({ ...output, bytes: Buffer.from(output.bytes) })),
    ),
  )
  return (flow: { send(bytes: Uint8Array): boolean }): void => {
    for (const output of outputs[wire.step]?.[wire.slot] ?? []) {
      const bytes = packetFor(output, wire.call)
      if (output.toBackend) takeRequest(wire, bytes)
      else flow.send(bytes)
    }
  }
}

function measuredRound(state: State, count: number, real: boolean): Round {
  const check = beginCheck(state)
  const profiler = new GCProfiler()
  profiler.start()
  const before = heapNow()
  const start = cpuMicroseconds()
  makeCalls(state, count, real)
  const used = cpuMicroseconds() - start
  const after = heapNow()
  const collections = profiler.stop()?.statistics ?? []
  check(count, real)
  return {
    ...{ calls: count, nanoseconds: used * 1000, ...allocated(before, after, collections) },
    ...collectionTotals(collections),
  }
}

function makeCalls(state: State, count: number, real: boolean): void {
  const { wire, product, callMs } = state
  const { steps } = state.calls
  wire.slot = 0
  for (let i = 0; i < count; i++) {
    const call = ++state.made
    wire.call = call
    for (let step = 0; step < steps.length; step++) {
      wire.step = step
      steps[step]?.run(call)
    }
    if (real) product.advance(callMs)
  }
}

function measuredPackets(state: State, groups: number, real: boolean): Part[] {
  const { calls, wire, product, callMs } = state
  const check = beginCheck(state)
  const rows: { readonly name: string; readonly run: (first: number) => void }[] = calls.steps.map((step, place) => ({
    name: step.name,
    run: (first) => {
      wire.step = place
      for (let slot = 0; slot < CALLS_IN_STEP; slot++) {
        wire.slot = slot
        wire.call = first + slot
        step.run(first + slot)
      }
    },
  }))
  if (real)
    rows.push({
      name: 'timers that are due',
      run: () => {
        for (let slot = 0; slot < CALLS_IN_STEP; slot++) product.advance(callMs)
      },
    })
  const figures = rows.map(() => ({ times: [] as number[], bytes: [] as number[] }))
  for (let group = 0; group < groups; group++) {
    const first = state.made + 1
    state.made += CALLS_IN_STEP
    for (const [place, row] of rows.entries()) {
      const heap = getHeapStatistics().used_heap_size
      const start = cpuMicroseconds()
      row.run(first)
      figures[place]?.times.push(cpuMicroseconds() - start)
      figures[place]?.bytes.push(getHeapStatistics().used_heap_size - heap)
    }
  }
  check(groups * CALLS_IN_STEP, real)
  return rows.map(({ name }, place) => partOf(name, figures[place], CALLS_IN_STEP))
}

/** Medians: a group during which the collector ran, or another process, does not move them. */
export function partOf(
  name: string,
  figures: { readonly times: readonly number[]; readonly bytes: readonly number[] } | undefined,
  count: number,
): Part {
  const { times = [], bytes = [] } = figures ?? {}
  return { name, nanoseconds: (median(times) * 1000) / count, heapBytes: median(bytes) / count }
}

/** Returned is the check that the calls since then went as they should. */
function beginCheck({ wire, product: { report }, calls: { expected } }: State) {
  wire.counts.fill(0)
  const decided = report.decided
  return (calls: number, real: boolean): void => {
    const wrong = [...wire.counts.entries()].flatMap(([number, count]) => {
      const wanted = (expected.get(number) ?? 0) * calls
      return count === wanted ? [] : [`${count} packets ${numberText(number)} instead of ${wanted}`]
    })
    if (real && report.decided - decided !== calls) wrong.push(`${report.decided - decided} of ${calls} calls decided`)
    if (report.fault) wrong.push(`an event that no call should cause: ${JSON.stringify(report.fault)}`)
    if (wrong.length > 0)
      throw new Error(`ENGINE_BENCH_WRONG_ANSWER: calls went wrong, so there is no figure: ${wrong.join('; ')}`)
  }
}

function numberText(number: number): string {
  return number < 100 ? `of a method with ${String.fromCharCode(number)}` : String(number)
}

/** Processor time of this process, user and system: what other processes take does not count. */
export function cpuMicroseconds(): number {
  const { user, system } = process.cpuUsage()
  return user + system
}

interface Heap {
  readonly used: number
  readonly external: number
}

function heapNow(): Heap {
  const { used_heap_size: used, external_memory: external } = getHeapStatistics()
  return { used, external }
}

type Collections = ReturnType<GCProfiler['stop']>['statistics']

/** From one collection to the next, memory grows by what was allocated. */
function allocated(before: Heap, after: Heap, collections: Collections) {
  let [heapBytes, externalBytes] = [-before.used, -before.external]
  for (const { beforeGC, afterGC } of collections) {
    heapBytes += beforeGC.heapStatistics.usedHeapSize - afterGC.heapStatistics.usedHeapSize
    externalBytes += beforeGC.heapStatistics.externalMemory - afterGC.heapStatistics.externalMemory
  }
  return { heapBytes: heapBytes + after.used, externalBytes: externalBytes + after.external }
}

function collectionTotals(collections: Collections) {
  const scavenges = collections.filter(({ gcType }) => gcType === 'Scavenge')
  const others = collections.filter(({ gcType }) => gcType !== 'Scavenge')
  const milliseconds = (some: Collections) => some.reduce((sum, { cost }) => sum + cost, 0) / 1000
  return {
    scavenges: scavenges.length,
    scavengeMs: milliseconds(scavenges),
    markSweeps: others.filter(({ gcType }) => gcType === 'MarkSweepCompact').length,
    markSweepMs: milliseconds(others),
  }
}

async function endAll(product: Product): Promise<void> {
  product.advance(TRANSACTIONS_MS)
  const { openTransactions } = product.engine
  if (openTransactions > 0)
    throw new Error(`ENGINE_BENCH_OPEN: ${openTransactions} transactions have not ended, so calls were not complete`)
  await product.engine.close()
  product.report.log.close()
}
