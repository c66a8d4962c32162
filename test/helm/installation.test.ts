/** The chart on a real API server: what it accepts, and a release from install to uninstall. */
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { afterAll, beforeAll, expect, it } from '@jest/globals'
import { findHelm } from '../../scripts/kubernetes-parts.mjs'
import { untilDefinitionsGone } from '../support/definition-removal.ts'
import { CHART, runHelm } from '../support/helm.ts'
import { type PrivateKubernetesApi, startKubernetesApi } from '../support/kubernetes-api.ts'
import { describeWith } from '../support/real-part.ts'
import { type Manifest, manifestsOf, NAMESPACE, renderedText, VALUE_SETS, valuesFile } from './chart-values.ts'

const TEST_LIMIT_MS = 600_000

/** Bytes. Kubernetes stores no Secret above 1 MiB, and a release is one. */
const RELEASE_LIMIT = 300_000

/** The sets whose pods Pod Security "restricted" does not let in, and why. */
const UNRESTRICTED: Readonly<Record<string, RegExp>> = {
  'host-network': /host namespaces \(hostNetwork=true\)/,
  drachtio: /runAsNonRoot != true.*container "drachtio"|runAsUser=0.*"drachtio"/s,
}

interface PodTemplate {
  readonly metadata: object
  readonly spec: object
}

/** The pods that the workloads of a set would make. */
function podsOf(manifests: readonly Manifest[]): object[] {
  return manifests.flatMap(({ kind, metadata, spec }) => {
    if (kind === 'Pod') return [{ apiVersion: 'v1', kind, metadata: { name: metadata.name }, spec }]
    const template = (spec as { template?: PodTemplate } | undefined)?.template
    if (kind !== 'Deployment' && kind !== 'DaemonSet') return []
    return [
      { apiVersion: 'v1', kind: 'Pod', metadata: { ...template?.metadata, name: metadata.name }, spec: template?.spec },
    ]
  })
}

