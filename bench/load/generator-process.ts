/** Starts the load generator as a process, for a benchmark. */
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { LOAD_CORE } from '../limits.ts'
import { startPinned, stopProcess } from '../server/pinned-process.ts'
import type { LoadOrder, LoadResult } from './load-order.ts'

export interface LoadGenerator {
  run(order: LoadOrder): Promise<LoadResult>
  stop(): Promise<void>
}

/** Starts the generator on its own core. It takes one order at a time. */
export function startLoadGenerator(): LoadGenerator {
  const child = startPinned({
    core: LOAD_CORE,
    command: process.execPath,
    args: ['bench/load-generator.ts'],
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const { stdin, stdout } = child
  if (!stdin || !stdout) throw new Error('the load generator has no pipes')
  const lines = createInterface(stdout)
  const ended = once(child, 'exit').then(() => {
    throw new Error('the load generator has ended before its time; its error is above')
  })
  ended.catch(() => undefined)
  return {
    run: async (order) => {
      const answer = once(lines, 'line')
      stdin.write(`${JSON.stringify(order)}\n`)
      const [line] = await Promise.race([answer, ended])
      const result: LoadResult = JSON.parse(String(line))
      return result
    },
    stop: () => stopProcess(child),
  }
}
