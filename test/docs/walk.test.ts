/**
 * The walk of a new user: every command of the README's part about a cluster and of docs/getting-started.md, in the order in
 * which they stand there, on one real API server, with the chart in a real registry. There is no container engine and no
 * node: the pods' commands are run in their place, and it is said for them that they are ready.
 */
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from '@jest/globals'
import { findKubernetesParts } from '../../scripts/kubernetes-parts.mjs'
import { type Cluster, kubectlOf, type RunningRelease, runRelease } from '../helm/release.ts'
import { CHART, runHelm } from '../support/helm.ts'
import { startKubernetesApi } from '../support/kubernetes-api.ts'
import { type OciRegistry, startOciRegistry } from '../support/oci-registry.ts'
import { describeWith } from '../support/real-part.ts'
import { startRedisServer } from '../support/redis-server.ts'
import { commandsOf, ROOT, readPage } from './commands-of-page.ts'
import { startShell } from './commands-shell.ts'

const TEST_LIMIT_MS = 600_000

const INGRESS = 'deployment/phone-sip-dispatch-ingress'

const PARTS = ['helm', 'kubernetes', 'redis', 'sipp', 'docker-registry'] as const

/** The text of a page from one heading of the second level to the next. */
function partOf(page: string, heading: string): string {
  const [, text = ''] = readPage(page).split(`\n## ${heading}\n`)
  return text.split('\n## ')[0] ?? ''
}

