/** The helm that the chart is tested with. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { findHelm } from '../../scripts/kubernetes-parts.mjs'
import { runTimed, type TimedResult } from './timed-command.ts'

/** Milliseconds that one command may take: many times the time of the longest. */
const COMMAND_LIMIT_MS = 180_000

/** The chart of this repository. */
export const CHART = fileURLToPath(new URL('../../helm/sip-dispatch', import.meta.url))

/** `code` is null where it was stopped after `COMMAND_LIMIT_MS`. */
export type HelmResult = TimedResult

/** Runs helm without the user's files. `kubeconfig`: undefined where no cluster is asked. */
export async function runHelm(args: readonly string[], kubeconfig?: string): Promise<HelmResult> {
  const home = mkdtempSync(join(tmpdir(), 'sip-dispatch-helm-'))
  const access = kubeconfig === undefined ? {} : { KUBECONFIG: kubeconfig }
  try {
    return await runTimed({
      program: findHelm()?.program ?? 'helm',
      args,
      environment: { HOME: home, ...access },
      limitMs: COMMAND_LIMIT_MS,
    })
  } finally {
    rmSync(home, { recursive: true, force: true })
  }
}
