/** The kubectl that goes with the API server of the tests. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { findKubernetesParts } from '../../scripts/kubernetes-parts.mjs'

/** Milliseconds that one command may take; many times what any needs. */
const COMMAND_LIMIT_MS = 180_000

export interface KubectlRun {
  /** Standard input, for `-f -`. */
  readonly input?: string
  /** Whose access it uses. */
  readonly kubeconfig?: string
}

export interface KubectlResult {
  /** Null where it was killed, after 60 s. */
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** Runs it without any file of the user: what it caches goes into `folder`. */
export async function runKubectl(
  args: readonly string[],
  { kubeconfig, folder, input = '' }: Required<Pick<KubectlRun, 'kubeconfig'>> & KubectlRun & { folder: string },
): Promise<KubectlResult> {
  const program = join(findKubernetesParts().folder ?? '', 'kubectl')
  const child = spawn(program, ['--kubeconfig', kubeconfig, '--cache-dir', join(folder, 'kubectl-cache'), ...args], {
    env: { HOME: folder, KUBERC: 'off' },
    timeout: COMMAND_LIMIT_MS,
  })
  // It may end without reading its input; its exit code then says what was wrong.
  child.stdin.on('error', () => child.stdin.destroy())
  child.stdin.end(input)
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')])
  return { code: child.exitCode, stdout, stderr }
}
