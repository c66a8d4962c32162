/**
 * From `helm install` to a call that a rule of one's own answers: operator and ingress run with the flags and the
 * ServiceAccount of the release, without a node.
 */
import { tmpdir } from 'node:os'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { findKubernetesParts } from '../../scripts/kubernetes-parts.mjs'
import { startShell } from '../docs/commands-shell.ts'
import { CHART, runHelm } from '../support/helm.ts'
import { startKubernetesApi } from '../support/kubernetes-api.ts'
import { dispatchRule, manifestText, sipTrunk } from '../support/manifest-text.ts'
import { callNumber } from '../support/one-call.ts'
import { describeWith } from '../support/real-part.ts'
import { startRedisServer } from '../support/redis-server.ts'
import { NAMESPACE } from './chart-values.ts'
import { type Cluster, kubectlOf, type RunningRelease, runRelease } from './release.ts'

const TEST_LIMIT_MS = 600_000

const ACCOUNT = `system:serviceaccount:${NAMESPACE}:phone-sip-dispatch-operator`

/** What the operator must not do: verb, resource, and where it is not the release's namespace. */
const FORBIDDEN: readonly (readonly [what: string, ...asked: string[]])[] = [
  ['read a Secret that is not that of the keys', 'get', 'secrets/other'],
  ['list Secrets', 'list', 'secrets'],
  ['change the Secret of the keys', 'update', 'secrets/phone-sip-dispatch-keys'],
  ['read the Secret of the keys of another namespace', 'get', 'secrets/phone-sip-dispatch-keys', '--namespace=default'],
  ['change a rule', 'update', 'dispatchrules.sipdispatch.dev'],
  ['create a rule', 'create', 'dispatchrules.sipdispatch.dev'],
  ['delete a trunk', 'delete', 'siptrunks.sipdispatch.dev'],
  ['change a resource definition', 'update', 'customresourcedefinitions.apiextensions.k8s.io'],
  ['take the Lease of another', 'update', 'leases.coordination.k8s.io/other'],
  ['make a Lease elsewhere', 'create', 'leases.coordination.k8s.io', '--namespace=default'],
  ['read Pods', 'get', 'pods'],
  ['start a command in a Pod', 'create', 'pods/exec'],
  ['read ConfigMaps', 'get', 'configmaps'],
  ['list Namespaces', 'list', 'namespaces'],
  ['list Nodes', 'list', 'nodes'],
  ['make a token', 'create', 'serviceaccounts/token'],
  ['give itself rights', 'create', 'clusterrolebindings.rbac.authorization.k8s.io'],
  ['act as somebody else', 'impersonate', 'users'],
]

describeWith(['helm', 'kubernetes', 'redis'], 'a release of the chart', () => {
  let cluster: Cluster
  let release: RunningRelease
  let notes: string

  beforeAll(async () => {
    const [api, redis] = await Promise.all([startKubernetesApi({ resources: 'none' }), startRedisServer()])
    cluster = { api, redis }
    await kubectl('create', 'namespace', NAMESPACE)
    await kubectl('create', 'namespace', 'voice')
    const values = ['--set', `ingress.advertise.external=sip.example.com,cache.url=${redis.url}`]
    const { code, stdout, stderr } = await runHelm(
      ['install', 'phone', CHART, '--namespace', NAMESPACE, ...values],
      api.kubeconfig,
    )
    if (code !== 0) throw new Error(stderr)
    notes = stdout
    await kubectl('wait', '--for=condition=Established', '--timeout=120s', 'crd', '--all')
    release = await runRelease(cluster)
  }, TEST_LIMIT_MS)

  afterAll(async () => {
    await release.stop()
    await cluster.redis.stop()
    await cluster.api.stop()
  }, TEST_LIMIT_MS)

  const kubectl = (...args: readonly string[]): Promise<string> => kubectlOf(cluster, ...args)

  it(
    'answers a call by a rule that has just been applied, in a namespace of its own',
    async () => {
      const objects = [
        sipTrunk('carrier', { sources: ['127.0.0.1'] }),
        dispatchRule('mine', '+15550000800', { type: 'Reject', reject: { status: 486 } }),
      ]
      const applied = await cluster.api.kubectl(['--namespace', 'voice', 'apply', '--server-side', '--filename=-'], {
        input: manifestText(objects),
      })
      expect(applied.stderr).toBe('')
      await kubectl(
        '--namespace',
        'voice',
        'wait',
        '--for=condition=Programmed',
        '--timeout=120s',
        'drule/mine',
        'trunk/carrier',
      )
      expect(await callNumber('+15550000800', release.ingress.udp)).toBe(486)
      expect(release.operatorLog.filter(({ msg }) => msg === 'fault')).toEqual([])
    },
    TEST_LIMIT_MS,
  )

  it(
    'has notes whose commands are as they must be typed: who may call and where a call goes, in the namespace of the release',
    async () => {
      const commands = notes.split('\n').filter((line) => /^ *(kubectl|helm) /.test(line))
      expect(commands.length).toBeGreaterThanOrEqual(5)
      for (const command of commands) expect(command).toContain(`--namespace ${NAMESPACE}`)
      const [apply = ''] = /^kubectl apply [\s\S]*?\nEND$/m.exec(notes) ?? []
      const [wait = ''] = /kubectl wait .*/.exec(notes) ?? []
      const path = [findKubernetesParts().folder ?? '']
      for (const command of [apply, `${wait} --timeout=120s`]) {
        const environment = { KUBECONFIG: cluster.api.kubeconfig }
        const shell = startShell(command, { folder: tmpdir(), path, environment })
        expect({ command, code: await shell.ended, said: shell.said() }).toMatchObject({ command, code: 0 })
      }
    },
    TEST_LIMIT_MS,
  )

  it(
    'passes helm test, which leaves nothing behind',
    async () => {
      const test = runHelm(['test', 'phone', '--namespace', NAMESPACE, '--timeout', '60s'], cluster.api.kubeconfig)
      const { code, output } = await release.runProbe()
      expect({ code, output }).toEqual({
        code: 0,
        output: expect.stringMatching(/answers OPTIONS with 200|says ready/),
      })
      const result = await test
      expect({ code: result.code, stdout: result.stdout }).toEqual({
        code: 0,
        stdout: expect.stringMatching(/TEST SUITE: +phone-sip-dispatch-probe.*Phase: +Succeeded/s),
      })
      expect(await kubectl('get', 'pods', '--namespace', NAMESPACE, '--output=name')).toBe('')
    },
    TEST_LIMIT_MS,
  )

  describe('whose operator', () => {
    it.each(FORBIDDEN)('may not %s', async (_, ...asked) => {
      const where = asked.some((one) => one.startsWith('--namespace=')) ? [] : [`--namespace=${NAMESPACE}`]
      const { code, stdout } = await cluster.api.kubectl(['auth', 'can-i', ...asked, ...where, `--as=${ACCOUNT}`])
      expect({ code, answer: stdout.trim() }).toEqual({ code: 1, answer: 'no' })
    })
  })

  it('whose ingress may do nothing at all', async () => {
    const account = `--as=system:serviceaccount:${NAMESPACE}:phone-sip-dispatch-ingress`
    for (const asked of [
      ['get', 'secrets'],
      ['list', 'dispatchrules.sipdispatch.dev'],
      ['get', 'pods'],
      ['get', 'leases.coordination.k8s.io'],
    ]) {
      const { stdout } = await cluster.api.kubectl(['auth', 'can-i', ...asked, `--namespace=${NAMESPACE}`, account])
      expect({ asked, answer: stdout.trim() }).toEqual({ asked, answer: 'no' })
    }
  })
})
