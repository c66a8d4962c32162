/** What an operator says where the way to the API server, its resources or its rights are not as they should be. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals'
import { parseAllDocuments } from 'yaml'
import { type Cluster, startCluster } from '../support/cluster.ts'
import { runCommand } from '../support/command-line.ts'
import { untilDefinitionsGone } from '../support/definition-removal.ts'
import { type PrivateKubernetesApi, startKubernetesApi } from '../support/kubernetes-api.ts'
import { dispatchRule, sipTrunk } from '../support/manifest-text.ts'
import { eventually, type OperatorProcess } from '../support/operator-process.ts'
import { describeWith } from '../support/real-part.ts'

const TEST_LIMIT_MS = 600_000

const RIGHTS = fileURLToPath(new URL('../../operator/rbac.yaml', import.meta.url))
const CRDS = fileURLToPath(new URL('../../crds/', import.meta.url))

const TRUNK = sipTrunk('carrier', { sources: ['127.0.0.1'] })
const rejecting = (status: number): object => ({ type: 'Reject', reject: { status } })

/** Resolves when /readyz says something, and answers all of it. */
function unready(operator: OperatorProcess, text: string): Promise<string> {
  let last = ''
  const ask = async (): Promise<string | undefined> => {
    const [status, page] = await operator.readiness()
    last = page
    return status === 503 && page.includes(text) ? page : undefined
  }
  return eventually(ask, () => `/readyz: ${last}, not ${text}`)
}

function ready(operator: OperatorProcess): Promise<true> {
  let last = ''
  const ask = async (): Promise<true | undefined> => {
    const [status, page] = await operator.readiness()
    last = page
    return status === 200 ? true : undefined
  }
  return eventually(ask, () => `/readyz: ${last}`)
}

const KUBECONFIG = {
  apiVersion: 'v1',
  kind: 'Config',
  clusters: [{ name: 'one', cluster: { server: 'https://127.0.0.1:6443' } }],
  users: [{ name: 'me', user: {} }],
  contexts: [{ name: 'work', context: { cluster: 'one', user: 'me' } }],
  'current-context': 'work',
}

describe('an operator does not start, and says why', () => {
  let folder = ''

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'sip-dispatch-kubeconfig-'))
  })
  afterAll(() => rmSync(folder, { recursive: true }))

  const start = (...flags: readonly string[]) => {
    const cache = ['--cache', 'redis://127.0.0.1:1', '--http', '127.0.0.1:0']
    return runCommand(['operator', ...cache, ...flags], { HOME: folder })
  }

  it('where there is no kubeconfig anywhere', async () => {
    // A Pod's ServiceAccount has no contexts: with one asked for, it is not looked at.
    const { code, output, errors } = await start('--context', 'work')
    expect({ code, output }).toEqual({ code: 1, output: '' })
    expect(errors).toBe(
      'error: no kubeconfig was found ($KUBECONFIG, ~/.kube/config) and this is no Pod with a ServiceAccount token; name a file with --kubeconfig, or set automountServiceAccountToken: true (kubeconfig_missing)\n',
    )
  })

  it('where the file that is named is not there', async () => {
    const { code, errors } = await start('--kubeconfig', join(folder, 'missing'))
    expect({ code, errors }).toEqual({
      code: 2,
      errors: `error: --kubeconfig: "${join(folder, 'missing')}" is not a file that can be read\n`,
    })
  })

  it.each([
    ['is no YAML', 'clusters: [', [], /cannot be read: [^\n]+; compare it .*kubectl config view.* \(kubeconfig_unread/],
    [
      'has no contexts',
      '{}',
      [],
      /has no contexts; make one with kubectl config set-context \(kubeconfig_incomplete\)$/,
    ],
    [
      'names no server',
      JSON.stringify({ ...KUBECONFIG, clusters: [{ name: 'one', cluster: {} }] }),
      [],
      /clusters\[0\]\.cluster\.server is missing; compare it .* \(kubeconfig_unreadable\)$/,
    ],
    [
      'has no such context',
      JSON.stringify(KUBECONFIG),
      ['--context', 'play'],
      /^error: there is no context "play"; --context is one of work \(kubeconfig_context_unknown\)$/,
    ],
  ] as const)('where the kubeconfig %s', async (_, content, flags, says) => {
    const file = join(folder, 'kubeconfig')
    writeFileSync(file, content)
    const { code, output, errors } = await start('--kubeconfig', file, ...flags)
    expect({ code, output }).toEqual({ code: 1, output: '' })
    expect(errors.trimEnd().split('\n')).toEqual([expect.stringMatching(says)])
  })
})

