/** The tool of Prometheus that checks rules, queries and expositions. */
import { runTimed } from './timed-command.ts'

/** Milliseconds that one run may take: many times the time of the longest. */
const RUN_LIMIT_MS = 180_000

export interface PromtoolResult {
  readonly code: number | null
  readonly output: string
}

/** `input`: the text for its standard input. */
export async function runPromtool(args: readonly string[], input = ''): Promise<PromtoolResult> {
  const { code, stdout, stderr } = await runTimed({ program: 'promtool', args, input, limitMs: RUN_LIMIT_MS })
  return { code, output: stdout + stderr }
}
