/** A command that may take so long and no longer. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'

export interface TimedCommand {
  readonly program: string
  readonly args: readonly string[]
  /** Its whole environment. Undefined: that of this process. */
  readonly environment?: Readonly<Record<string, string>>
  /** Standard input. Undefined: empty. */
  readonly input?: string
  /** Milliseconds after which it is stopped. */
  readonly limitMs: number
}

export interface TimedResult {
  /** Null where it was stopped. */
  readonly code: number | null
  readonly stdout: string
  /** Where it was stopped: ends with COMMAND_STOPPED, the time, and all that it had printed. */
  readonly stderr: string
}

/** Runs it to its end. Rejects where it cannot be started. */
export async function runTimed({
  program,
  args,
  environment,
  input = '',
  limitMs,
}: TimedCommand): Promise<TimedResult> {
  const child = spawn(program, [...args], {
    stdio: 'pipe',
    ...(environment === undefined ? {} : { env: { ...environment } }),
  })
  let stopped = false
  const limit = setTimeout(() => {
    stopped = true
    child.kill('SIGKILL')
    // A child of the program may still have the pipes, and nothing more is wanted of it.
    child.stdout.destroy()
    child.stderr.destroy()
  }, limitMs)
  // It may end without reading its input; its exit code then shows the fault.
  child.stdin.on('error', () => child.stdin.destroy())
  child.stdin.end(input)
  const printed = { stdout: '', stderr: '' }
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (part: string) => {
      printed[name] += part
    })
  }
  try {
    await once(child, 'close')
  } finally {
    clearTimeout(limit)
  }
  const { stdout, stderr } = printed
  if (!stopped) return { code: child.exitCode, stdout, stderr }
  const says = `COMMAND_STOPPED: ${[program, ...args].join(' ')}: stopped after ${limitMs} ms; it had printed: ${stdout}`
  return { code: null, stdout, stderr: `${stderr}${says}` }
}
