/** The tool of Prometheus that checks rules, queries and expositions. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'

/** Milliseconds that one run may take: many times the time of the longest. */
const RUN_LIMIT_MS = 180_000

export interface PromtoolResult {
  readonly code: number | null
  readonly output: string
}

/** `input`: the text for its standard input. */
export async function runPromtool(args: readonly string[], input = ''): Promise<PromtoolResult> {
  const child = spawn('promtool', args, { timeout: RUN_LIMIT_MS })
  child.stdin.on('error', () => child.stdin.destroy())
  child.stdin.end(input)
  const [output, errors] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')])
  return { code: child.exitCode, output: output + errors }
}
