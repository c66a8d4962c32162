/** Other programs that a release needs. */
import { spawnSync } from 'node:child_process'

/** Bytes of output that a program may write: a bill of materials is the longest. */
const OUTPUT_LIMIT = 64 * 2 ** 20

/**
 * Runs a program to its end and returns its output.
 *
 * @throws RELEASE_PART_MISSING where it is not there, RELEASE_PROGRAM where it fails
 */
export function run(folder: string, program: string, ...args: readonly string[]): string {
  const { error, status, stdout, stderr } = spawnSync(program, args, {
    ...{ cwd: folder, encoding: 'utf8', maxBuffer: OUTPUT_LIMIT },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  if (error !== undefined) throw new Error(`RELEASE_PART_MISSING: ${program}: ${error.message}; install it`)
  if (status !== 0) {
    throw new Error(`RELEASE_PROGRAM: ${[program, ...args].join(' ')} ended with ${status}:\n${stdout}${stderr}`)
  }
  return stdout
}
