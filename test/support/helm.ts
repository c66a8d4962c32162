/** The helm that the chart is tested with. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { findHelm } from '../../scripts/kubernetes-parts.mjs'

/** Milliseconds that one command may take: many times the time of the longest. */
const COMMAND_LIMIT_MS = 180_000

/** The chart of this repository. */
export const CHART = fileURLToPath(new URL('../../helm/sip-dispatch', import.meta.url))

export interface HelmResult {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** Runs helm without the user's files. `kubeconfig`: undefined where no cluster is asked. */
export async function runHelm(args: readonly string[], kubeconfig?: string): Promise<HelmResult> {
  const home = mkdtempSync(join(tmpdir(), 'sip-dispatch-helm-'))
  const access = kubeconfig === undefined ? {} : { KUBECONFIG: kubeconfig }
  const child = spawn(findHelm()?.program ?? 'helm', [...args], {
    env: { HOME: home, ...access },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: COMMAND_LIMIT_MS,
  })
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')])
  rmSync(home, { recursive: true, force: true })
  return { code: child.exitCode, stdout, stderr }
}
