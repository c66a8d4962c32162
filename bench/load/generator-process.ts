/** Starts a load generator as a process, for a benchmark. */
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { LOAD_CORE } from '../limits.ts'
import type { OpenOrder, OpenResult } from '../overload/open-order.ts'
import { startPinned, stopProcess } from '../server/pinned-process.ts'
import type { LoadOrder, LoadResult } from './load-order.ts'

interface GeneratorProcess<Order, Result> {
  run(order: Order): Promise<Result>
  stop(): Promise<void>
}

export type LoadGenerator = GeneratorProcess<LoadOrder, LoadResult>
export type OpenLoadGenerator = GeneratorProcess<OpenOrder, OpenResult>

/** Starts the generator on its own core. It takes one order at a time. */
export function startLoadGenerator(): LoadGenerator {
  return startGenerator('bench/load-generator.ts')
}

/** Starts the generator whose calls do not wait for answers, on the same core. It takes one order at a time. */
export function startOpenLoadGenerator(): OpenLoadGenerator {
  return startGenerator('bench/overload-generator.ts')
}

function startGenerator<Order, Result>(program: string): GeneratorProcess<Order, Result> {
  const child = startPinned({
    core: LOAD_CORE,
    command: process.execPath,
    args: [program],
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
      const result: Result = JSON.parse(String(line))
      return result
    },
    stop: () => stopProcess(child),
  }
}