/** The first manifests that a text shows. */
const manifestsIn = (text: string): string => /```yaml\n([^`]*)```/.exec(text)?.[1] ?? ''

describeWith(PARTS, 'a new user', () => {
  let cluster: Cluster
  let registry: OciRegistry
  let folder: string
  let release: RunningRelease | undefined

  beforeEach(async () => {
    const started = await Promise.all([
      startKubernetesApi({ resources: 'none' }),
      startRedisServer(),
      startOciRegistry(),
    ])
    cluster = { api: started[0], redis: started[1] }
    registry = started[2]
    folder = mkdtempSync(join(tmpdir(), 'sip-dispatch-walk-'))
    mkdirSync(join(folder, 'rules'))
    for (const name of ['helm', 'crds', 'examples']) symlinkSync(join(ROOT, name), join(folder, name))
    await publishChart()
  }, TEST_LIMIT_MS)

  afterEach(async () => {
    await release?.stop()
    release = undefined
    await registry.stop()
    await cluster.redis.stop()
    await cluster.api.stop()
    rmSync(folder, { recursive: true })
  }, TEST_LIMIT_MS)

  async function publishChart(): Promise<void> {
    const { version }: { version: string } = JSON.parse(readPage('package.json'))
    const archive = join(folder, `sip-dispatch-${version}.tgz`)
    const charts = `oci://${registry.host}/owner/charts`
    const steps = [
      ['package', CHART, '--destination', folder],
      ['push', archive, charts, '--plain-http'],
    ]
    for (const step of steps) expect(await runHelm(step)).toMatchObject({ code: 0 })
  }

  /** As it stands in its page, but for where the registry is; what it says. */
  async function run(command: string): Promise<string> {
    const published = `oci://${registry.host}/owner/charts/sip-dispatch --plain-http`
    const { folder: parts = '' } = findKubernetesParts()
    const environment = { HOME: folder, KUBECONFIG: cluster.api.kubeconfig }
    const text = command.replace('oci://ghcr.io/OWNER/charts/sip-dispatch', published)
    const shell = startShell(text, { folder, path: [parts], environment })
    const code = await shell.ended
    if (code !== 0) throw new Error(`PAGE_COMMAND: ${command} ended with ${code}: ${shell.said()}`)
    return shell.said()
  }

  /** What a kubelet and the controllers do: run the pods, and say of them that they are ready. */
  async function startPods(): Promise<void> {
    await kubectlOf(cluster, 'wait', '--for=condition=Established', '--timeout=120s', 'crd', '--all')
    release ??= await runRelease(cluster)
    const get = ['get', '--namespace', 'telephony', INGRESS, '--output=jsonpath={.metadata.generation}']
    const observedGeneration = Number(await kubectlOf(cluster, ...get))
    const status = { observedGeneration, replicas: 2, updatedReplicas: 2, readyReplicas: 2, availableReplicas: 2 }
    const patch = ['patch', '--namespace', 'telephony', INGRESS, '--subresource=status', '--type=merge']
    await kubectlOf(cluster, ...patch, `--patch=${JSON.stringify({ status })}`)
  }

  async function walkReadme(): Promise<void> {
    const commands = commandsOf(partOf('README.md', 'On a cluster'))
    expect(commands).toHaveLength(5)
    const [install = '', rollout = '', apply = '', wait = '', get = ''] = commands
    writeFileSync(join(folder, 'rules/first.yaml'), manifestsIn(partOf('README.md', 'A first rule')))
    await run(install)
    await startPods()
    expect(await run(rollout)).toContain('successfully rolled out')
    await run(apply)
    expect(await run(wait)).toMatch(/siptrunk.*condition met\n.*dispatchrule.*condition met/)
    expect(await run(get)).toMatch(/dispatchrule\S*\/first .*\n[\s\S]*siptrunk\S*\/carrier /)
  }

  async function walkGettingStarted(): Promise<void> {
    const page = readPage('docs/getting-started.md')
    const commands = commandsOf(page).filter((command) => !command.startsWith('docker '))
    expect(commands).toHaveLength(8)
    const [install = '', rollout = '', test = '', apply = '', wait = '', service = '', sipp = '', logs = ''] = commands
    const manifests = manifestsIn(page)
    expect(manifests.replace('203.0.113.7', '127.0.0.1')).toBe(manifestsIn(partOf('README.md', 'A first rule')))
    writeFileSync(join(folder, 'rules/first.yaml'), manifests.replace('203.0.113.7', '127.0.0.1'))
    await run(install)
    await startPods()
    expect(await run(rollout)).toContain('successfully rolled out')
    const [probe, tested] = await Promise.all([release?.runProbe(), run(test)])
    expect({ probe, tested }).toEqual({
      probe: { code: 0, output: expect.stringMatching(/answers OPTIONS with 200|says ready: it serves/) },
      tested: expect.stringMatching(/Phase: +Succeeded/),
    })
    await run(apply)
    expect(await run(wait)).toMatch(/siptrunk.*condition met\n.*dispatchrule.*condition met/)
    expect(await run(service)).toContain('5060')
    await call(sipp)
    await run(logs)
  }

  /** Calls, and hears what the page says. */
  async function call(sipp: string): Promise<void> {
    const caller = startShell(`${sipp.replace('sip.example.com:5060', `127.0.0.1:${release?.ingress.udp}`)} -nostdin`, {
      folder,
      environment: { TERM: 'dumb' },
    })
    await caller.ended
    expect(caller.said()).toContain('486 My First Rule')
  }

  /** Calls that the rule of the pages has answered. */
  async function answeredCalls(): Promise<number | undefined> {
    const rejected = { outcome: 'rejected', trunk: 'telephony/carrier', status: '486' }
    return release?.ingress.count('sip_dispatch_invites_total', rejected)
  }

  it(
    'comes through README.md and then docs/getting-started.md, in the order in which they are written',
    async () => {
      await walkReadme()
      await walkGettingStarted()
      expect(await answeredCalls()).toBe(1)
    },
    TEST_LIMIT_MS,
  )

  it(
    'comes through docs/getting-started.md alone',
    async () => {
      await walkGettingStarted()
      expect(await answeredCalls()).toBe(1)
    },
    TEST_LIMIT_MS,
  )

  it(
    'loses no rule where somebody has applied the definitions before, by either way of the page',
    async () => {
      const page = readPage('docs/getting-started.md')
      for (const way of ['`--take-ownership --force-conflicts --set crds.takeOver=true`', '`--set crds.enabled=false`'])
        expect(page).toContain(way)
      const [install = ''] = commandsOf(page).filter((command) => command.startsWith('helm '))
      await run(`kubectl apply --server-side -f ${ROOT}crds/siptrunks.yaml -f ${ROOT}crds/dispatchrules.yaml`)
      await run('kubectl wait --for=condition=Established --timeout=120s crd --all')
      await run('kubectl create namespace telephony')
      await run(`kubectl apply --namespace telephony -f examples/standalone`)
      await run(`${install} --set crds.enabled=false`)
      await run('helm uninstall phone --namespace telephony')
      await run(`${install} --take-ownership --force-conflicts --set crds.takeOver=true`)
      const owner = "{.metadata.annotations['meta\\.helm\\.sh/release-name']}"
      const definition = 'crd dispatchrules.sipdispatch.dev'
      expect(await run(`kubectl get ${definition} --output "jsonpath=${owner}"`)).toBe('phone')
      const rules = await run('kubectl get dispatchrules --namespace telephony --output name')
      expect(rules).toContain('dispatchrule.sipdispatch.dev/support')
    },
    TEST_LIMIT_MS,
  )
})
