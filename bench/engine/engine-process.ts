/** Starts a process that measures one scenario, for `bench/engine.ts`. */
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { CALLS_IN_STEP, SERVER_CORE } from '../limits.ts'
import { startPinned, stopProcess } from '../server/pinned-process.ts'
import type { EngineOrder } from './engine-order.ts'
import type { EngineProfile } from './engine-profile.ts'
import type { BenchSettings, Part, Round } from './rounds.ts'

/** `--v8-pool-size` is that of the image. Without the last flag, memory would be let go while it is counted. */
const FLAGS = ['--v8-pool-size=1', '--no-concurrent-array-buffer-sweeping']
const PROGRAM = 'bench/engine-rounds.ts'

/** A round, and the bench's own share of such a round. */
export interface RoundPair {
  readonly round: Round
  readonly empty: Round
}

export interface EngineProcess {
  /** Whether the stages can be measured: only of the product beside this bench, because their functions are internal. */
  readonly hasStages: boolean
  measuredRound(calls: number): Promise<RoundPair>
  /** Figures of each kind of packet, without the bench's own share. */
  packets(calls: number): Promise<Part[]>
  stages(calls: number): Promise<Part[]>
  /** Makes so many calls and writes their profile. */
  profile(calls: number): Promise<EngineProfile>
  /** Rejects if a transaction of the calls does not end. */
  end(): Promise<void>
  stop(): Promise<void>
}

/** Starts the process and warms it up. */
export async function startEngineProcess(settings: BenchSettings, warmUp: number): Promise<EngineProcess> {
  const { root } = settings
  const own = process.cwd()
  const fault = await tryStart(own, settings, warmUp)
  if (!(fault instanceof Error)) return ordersOf(fault, root === own)
  if (root === own || !existsSync(join(root, PROGRAM))) throw fault
  process.stderr.write(`${fault.message}. The bench of ${root} measures its product itself.\n`)
  const other = await tryStart(root, settings, warmUp)
  if (other instanceof Error) throw other
  return ordersOf(other, false)
}

/** A process, and how to give it an order. */
interface Driver {
  readonly child: ChildProcess
  readonly order: (order: EngineOrder) => Promise<unknown>
}

/** An order rejects if the process ends. Why it ended is on standard error. */
function startDriver(folder: string, settings: BenchSettings): Driver {
  const child = startPinned({
    core: SERVER_CORE,
    command: process.execPath,
    args: [...FLAGS, PROGRAM, JSON.stringify(settings)],
    stdio: ['pipe', 'pipe', 'inherit'],
    folder,
  })
  const { stdin, stdout } = child
  if (!stdin || !stdout) throw new Error('ENGINE_BENCH_PIPES: the measuring process has no pipes')
  // Where the process has ended, writing to it fails too: `ended` tells that.
  stdin.on('error', () => undefined)
  const lines = createInterface(stdout)
  const ended = once(child, 'exit').then(() => {
    throw new Error(
      `ENGINE_BENCH_ENDED: no figure for ${settings.scenario} calls of ${settings.root}: see the error above`,
    )
  })
  ended.catch(() => undefined)
  return {
    child,
    order: async (order) => {
      const answer = once(lines, 'line')
      stdin.write(`${JSON.stringify(order)}\n`)
      const [line] = await Promise.race([answer, ended])
      const result: unknown = JSON.parse(String(line))
      return result
    },
  }
}

/** Starts the bench in a folder, and warms it up. Returns an error if the product's calls go wrong in it. */
async function tryStart(folder: string, settings: BenchSettings, warmUp: number): Promise<Driver | Error> {
  const driver = startDriver(folder, settings)
  try {
    await driver.order({ task: 'round', count: warmUp })
    await driver.order({ task: 'empty-round', count: warmUp })
    return driver
  } catch (error) {
    await stopProcess(driver.child)
    return error instanceof Error ? error : new Error(String(error))
  }
}

function ordersOf({ child, order }: Driver, hasStages: boolean): EngineProcess {
  const round = async (task: 'round' | 'empty-round', count: number) => (await order({ task, count })) as Round
  const parts = async (task: 'packets' | 'empty-packets' | 'stages', calls: number) =>
    (await order({ task, count: Math.ceil(calls / CALLS_IN_STEP) })) as Part[]
  return {
    hasStages,
    measuredRound: async (calls) => ({
      round: await round('round', calls),
      empty: await round('empty-round', calls),
    }),
    packets: async (calls) => {
      // The first groups are others than those of a round, so V8 compiles again.
      await parts('packets', calls)
      const packets = await parts('packets', calls)
      return without(packets, await parts('empty-packets', calls))
    },
    stages: async (calls) => {
      await parts('stages', calls)
      return parts('stages', calls)
    },
    profile: async (calls) => (await order({ task: 'profile', count: calls })) as EngineProfile,
    end: async () => {
      await order({ task: 'end', count: 0 })
    },
    stop: () => stopProcess(child),
  }
}

function without(packets: readonly Part[], empty: readonly Part[]): Part[] {
  return packets.map(({ name, nanoseconds, heapBytes }, place) => ({
    name,
    nanoseconds: nanoseconds - (empty[place]?.nanoseconds ?? 0),
    heapBytes: heapBytes - (empty[place]?.heapBytes ?? 0),
  }))
}
