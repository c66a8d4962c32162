/** Processes of a benchmark: each runs on a chosen core, and each is ended. */
import { type ChildProcess, type StdioOptions, spawn } from 'node:child_process'
import { once } from 'node:events'
import { STOP_MS } from '../limits.ts'

export interface PinnedCommand {
  readonly core: number
  readonly command: string
  readonly args: readonly string[]
  readonly stdio: StdioOptions
  /** Where the command runs. Undefined: here. */
  readonly folder?: string
}

const running = new Set<ChildProcess>()
process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL')
})
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1))

/** Starts a command that may run on one core only. The process id is that of the command itself. */
export function startPinned({ core, command, args, stdio, folder }: PinnedCommand): ChildProcess {
  const child = spawn('taskset', ['-c', String(core), command, ...args], { stdio, cwd: folder })
  running.add(child)
  child.once('error', (error) => {
    throw new Error(`taskset cannot be run, which pins processes to a core (package util-linux): ${error.message}`)
  })
  child.once('exit', () => running.delete(child))
  return child
}

/** Asks the process to end, and kills it if it does not. */
export async function stopProcess(child: ChildProcess): Promise<void> {
  if (!running.has(child)) return
  const exited = once(child, 'exit')
  const late = setTimeout(() => child.kill('SIGKILL'), STOP_MS)
  child.kill('SIGTERM')
  await exited
  clearTimeout(late)
}
