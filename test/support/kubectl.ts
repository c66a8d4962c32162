/** The kubectl that goes with the API server of the tests. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { findKubernetesParts } from '../../scripts/kubernetes-parts.mjs'

/** Milliseconds that one command may take: many times the time of the longest. */
const COMMAND_LIMIT_MS = 180_000

export interface KubectlRun {
  /** Standard input, for `-f -`. */
  readonly input?: string
  /** The kubeconfig whose access kubectl uses. */
  readonly kubeconfig?: string
}

export interface KubectlResult {
  /** Null where it was killed after `COMMAND_LIMIT_MS`. */
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** Runs kubectl without the user's files: its caches go into `folder`. */
export async function runKubectl(
  args: readonly string[],
  { kubeconfig, folder, input = '' }: Required<Pick<KubectlRun, 'kubeconfig'>> & KubectlRun & { folder: string },
): Promise<KubectlResult> {
  const program = join(findKubernetesParts().folder ?? '', 'kubectl')
  const child = spawn(program, ['--kubeconfig', kubeconfig, '--cache-dir', join(folder, 'kubectl-cache'), ...args], {
    env: { HOME: folder, KUBERC: 'off' },
    timeout: COMMAND_LIMIT_MS,
  })
  // kubectl may end without reading its input; its exit code then shows the fault.
  child.stdin.on('error', () => child.stdin.destroy())
  child.stdin.end(input)
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')])
  return { code: child.exitCode, stdout, stderr }
}