describeWith(['helm', 'kubernetes'], 'the chart on a real API server', () => {
  let api: PrivateKubernetesApi
  let folder: string

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'sip-dispatch-chart-'))
    // Of both families, for Services that ask for both.
    api = await startKubernetesApi({
      resources: 'none',
      flags: ['--service-cluster-ip-range=10.0.0.0/24,fd00:5060::/112'],
    })
    await kubectl('apply', '--server-side', '--filename', findHelm()?.definitions ?? '')
    for (const name of [NAMESPACE, 'voice', 'fax', 'restricted']) await kubectl('create', 'namespace', name)
    const enforce = 'pod-security.kubernetes.io/enforce=restricted'
    await kubectl('label', 'namespace', 'restricted', enforce)
    await kubectl('wait', '--for=condition=Established', '--timeout=120s', 'crd', '--all')
  }, TEST_LIMIT_MS)

  afterAll(async () => {
    await api.stop()
    rmSync(folder, { recursive: true })
  }, TEST_LIMIT_MS)

  async function kubectl(...args: readonly string[]): Promise<string> {
    const { code, stdout, stderr } = await api.kubectl(args)
    if (code !== 0) throw new Error(`KUBECTL_FAILED: ${args.join(' ')}: ${stderr}`)
    return stdout
  }

  async function helm(...args: readonly string[]): Promise<string> {
    const { code, stdout, stderr } = await runHelm([...args, '--namespace', NAMESPACE], api.kubeconfig)
    if (code !== 0) throw new Error(`HELM_FAILED: ${args.join(' ')}: ${stderr}`)
    return stdout
  }

  const dryRun = ['apply', '--server-side', '--dry-run=server', '--validate=strict', '--filename=-']

  it.each(VALUE_SETS)(
    'has every object of %s accepted, with no field that the server does not know',
    async (set) => {
      const rendered = await renderedText(set)
      const { code, stdout, stderr } = await api.kubectl(dryRun, { input: rendered })
      expect({ code, stderr: stderr.replaceAll(/^Warning: would violate PodSecurity.*\n/gm, '') }).toEqual({
        code: 0,
        stderr: '',
      })
      expect(stdout.trim().split('\n')).toHaveLength(manifestsOf(rendered).length)
    },
    TEST_LIMIT_MS,
  )

  it.each(VALUE_SETS)(
    'asks for no more than Pod Security "restricted" gives, or says where it does: %s',
    async (set) => {
      const pods = podsOf(manifestsOf(await renderedText(set)))
      expect(pods.length).toBeGreaterThanOrEqual(2)
      const refusals: string[] = []
      for (const pod of pods) {
        const { code, stderr } = await api.kubectl(['--namespace', 'restricted', ...dryRun], {
          input: JSON.stringify(pod),
        })
        if (code !== 0) refusals.push(stderr)
      }
      const expected = UNRESTRICTED[set]
      expect(refusals).toEqual(expected ? [expect.stringMatching(expected)] : [])
    },
    TEST_LIMIT_MS,
  )

  /** Everything that carries the release's label, and what the operator makes for it. */
  async function leftovers(): Promise<string[]> {
    const kinds =
      'all,configmaps,serviceaccounts,roles,rolebindings,networkpolicies,poddisruptionbudgets,leases,crds,' +
      'validatingadmissionpolicies,validatingadmissionpolicybindings,clusterroles,clusterrolebindings,podmonitors,servicemonitors,prometheusrules,horizontalpodautoscalers,secrets'
    const found = await kubectl(
      'get',
      kinds,
      '--all-namespaces',
      '--selector=app.kubernetes.io/instance=phone',
      '--output=name',
    )
    return found
      .trim()
      .split('\n')
      .filter((name) => name !== '')
      .toSorted()
  }

  /** A copy of the chart whose DispatchRule has one field more. */
  function nextChart(): string {
    const copy = join(folder, basename(CHART))
    cpSync(CHART, copy, { recursive: true })
    const path = join(copy, 'files/crds/dispatchrules.yaml')
    const text = readFileSync(path, 'utf8')
    const changed = text.replace(
      '              type: object\n              properties:\n',
      '              type: object\n              properties:\n                newcomer: {type: string}\n',
    )
    writeFileSync(
      path,
      changed === text
        ? text.replace(/(\n {12}spec:\n(?:.*\n)*? {14}properties:\n)/, '$1                newcomer: {type: string}\n')
        : changed,
    )
    expect(readFileSync(path, 'utf8')).toContain('newcomer')
    return copy
  }

  it(
    'is installed, upgraded with other values and another resource definition, rolled back and uninstalled',
    async () => {
      const release = ['phone', CHART, '--values', valuesFile('smallest')]
      const notes = await helm('install', ...release)
      for (const command of [
        'kubectl rollout status',
        'helm test phone',
        'kubectl apply --server-side',
        `kubectl wait --namespace ${NAMESPACE} --for=condition=Ready`,
      ]) {
        expect(notes).toContain(command)
      }
      const installed = await leftovers()
      expect(installed).toContain('deployment.apps/phone-sip-dispatch-operator')
      const replicas = () =>
        kubectl(
          'get',
          '--namespace',
          NAMESPACE,
          'deployment/phone-sip-dispatch-ingress',
          '--output=jsonpath={.spec.replicas}',
        )
      const definition = () => kubectl('get', 'crd/dispatchrules.sipdispatch.dev', '--output=yaml')
      expect(await replicas()).toBe('2')
      await helm(
        'upgrade',
        'phone',
        nextChart(),
        '--reuse-values',
        '--set',
        'ingress.replicas=3,metrics.podMonitor.enabled=true',
      )
      expect(await replicas()).toBe('3')
      expect(await definition()).toContain('newcomer')
      expect(await leftovers()).toContain('podmonitor.monitoring.coreos.com/phone-sip-dispatch-ingress')
      const [name = ''] = (
        await kubectl('get', '--namespace', NAMESPACE, 'secrets', '--selector=owner=helm', '--output=name')
      ).split('\n')
      const stored = await kubectl('get', '--namespace', NAMESPACE, name, '--output=jsonpath={.data.release}')
      expect(stored.length).toBeLessThan(RELEASE_LIMIT)
      await helm('rollback', 'phone', '1')
      expect(await replicas()).toBe('2')
      expect(await definition()).not.toContain('newcomer')
      expect(await leftovers()).toEqual(installed)
      await helm('uninstall', 'phone')
      const kept = ['dispatchrules', 'siptrunks'].map(
        (plural) => `customresourcedefinition.apiextensions.k8s.io/${plural}.sipdispatch.dev`,
      )
      const policies = ['dispatchrules', 'keep-definitions', 'keep-replicas', 'siptrunks'].map(
        (name) => `${name}.sipdispatch.dev`,
      )
      const group = 'admissionregistration.k8s.io'
      kept.push(...policies.map((name) => `validatingadmissionpolicy.${group}/${name}`))
      kept.push(...policies.map((name) => `validatingadmissionpolicybinding.${group}/${name}`))
      expect(await leftovers()).toEqual(kept.toSorted())
      // What stays is taken over by the next release of that name, and goes where nobody asks to keep it.
      await helm('install', ...release, '--set', 'crds.keep=false')
      await untilDefinitionsGone(api, () => helm('uninstall', 'phone'))
      expect(await leftovers()).toEqual([])
    },
    TEST_LIMIT_MS,
  )
})
