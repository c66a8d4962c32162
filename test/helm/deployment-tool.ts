/** The ways in which people bring the chart into a cluster, and change it there. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { CHART, runHelm } from '../support/helm.ts'
import type { KubernetesApi } from '../support/kubernetes-api.ts'
import { type Manifest, manifestsOf, NAMESPACE } from './chart-values.ts'

const FORMER = join(import.meta.dirname, 'former-release')

/** What the former version of the chart made of its defaults, for the release `phone`: by the engine. */
export function formerManifests(engine: 'native' | 'drachtio'): string {
  return readFileSync(join(FORMER, `${engine}.yaml`), 'utf8')
}

/** The values of the former version. */
const FORMER_VALUES = join(FORMER, 'values.yaml')

/** One way: brings the release `phone` to what it is told, and removes it. */
export interface DeploymentTool {
  readonly name: string
  /** As the former version left it. */
  startFrom(former: string): Promise<void>
  /** Arguments of helm that set values. */
  apply(values: readonly string[]): Promise<void>
  remove(): Promise<void>
}

const made = new Map<string, Promise<string>>()

/** What the chart is made into without a cluster, as Argo CD does, too. The same for each tool, so it is made once. */
function rendered(values: readonly string[]): Promise<string> {
  const key = values.join(' ')
  const text = made.get(key) ?? render(values)
  made.set(key, text)
  return text
}

async function render(values: readonly string[]): Promise<string> {
  const command = ['template', 'phone', CHART, '--namespace', NAMESPACE, '--skip-tests', ...values]
  const { code, stdout, stderr } = await runHelm(command)
  if (code !== 0) throw new Error(`HELM_TEMPLATE: ${stderr}`)
  return stdout
}

/** Runs helm on the cluster. Throws what it says. */
export async function helmOf(api: KubernetesApi, ...args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await runHelm([...args, '--namespace', NAMESPACE], api.kubeconfig)
  if (code !== 0) throw new Error(`HELM_FAILED: ${args.join(' ')}: ${stderr}`)
  return stdout
}

/** `flags`: of the first command and of those that follow. */
export function helmTool(api: KubernetesApi, name: string, flags: readonly [first: string, next: string]) {
  let [flag] = flags
  const upgrade = async (chart: string, values: readonly string[]): Promise<void> => {
    await helmOf(api, 'upgrade', '--install', 'phone', chart, flag, ...values)
    flag = flags[1]
  }
  return {
    name,
    startFrom: (former) => withFormerChart(former, (chart) => upgrade(chart, [])),
    apply: (values) => upgrade(CHART, values),
    remove: async () => {
      await helmOf(api, 'uninstall', 'phone')
    },
  } satisfies DeploymentTool
}

/** A chart of manifests that are made already. */
export async function withFormerChart<Result>(former: string, use: (chart: string) => Promise<Result>) {
  const folder = mkdtempSync(join(tmpdir(), 'sip-dispatch-former-'))
  const chart = join(folder, basename(CHART))
  try {
    mkdirSync(join(chart, 'templates'), { recursive: true })
    writeFileSync(join(chart, 'Chart.yaml'), 'apiVersion: v2\nname: sip-dispatch\nversion: 0.0.1\n')
    writeFileSync(join(chart, 'values.yaml'), readFileSync(FORMER_VALUES))
    writeFileSync(join(chart, 'templates/all.yaml'), former)
    return await use(chart)
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** `kubectl apply` of what is rendered, which deletes what is no longer rendered. */
export function kubectlTool(api: KubernetesApi, name: string, flags: readonly string[]): DeploymentTool {
  let before: Manifest[] = []
  const run = async (args: readonly string[], input: string): Promise<void> => {
    const { code, stderr } = await api.kubectl(['--namespace', NAMESPACE, ...args, '--filename=-'], { input })
    if (code !== 0) throw new Error(`KUBECTL_FAILED: ${args.join(' ')}: ${stderr}`)
  }
  const apply = async (text: string): Promise<void> => {
    await run(['apply', ...flags], text)
    const now = manifestsOf(text)
    const gone = before.filter((one) => !now.some((other) => isSame(one, other)))
    before = now
    if (gone.length > 0) await run(['delete', '--wait=false'], JSON.stringify(listOf(gone)))
  }
  return {
    name,
    startFrom: apply,
    apply: async (values) => apply(await rendered(values)),
    remove: async () => {
      await run(['delete', '--wait=false'], JSON.stringify(listOf(before)))
      before = []
    },
  }
}

function isSame(one: Manifest, other: Manifest): boolean {
  return one.kind === other.kind && one.metadata.name === other.metadata.name
}

function listOf(items: readonly Manifest[]): object {
  return { apiVersion: 'v1', kind: 'List', items }
}
