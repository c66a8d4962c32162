/**
 * One scenario of `bench/engine.ts` in a process of its own. Its argument is a `BenchSettings` as JSON. Reads one order per line
 * from standard input, writes one JSON line per result, and ends with its input.
 */
import { createInterface } from 'node:readline'
import type { EngineOrder } from './engine/engine-order.ts'
import { profiled } from './engine/engine-profile.ts'
import { type BenchSettings, startBench } from './engine/rounds.ts'

const settings: BenchSettings = JSON.parse(process.argv[2] ?? '{}')
const bench = await startBench(settings)

async function answer({ task, count }: EngineOrder): Promise<unknown> {
  switch (task) {
    case 'round':
      return bench.round(count)
    case 'empty-round':
      return bench.emptyRound(count)
    case 'packets':
      return bench.packets(count)
    case 'empty-packets':
      return bench.emptyPackets(count)
    case 'stages': {
      // Only here: another checkout may have other functions for its stages.
      const { measuredStages } = await import('./engine/stages.ts')
      return measuredStages(bench, settings.scenario, count)
    }
    case 'profile':
      return profiled(settings.scenario, () => bench.round(count))
    case 'end':
      await bench.end()
      return {}
  }
}

for await (const line of createInterface(process.stdin)) {
  const order: EngineOrder = JSON.parse(line)
  process.stdout.write(`${JSON.stringify(await answer(order))}\n`)
}
