/** One measurement of a server under a load that does not wait for it. */
import type { OpenLoadGenerator } from '../load/generator-process.ts'
import type { Scenario } from '../load/load-order.ts'
import { treeCpuMicroseconds, treeProcesses } from '../server/process-cpu.ts'
import type { RunningServer } from '../server/running-server.ts'
import { MAX_REST_MS, REST_LOOK_MS, REST_SHARE } from './limits.ts'
import type { OpenOrder, OpenResult } from './open-order.ts'
import { datagramDrops } from './socket-drops.ts'

/** What all measurements of a run have in common. */
export interface OpenPlan {
  readonly rules: number
  readonly backendPort: number
  /** The share of a core that each server has. */
  readonly share: number
  readonly seed: number
}

export interface LoadWanted {
  readonly scenario: Scenario
  readonly callsPerSecond: number
  readonly settleSeconds: number
  readonly seconds: number
  readonly strangersPerSecond: number
}

export interface LoadPoint {
  readonly wanted: LoadWanted
  readonly result: OpenResult
  /** Share of a whole core that the server used in the window. */
  readonly cpuShare: number
  /** Datagrams that the kernel dropped at the server's socket in the window. */
  readonly drops: number
}

/** Measures, and waits until the server rests, so that the next measurement does not pay for this one. */
export async function measureLoad(
  server: RunningServer,
  generator: OpenLoadGenerator,
  plan: OpenPlan,
  wanted: LoadWanted,
): Promise<LoadPoint> {
  const { rules, backendPort, seed } = plan
  const order: OpenOrder = { ...wanted, rules, backendPort, seed, serverPort: server.port }
  const [result, used] = await Promise.all([generator.run(order), usedInWindow(server, wanted)])
  treeProcesses(server.pid)
  await rest(server, plan.share)
  return { wanted, result, ...used }
}

async function usedInWindow({ pid, port }: RunningServer, { settleSeconds, seconds }: LoadWanted) {
  await pause(settleSeconds * 1000)
  const [cpu, drops, from] = [treeCpuMicroseconds(pid), datagramDrops(port), performance.now()]
  await pause(seconds * 1000)
  const elapsed = (performance.now() - from) * 1000
  return { cpuShare: (treeCpuMicroseconds(pid) - cpu) / elapsed, drops: datagramDrops(port) - drops }
}

/** Throws where the server does not come to rest: it is then not known what the next measurement would measure. */
async function rest({ name, pid }: RunningServer, share: number): Promise<void> {
  const deadline = performance.now() + MAX_REST_MS
  while (performance.now() < deadline) {
    const [cpu, from] = [treeCpuMicroseconds(pid), performance.now()]
    await pause(REST_LOOK_MS)
    const elapsed = (performance.now() - from) * 1000
    if ((treeCpuMicroseconds(pid) - cpu) / elapsed < share * REST_SHARE) return
  }
  throw new Error(`${name} is still busy ${MAX_REST_MS / 1000} s after its calls`)
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds))
}
