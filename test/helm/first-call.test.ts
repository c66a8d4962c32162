/**
 * From `helm install` to a call that a rule of one's own answers: operator and ingress run with the flags and the
 * ServiceAccount of the release, without a node.
 */

import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { runCommand, startCommand } from '../support/command-line.ts'
import { CHART, runHelm } from '../support/helm.ts'
import { type PrivateKubernetesApi, startKubernetesApi } from '../support/kubernetes-api.ts'
import { dispatchRule, manifestText, sipTrunk } from '../support/manifest-text.ts'
import { eventually } from '../support/operator-process.ts'
import { describeWith } from '../support/real-part.ts'
import { type RedisServer, startRedisServer } from '../support/redis-server.ts'
import { type LogLine, type ServingProcess, startServingProcess } from '../support/serving-process.ts'
import { requestText, statusOf } from '../support/sip-text.ts'
import { openDatagramPeer } from '../support/wire-socket.ts'
import { manifestsOf, NAMESPACE } from './chart-values.ts'
import { commandOf, flagsWithout } from './rendered-command.ts'

const TEST_LIMIT_MS = 120_000

/** The name that the internal Service of the release has in its cluster. */
const INTERNAL = `phone-sip-dispatch-internal.${NAMESPACE}.svc.cluster.local`

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
  let api: PrivateKubernetesApi
  let redis: RedisServer
  let folder: string
  let ingress: ServingProcess | undefined
  let endOperator: (() => Promise<void>) | undefined
  const operatorLog: LogLine[] = []

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'sip-dispatch-release-'))
    ;[api, redis] = await Promise.all([startKubernetesApi({ resources: 'none' }), startRedisServer()])
    await kubectl('create', 'namespace', NAMESPACE)
    await kubectl('create', 'namespace', 'voice')
    const values = ['--set', `ingress.advertise.external=sip.example.com,cache.url=${redis.url}`]
    const { code, stderr } = await runHelm(
      ['install', 'phone', CHART, '--namespace', NAMESPACE, ...values],
      api.kubeconfig,
    )
    if (code !== 0) throw new Error(stderr)
    await kubectl('wait', '--for=condition=Established', '--timeout=30s', 'crd', '--all')
    await startOperator()
    await startIngress()
  }, TEST_LIMIT_MS)

  afterAll(async () => {
    await ingress?.stop()
    await endOperator?.()
    await redis.stop()
    await api.stop()
    rmSync(folder, { recursive: true })
  }, TEST_LIMIT_MS)

  async function kubectl(...args: readonly string[]): Promise<string> {
    const { code, stdout, stderr } = await api.kubectl(args)
    if (code !== 0) throw new Error(`KUBECTL_FAILED: ${args.join(' ')}: ${stderr}`)
    return stdout
  }

  async function release(): Promise<ReturnType<typeof manifestsOf>> {
    const { stdout } = await runHelm(['get', 'manifest', 'phone', '--namespace', NAMESPACE], api.kubeconfig)
    return manifestsOf(stdout)
  }

  /** With the token that the pod would get, and no other access. */
  async function startOperator(): Promise<void> {
    const token = await kubectl('create', 'token', 'phone-sip-dispatch-operator', '--namespace', NAMESPACE)
    const flags = flagsWithout(commandOf(await release(), 'operator', {}), 'http')
    const access = ['--kubeconfig', api.kubeconfigWith({ token: token.trim() }), '--http', '127.0.0.1:0']
    const child = startCommand([...flags, ...access])
    const errors: string[] = []
    child.stderr.setEncoding('utf8').on('data', (text: string) => errors.push(text))
    createInterface(child.stdout).on('line', (line) => operatorLog.push(JSON.parse(line)))
    const exited = once(child, 'exit')
    endOperator = async () => {
      child.kill('SIGTERM')
      await exited
    }
    await eventually(
      () => operatorLog.find(({ msg }) => msg === 'table published'),
      () => `${errors.join('')}${operatorLog.map((line) => JSON.stringify(line)).join('\n')}`,
    )
  }

  /** With the files that its volumes would hold, on free ports. */
  async function startIngress(): Promise<void> {
    const secret = ['--namespace', NAMESPACE, 'secret/phone-sip-dispatch-keys']
    const key = await kubectl('get', ...secret, '--output=jsonpath={.data.cookie\\.current}')
    writeFileSync(join(folder, 'cookie.current'), Buffer.from(key, 'base64'))
    const args = commandOf(await release(), 'ingress', { POD_NAME: 'phone-0' })
    const flags = flagsWithout(args, 'http', 'listen', 'keys', 'snapshot')
    expect(args.length - flags.length).toBe(5)
    ingress = await startServingProcess([...flags, '--keys', folder, '--snapshot', join(folder, 'table')])
  }

  async function call(number: string): Promise<number> {
    const peer = await openDatagramPeer('127.0.0.1')
    try {
      const via = `SIP/2.0/UDP ${peer.address}:${peer.port};branch=z9hG4bK-release`
      await peer.send(requestText({ uri: `sip:${number}@127.0.0.1`, via, callId: 'release' }), ingress?.udp ?? 0)
      return statusOf(await peer.answer((text) => statusOf(text) >= 200))
    } finally {
      peer.close()
    }
  }

  it(
    'answers a call by a rule that has just been applied, in a namespace of its own',
    async () => {
      const objects = [
        sipTrunk('carrier', { sources: ['127.0.0.1'] }),
        dispatchRule('mine', '+15550000800', { type: 'Reject', reject: { status: 486 } }),
      ]
      const applied = await api.kubectl(['--namespace', 'voice', 'apply', '--server-side', '--filename=-'], {
        input: manifestText(objects),
      })
      expect(applied.stderr).toBe('')
      await kubectl(
        '--namespace',
        'voice',
        'wait',
        '--for=condition=Programmed',
        '--timeout=30s',
        'drule/mine',
        'trunk/carrier',
      )
      expect(await call('+15550000800')).toBe(486)
      expect(operatorLog.filter(({ msg }) => msg === 'fault')).toEqual([])
    },
    TEST_LIMIT_MS,
  )

  /** What a kubelet does with the pod of `helm test`: runs its command and says how it ended. */
  async function runProbe(): Promise<{ readonly code: number | null; readonly output: string }> {
    const get = ['get', 'pod', 'phone-sip-dispatch-probe', '--namespace', NAMESPACE, '--output=json']
    const pod = await eventually(
      async () => {
        const { code, stdout } = await api.kubectl(get)
        return code === 0 ? stdout : undefined
      },
      () => 'helm test makes no pod',
    )
    const args = commandOf(manifestsOf(pod), 'probe', {}).map((arg) =>
      arg
        .replace(`udp://${INTERNAL}:5060`, `udp://127.0.0.1:${ingress?.udp}`)
        .replace(`http://${INTERNAL}:9090`, String(ingress?.log.find(({ msg }) => msg === 'serving')?.['http'])),
    )
    expect(args.join(' ')).not.toContain('svc.cluster.local')
    const { code, output } = await runCommand(args)
    const status = JSON.stringify({ status: { phase: code === 0 ? 'Succeeded' : 'Failed' } })
    const patch = ['patch', 'pod', 'phone-sip-dispatch-probe', '--namespace', NAMESPACE, '--subresource=status']
    await kubectl(...patch, '--type=merge', `--patch=${status}`)
    return { code, output }
  }

  it(
    'passes helm test, which leaves nothing behind',
    async () => {
      const test = runHelm(['test', 'phone', '--namespace', NAMESPACE, '--timeout', '60s'], api.kubeconfig)
      const { code, output } = await runProbe()
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
      const { code, stdout } = await api.kubectl(['auth', 'can-i', ...asked, ...where, `--as=${ACCOUNT}`])
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
      const { stdout } = await api.kubectl(['auth', 'can-i', ...asked, `--namespace=${NAMESPACE}`, account])
      expect({ asked, answer: stdout.trim() }).toEqual({ asked, answer: 'no' })
    }
  })
})