describeWith(['kubernetes', 'redis'], 'an operator whose API server', () => {
  let api: PrivateKubernetesApi
  let cluster: Cluster

  beforeAll(async () => {
    api = await startKubernetesApi()
    cluster = await startCluster(api)
  }, TEST_LIMIT_MS)

  afterAll(async () => {
    await cluster.stop()
    await api.stop()
  }, TEST_LIMIT_MS)

  it(
    'is not there when it starts is told, and does its work as soon as it appears',
    async () => {
      await api.apiserver.kill()
      const operator = await cluster.operator()
      const { problem } = await operator.said(({ code }) => code === 'api_unreachable')
      expect(problem).toMatch(/ECONNREFUSED.*check that the API server runs and can be reached from here$/)
      await unready(operator, 'dispatchrules: ')
      await api.apiserver.restart()
      await cluster.apply(TRUNK, dispatchRule('late', '+15550000501', rejecting(404)))
      await cluster.reason('drule/late', 'Programmed', 'Programmed')
      await ready(operator)
      await operator.stop()
    },
    TEST_LIMIT_MS,
  )

  it(
    'has no CustomResourceDefinitions, then those of another version, then the right ones, heals by itself',
    async () => {
      const definitions = ['siptrunks.sipdispatch.dev', 'dispatchrules.sipdispatch.dev'].map((name) => `crd/${name}`)
      await untilDefinitionsGone(api, () => cluster.kubectl('delete', '--wait', ...definitions))
      const operator = await cluster.operator()
      const absent = await operator.said(({ code }) => code === 'resource_not_served')
      expect(absent['problem']).toMatch(
        /the API server does not serve .*sipdispatch\.dev\/v1alpha1 in namespace \S+; install the CustomResourceDefinitions of this release \(kubectl get crd \w+\.sipdispatch\.dev\)$/,
      )
      const other = readFileSync(join(CRDS, 'siptrunks.yaml'), 'utf8').replace('name: v1alpha1', 'name: v1beta1')
      const [definition] = definitions
      await cluster.tryKubectl(['apply', '--server-side', '--filename=-'], other)
      await cluster.kubectl('wait', '--for=condition=Established', String(definition))
      expect(await unready(operator, 'siptrunks: ')).toContain('does not serve siptrunks.sipdispatch.dev/v1alpha1')
      await untilDefinitionsGone(api, () => cluster.kubectl('delete', '--wait', String(definition)))
      await cluster.kubectl('apply', '--server-side', '--filename', CRDS)
      await cluster.kubectl('wait', '--for=condition=Established', ...definitions)
      await operator.said(({ msg, resource }) => msg === 'watched again' && resource === 'siptrunks')
      await operator.said(({ msg, resource }) => msg === 'watched again' && resource === 'dispatchrules')
      await cluster.apply(TRUNK, dispatchRule('healed', '+15550000502', rejecting(404)))
      await cluster.reason('drule/healed', 'Programmed', 'Programmed')
      await ready(operator)
    },
    TEST_LIMIT_MS,
  )
})

interface PolicyRule {
  readonly apiGroups: readonly string[]
  readonly resources: readonly string[]
}

/** The rights of `operator/rbac.yaml` as one Role, but for some resources. */
function roleWithout(...without: readonly string[]): object {
  const rules: PolicyRule[] = parseAllDocuments(readFileSync(RIGHTS, 'utf8')).flatMap((one) => one.toJS().rules)
  const left = rules.map((rule) => ({ ...rule, resources: rule.resources.filter((name) => !without.includes(name)) }))
  return {
    ...{ apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'Role', metadata: { name: 'operator' } },
    rules: left.filter(({ resources }) => resources.length > 0),
  }
}

