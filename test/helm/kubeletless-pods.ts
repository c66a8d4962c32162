/** The pods of an installed release without a kubelet: their commands, with the variables and the folders that it would give them. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CHART, runHelm } from '../support/helm.ts'
import type { KubernetesApi } from '../support/kubernetes-api.ts'
import { type OperatorProcess, startOperatorCommand } from '../support/operator-process.ts'
import { type ServingProcess, startServingProcess } from '../support/serving-process.ts'
import { type Manifest, manifestsOf } from './chart-values.ts'
import { commandOf } from './rendered-command.ts'

const RELEASE = 'phone'

export interface PodsOptions {
  readonly api: KubernetesApi
  /** Where the release is, and what it watches: values of the chart, as `--set` takes them. */
  readonly namespace: string
  readonly values: readonly string[]
  /** What the kubelet knows: `HOST_IP`, and what comes from a Secret. */
  readonly variables: Readonly<Record<string, string>>
  /** What is in the Secret of the cache, by the file in the pod. */
  readonly cacheFiles?: Readonly<Record<string, string>>
}

export interface KubeletlessPods {
  readonly manifests: readonly Manifest[]
  /** With the ServiceAccount of the release. */
  operator(): Promise<OperatorProcess>
  /** Under a name of its own, with the key that the operator has made. */
  ingress(name: string): Promise<ServingProcess>
  stop(): Promise<void>
}

/** Installs the release and starts nothing yet. The resource definitions have to be there. */
export async function installPods(options: PodsOptions): Promise<KubeletlessPods> {
  const { api, namespace, values } = options
  const set = ['crds.enabled=false', ...values].flatMap((value) => ['--set-json', jsonValue(value)])
  const installed = await runHelm(['install', RELEASE, CHART, '--namespace', namespace, ...set], api.kubeconfig)
  if (installed.code !== 0) throw new Error(`HELM_INSTALL: ${installed.stderr}`)
  const { stdout } = await runHelm(['get', 'manifest', RELEASE, '--namespace', namespace], api.kubeconfig)
  const manifests = manifestsOf(stdout)
  const folder = mkdtempSync(join(tmpdir(), 'sip-dispatch-pods-'))
  const started: { stop(): Promise<unknown> }[] = []
  const parts: Parts = { ...options, manifests, folder }
  return {
    manifests,
    operator: async () => {
      const operator = await startOperator(parts)
      started.push(operator)
      return operator
    },
    ingress: async (name) => {
      const ingress = await startIngress(parts, name)
      started.push(ingress)
      return ingress
    },
    stop: async () => {
      await Promise.all(started.map((part) => part.stop()))
      rmSync(folder, { recursive: true })
    },
  }
}

/** `name=value`, the value as JSON where it is some and as a text where it is not. */
function jsonValue(text: string): string {
  const [name = '', value = ''] = text.split(/=(.*)/s)
  return /^([[{"\d]|true$|false$)/.test(value) ? text : `${name}=${JSON.stringify(value)}`
}

interface Parts extends PodsOptions {
  readonly manifests: readonly Manifest[]
  readonly folder: string
}

async function startOperator(parts: Parts): Promise<OperatorProcess> {
  const { api, namespace } = parts
  const token = await succeeds(parts, ['create', 'token', `${RELEASE}-sip-dispatch-operator`, '--namespace', namespace])
  const command = commandIn(parts, 'operator', {})
  return startOperatorCommand([...command, '--kubeconfig', api.kubeconfigWith({ token: token.trim() })])
}

async function startIngress(parts: Parts, name: string): Promise<ServingProcess> {
  const secret = ['--namespace', parts.namespace, `secret/${RELEASE}-sip-dispatch-keys`]
  const key = await succeeds(parts, ['get', ...secret, '--output=jsonpath={.data.cookie\\.current}'])
  const keys = join(parts.folder, 'keys')
  mkdirSync(keys, { recursive: true })
  writeFileSync(join(keys, 'cookie.current'), Buffer.from(key, 'base64'))
  const table = join(parts.folder, name)
  mkdirSync(table, { recursive: true })
  const command = commandIn(parts, 'ingress', { POD_NAME: name })
  return startServingProcess(
    command.map((arg) => arg.replace('/etc/sip-dispatch/keys', keys).replace('/var/lib/sip-dispatch', table)),
  )
}

/** On free ports, with the files of the Secret of the cache where the pod would have them mounted. */
function commandIn({ manifests, variables, cacheFiles = {}, folder }: Parts, name: string, more: object): string[] {
  const cache = join(folder, 'cache')
  mkdirSync(cache, { recursive: true })
  for (const [file, content] of Object.entries(cacheFiles)) writeFileSync(join(cache, file), content)
  const command = commandOf(manifests, name, { ...variables, ...more })
  return command.map((arg) =>
    arg.replace('/etc/sip-dispatch/cache', cache).replace(/^(--(?:http|listen)=.*):\d+$/, '$1:0'),
  )
}

async function succeeds({ api }: Parts, args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await api.kubectl(args)
  if (code !== 0) throw new Error(`KUBECTL_FAILED: ${args.join(' ')}: ${stderr}`)
  return stdout
}
