/** The kubectl that goes with the API server of the tests. */
import { join } from 'node:path'
import { findKubernetesParts } from '../../scripts/kubernetes-parts.mjs'
import { runTimed, type TimedResult } from './timed-command.ts'

/** Milliseconds that one command may take: many times the time of the longest. */
const COMMAND_LIMIT_MS = 180_000

export interface KubectlRun {
  /** Standard input, for `-f -`. */
  readonly input?: string
  /** The kubeconfig whose access kubectl uses. */
  readonly kubeconfig?: string
}

/** `code` is null where it was stopped after `COMMAND_LIMIT_MS`. */
export type KubectlResult = TimedResult

/** Runs kubectl without the user's files: its caches go into `folder`. */
export async function runKubectl(
  args: readonly string[],
  { kubeconfig, folder, input = '' }: Required<Pick<KubectlRun, 'kubeconfig'>> & KubectlRun & { folder: string },
): Promise<KubectlResult> {
  return runTimed({
    program: join(findKubernetesParts().folder ?? '', 'kubectl'),
    args: ['--kubeconfig', kubeconfig, '--cache-dir', join(folder, 'kubectl-cache'), ...args],
    environment: { HOME: folder, KUBERC: 'off' },
    input,
    limitMs: COMMAND_LIMIT_MS,
  })
}
