/** A release of the chart without a node: operator and ingress run with its flags, its ServiceAccount and its Secret. */
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { runCommand, startCommand } from '../support/command-line.ts'
import { runHelm } from '../support/helm.ts'
import type { PrivateKubernetesApi } from '../support/kubernetes-api.ts'
import { eventually } from '../support/operator-process.ts'
import type { RedisServer } from '../support/redis-server.ts'
import { type LogLine, type ServingProcess, startServingProcess } from '../support/serving-process.ts'
import { manifestsOf, NAMESPACE } from './chart-values.ts'
import { commandOf, flagsWithout } from './rendered-command.ts'

/** The name that the internal Service has in its cluster. */
const INTERNAL = `phone-sip-dispatch-internal.${NAMESPACE}.svc.cluster.local`

/** Flags of an ingress that name ports and folders of a pod. */
const OF_THE_POD = ['http', 'listen', 'keys', 'snapshot'] as const

export interface Cluster {
  readonly api: PrivateKubernetesApi
  readonly redis: RedisServer
}

export interface RunningRelease {
  readonly ingress: ServingProcess
  readonly operatorLog: readonly LogLine[]
  /** What a kubelet does with the pod of `helm test`: runs its command and says in the pod how it ended. */
  runProbe(): Promise<{ readonly code: number | null; readonly output: string }>
  stop(): Promise<void>
}

/** Runs kubectl as the administrator. Throws what it says. */
export async function kubectlOf({ api }: Pick<Cluster, 'api'>, ...args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await api.kubectl(args)
  if (code !== 0) throw new Error(`KUBECTL_FAILED: ${args.join(' ')}: ${stderr}`)
  return stdout
}

/** Starts what the installed release `phone` would start. */
export async function runRelease(cluster: Cluster): Promise<RunningRelease> {
  const folder = mkdtempSync(join(tmpdir(), 'sip-dispatch-release-'))
  const operatorLog: LogLine[] = []
  const endOperator = await startOperator(cluster, operatorLog)
  const ingress = await startIngress(cluster, folder)
  return {
    ingress,
    operatorLog,
    runProbe: () => runProbe(cluster, ingress),
    stop: async () => {
      await ingress.stop()
      await endOperator()
      rmSync(folder, { recursive: true })
    },
  }
}

/** The flags of a container; the cache for trials has no node to run on, so another one is in its place. */
async function flagsOf({ api, redis }: Cluster, container: string): Promise<string[]> {
  const { stdout } = await runHelm(['get', 'manifest', 'phone', '--namespace', NAMESPACE], api.kubeconfig)
  const args = commandOf(manifestsOf(stdout), container, { POD_NAME: 'phone-0' })
  return args.map((arg) => arg.replace('redis://phone-sip-dispatch-cache:6379', redis.url))
}

/** With the token that the pod would get, and no other access. */
async function startOperator(cluster: Cluster, log: LogLine[]): Promise<() => Promise<void>> {
  const { api } = cluster
  const token = await kubectlOf(cluster, 'create', 'token', 'phone-sip-dispatch-operator', '--namespace', NAMESPACE)
  const flags = flagsWithout(await flagsOf(cluster, 'operator'), 'http')
  const access = ['--kubeconfig', api.kubeconfigWith({ token: token.trim() }), '--http', '127.0.0.1:0']
  const child = startCommand([...flags, ...access])
  const errors: string[] = []
  child.stderr.setEncoding('utf8').on('data', (text: string) => errors.push(text))
  createInterface(child.stdout).on('line', (line) => log.push(JSON.parse(line)))
  const exited = once(child, 'exit')
  await eventually(
    () => log.find(({ msg }) => msg === 'table published'),
    () => `${errors.join('')}${log.map((line) => JSON.stringify(line)).join('\n')}`,
  )
  return async () => {
    child.kill('SIGTERM')
    await exited
  }
}

/** With the files that its volumes would hold, on free ports. */
async function startIngress(cluster: Cluster, folder: string): Promise<ServingProcess> {
  const secret = ['--namespace', NAMESPACE, 'secret/phone-sip-dispatch-keys']
  const key = await kubectlOf(cluster, 'get', ...secret, '--output=jsonpath={.data.cookie\\.current}')
  writeFileSync(join(folder, 'cookie.current'), Buffer.from(key, 'base64'))
  const flags = flagsWithout(await flagsOf(cluster, 'ingress'), ...OF_THE_POD)
  return startServingProcess([...flags, '--keys', folder, '--snapshot', join(folder, 'table')])
}

async function runProbe(cluster: Cluster, ingress: ServingProcess) {
  const pod = ['pod', 'phone-sip-dispatch-probe', '--namespace', NAMESPACE]
  const manifest = await eventually(
    async () => {
      const { code, stdout } = await cluster.api.kubectl(['get', ...pod, '--output=json'])
      return code === 0 ? stdout : undefined
    },
    () => 'helm test makes no pod',
  )
  const http = String(ingress.log.find(({ msg }) => msg === 'listening')?.['http'])
  const args = commandOf(manifestsOf(manifest), 'probe', {}).map((arg) =>
    arg.replace(`udp://${INTERNAL}:5060`, `udp://127.0.0.1:${ingress.udp}`).replace(`http://${INTERNAL}:9090`, http),
  )
  if (args.some((arg) => arg.includes('.svc.'))) throw new Error(`RELEASE_PROBE: ${args.join(' ')}`)
  const { code, output } = await runCommand(args)
  const status = JSON.stringify({ status: { phase: code === 0 ? 'Succeeded' : 'Failed' } })
  await kubectlOf(cluster, 'patch', ...pod, '--subresource=status', '--type=merge', `--patch=${status}`)
  return { code, output }
}
