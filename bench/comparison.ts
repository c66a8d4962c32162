/** Compares servers in one run. Each server has its turn in each round, so that a machine whose speed drifts drifts for all. */
import { MIN_PROOF_CALLS } from './limits.ts'
import type { LoadGenerator } from './load/generator-process.ts'
import type { LoadOrder, LoadResult, Pace, Scenario } from './load/load-order.ts'
import { treeCpuMicroseconds, treeMemoryMebibytes } from './server/process-cpu.ts'
import type { RunningServer } from './server/running-server.ts'

export interface Contestant {
  readonly server: RunningServer
  /**
   * Seconds of load before each measurement: as long as the server keeps the transactions of an ended call. During the
   * measurement it then drops as many transactions as it makes.
   */
  readonly settleSeconds: number
}

export interface ComparisonPlan {
  readonly scenario: Scenario
  readonly rules: number
  readonly backendPort: number
  readonly rounds: number
  /** Duration of each measurement. */
  readonly seconds: number
  readonly paces: readonly Pace[]
}

export interface Measurement {
  readonly cpuMicrosecondsPerCall: number
  readonly callsPerSecond: number
  /** Memory of the server, right after its calls. */
  readonly memoryMebibytes: number
  readonly result: LoadResult
}

/** The measurements of a server at one pace: one per round. */
export interface Figures {
  readonly name: string
  readonly pace: Pace
  readonly rounds: Measurement[]
}

/** Calls `report` with each measurement when it is done. */
export async function compare(
  contestants: readonly Contestant[],
  generator: LoadGenerator,
  plan: ComparisonPlan,
  report: (line: string) => void,
): Promise<Figures[]> {
  const figures = plan.paces.flatMap((pace) =>
    contestants.map(({ server }): Figures => ({ name: server.name, pace, rounds: [] })),
  )
  for (const { server } of contestants) await prove(server, generator, plan)
  for (let round = 0; round < plan.rounds; round++) {
    for (const contestant of contestants) {
      for (const pace of plan.paces) {
        const measurement = await measure(contestant, generator, plan, pace)
        figures.find(({ name, pace: at }) => name === contestant.server.name && at === pace)?.rounds.push(measurement)
        report(`round ${round + 1}, ${contestant.server.name}, ${paceText(pace)}: ${summary(measurement)}`)
      }
    }
  }
  return figures
}

/** `saturation` or `1,000 calls/s`. */
export function paceText(pace: Pace): string {
  return 'outstanding' in pace
    ? `saturation, ${pace.outstanding} calls open`
    : `${pace.callsPerSecond.toLocaleString('en')} calls/s`
}

/** What the calls of a server need, whatever their kind and pace. */
export type CallPlan = Pick<ComparisonPlan, 'rules' | 'backendPort'>

/** Before any timing, both kinds of call must end as expected: a server whose table is empty would be fast. */
export async function prove(server: RunningServer, generator: LoadGenerator, calls: CallPlan): Promise<void> {
  for (const scenario of ['refused', 'forwarded'] as const) {
    const { rules, backendPort } = calls
    const pace = { callsPerSecond: 100 }
    const result = await generator.run({ scenario, rules, backendPort, pace, seconds: 1, serverPort: server.port })
    if (result.calls < MIN_PROOF_CALLS || result.lost > 0 || Object.keys(result.unexpected).length > 0) {
      throw new Error(`${server.name} fails a ${scenario} call: ${JSON.stringify(result)}`)
    }
  }
}

async function measure(
  { server, settleSeconds }: Contestant,
  generator: LoadGenerator,
  plan: ComparisonPlan,
  pace: Pace,
): Promise<Measurement> {
  await generator.run(orderOf(server, plan, pace, settleSeconds))
  const before = treeCpuMicroseconds(server.pid)
  const result = await generator.run(orderOf(server, plan, pace, plan.seconds))
  const used = treeCpuMicroseconds(server.pid) - before
  return {
    cpuMicrosecondsPerCall: used / result.calls,
    callsPerSecond: result.calls / result.seconds,
    memoryMebibytes: treeMemoryMebibytes(server.pid),
    result,
  }
}

function orderOf(server: RunningServer, plan: ComparisonPlan, pace: Pace, seconds: number): LoadOrder {
  const { scenario, rules, backendPort } = plan
  return { scenario, rules, backendPort, pace, seconds, serverPort: server.port }
}

function summary({ cpuMicrosecondsPerCall, callsPerSecond, result }: Measurement): string {
  const { lost, resent, latency } = result
  const counts = `lost ${lost}, sent again ${resent}, p99 ${latency.p99.toFixed(2)} ms`
  return `${cpuMicrosecondsPerCall.toFixed(1)} µs, ${Math.round(callsPerSecond)} calls/s, ${counts}`
}