describeWith(['kubernetes', 'redis'], 'an operator that lacks a right', () => {
  let cluster: Cluster
  let operator: OperatorProcess
  let kubeconfig: string

  beforeEach(async () => {
    cluster = await startCluster()
    const { namespace, api } = cluster
    const token = await api.serviceAccountToken({ namespace, name: 'operator' })
    kubeconfig = api.kubeconfigWith({ token })
    const account = `--serviceaccount=${namespace}:operator`
    await cluster.kubectl('create', 'rolebinding', 'operator', '--role=operator', account)
    await cluster.apply(TRUNK, dispatchRule('plain', '+15550000503', rejecting(404)))
  }, TEST_LIMIT_MS)

  afterEach(() => cluster.stop(), TEST_LIMIT_MS)

  async function startWithout(...resources: readonly string[]): Promise<void> {
    await cluster.apply(roleWithout(...resources))
    operator = await cluster.operator({ kubeconfig })
  }

  it(
    'on Services goes on without them: rules that use one keep its endpoints, and say what to grant',
    async () => {
      const ports = [{ name: 'sip', port: 5060, protocol: 'UDP' }]
      const route = { type: 'Route', route: { backends: [{ service: { name: 'voice', port: 5060 } }] } }
      await cluster.apply(
        { apiVersion: 'v1', kind: 'Service', metadata: { name: 'voice' }, spec: { ports } },
        {
          ...{ apiVersion: 'discovery.k8s.io/v1', kind: 'EndpointSlice', addressType: 'IPv4', ports },
          metadata: { name: 'voice-1', labels: { 'kubernetes.io/service-name': 'voice' } },
          endpoints: [{ addresses: ['192.0.2.10'], conditions: { ready: true } }],
        },
        dispatchRule('served', '+15550000504', route),
      )
      await startWithout()
      await cluster.reason('drule/served', 'ResolvedRefs', 'ResolvedRefs')
      await operator.stop()
      await startWithout('services', 'endpointslices')
      const { problem } = await operator.said(({ code }) => code === 'watch_forbidden')
      expect(problem).toMatch(
        /may not be watched; grant get, list and watch on \w+ to the operator's ServiceAccount \(.* cannot list resource/,
      )
      const { message } = await cluster.reason('drule/served', 'ResolvedRefs', 'ServicesUnwatched')
      expect(message).toContain('grant it get, list and watch on both')
      await cluster.apply(dispatchRule('another', '+15550000505', rejecting(486)))
      expect(await cluster.answered('+15550000505', 486)).toBe(486)
      const entry = `service/${cluster.namespace}/voice:5060`
      expect(await cluster.redis.command('HGET', '{test}:entries', entry)).toContain('192.0.2.10')
      await unready(operator, 'services: ')
      await cluster.apply(roleWithout())
      await cluster.reason('drule/served', 'ResolvedRefs', 'ResolvedRefs')
      await ready(operator)
    },
    TEST_LIMIT_MS,
  )

  it(
    'on rules names it, touches no table, and goes on when it is granted',
    async () => {
      await startWithout('dispatchrules')
      const { problem } = await operator.said(({ code }) => code === 'watch_forbidden')
      expect(problem).toMatch(/^dispatchrules: .* grant get, list and watch on dispatchrules to the operator's Service/)
      expect(problem).toContain('cannot list resource "dispatchrules" in API group "sipdispatch.dev"')
      await unready(operator, 'dispatchrules: ')
      expect(await cluster.redis.command('EXISTS', '{test}:head')).toBe('0')
      await cluster.apply(roleWithout())
      expect(await cluster.answered('+15550000503', 404)).toBe(404)
    },
    TEST_LIMIT_MS,
  )

  it(
    'on statuses decides calls all the same, and names it',
    async () => {
      await startWithout('dispatchrules/status')
      expect(await cluster.answered('+15550000503', 404)).toBe(404)
      const { problem } = await operator.said(({ code }) => code === 'status-forbidden')
      expect(problem).toMatch(
        /cannot patch resource "dispatchrules\/status".*; let the operator's role patch the status$/,
      )
      await cluster.reason('trunk/carrier', 'Programmed', 'Programmed')
      await cluster.apply(roleWithout(), dispatchRule('granted', '+15550000506', rejecting(404)))
      await cluster.reason('drule/granted', 'Programmed', 'Programmed')
    },
    TEST_LIMIT_MS,
  )

  it(
    'on the Lease waits for it, and names it',
    async () => {
      await startWithout('leases')
      const { problem } = await operator.said(({ code }) => code === 'lease-failed')
      expect(problem).toMatch(/cannot (get|create) resource "leases" in API group "coordination\.k8s\.io"/)
      await cluster.apply(roleWithout())
      expect(await cluster.answered('+15550000503', 404)).toBe(404)
    },
    TEST_LIMIT_MS,
  )
})
