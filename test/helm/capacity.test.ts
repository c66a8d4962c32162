/** No upgrade makes the pods of an ingress fewer, but one that says so. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals'
import { CHART, runHelm } from '../support/helm.ts'
import { type PrivateKubernetesApi, startKubernetesApi } from '../support/kubernetes-api.ts'
import { eventually } from '../support/operator-process.ts'
import { describeWith } from '../support/real-part.ts'
import { NAMESPACE } from './chart-values.ts'
import { formerManifests, helmOf, helmTool, kubectlTool } from './deployment-tool.ts'
import { kubectlOf } from './release.ts'

const TEST_LIMIT_MS = 600_000

const NAME = 'phone-sip-dispatch-ingress'

const set = (...values: readonly string[]): string[] =>
  ['ingress.advertise.external=sip.example.com', 'cache.url=redis://cache.example.com', ...values].flatMap((value) => [
    '--set',
    value,
  ])

const SIX = 'ingress.replicas=6'
const AUTOSCALED = 'ingress.autoscaling.enabled=true'

/** As the former version left them: with a number of pods, or with none where an autoscaler says it. */
const SIX_BEFORE = formerManifests('native').replace(/(-ingress\n(?:.*\n)*? {2}replicas: )2/, '$16')

describeWith(['helm', 'kubernetes'], 'the number of ingress pods', () => {
  let api: PrivateKubernetesApi

  beforeAll(async () => {
    api = await startKubernetesApi({ resources: 'none' })
    await kubectl('create', 'namespace', NAMESPACE)
  }, TEST_LIMIT_MS)

  afterAll(async () => {
    await api.stop()
  }, TEST_LIMIT_MS)

  afterEach(async () => {
    await runHelm(['uninstall', 'phone', '--namespace', NAMESPACE], api.kubeconfig)
    const kinds = 'deployments,services,serviceaccounts,roles,rolebindings,poddisruptionbudgets,hpa'
    await kubectl('delete', kinds, '-n', NAMESPACE, '--all')
    const everywhere = 'clusterroles,clusterrolebindings'
    await kubectl('delete', everywhere, '--selector=app.kubernetes.io/instance=phone')
    // Helm leaves these, and what one tool has applied the next one may not take over unasked.
    await kubectl('delete', 'validatingadmissionpolicies,validatingadmissionpolicybindings', '--all')
  }, TEST_LIMIT_MS)

  const kubectl = (...args: readonly string[]): Promise<string> => kubectlOf({ api }, ...args)

  const pods = async (): Promise<number> =>
    Number(await kubectl('get', `deployment/${NAME}`, '-n', NAMESPACE, '--output=jsonpath={.spec.replicas}'))

  /** What an autoscaler does, and somebody in a hurry. */
  const scale = (count: number): Promise<string> =>
    kubectl('scale', `deployment/${NAME}`, '-n', NAMESPACE, `--replicas=${count}`)

  const notes = (): Promise<string> => helmOf(api, 'get', 'notes', 'phone')

  describe.each(['true', 'false'])('with helm --server-side=%s', (way) => {
    const flag = `--server-side=${way}`
    const tool = () => helmTool(api, flag, [flag, flag])

    it(
      'stays when autoscaling is switched on and off, until the value for it changes',
      async () => {
        await tool().startFrom(SIX_BEFORE)
        expect(await pods()).toBe(6)
        await tool().apply(set(SIX, AUTOSCALED))
        expect(await pods()).toBe(6)
        await scale(9)
        await tool().apply(set(SIX, AUTOSCALED, 'ingress.logLevel=debug'))
        expect(await pods()).toBe(9)
        await tool().apply(set(SIX))
        expect(await pods()).toBe(9)
        expect(await notes()).toContain('The ingress was scaled and stays at 9 pods; ingress.replicas says 6')
        const force = [flag, `--force-conflicts=${way}`]
        await helmOf(api, 'upgrade', 'phone', CHART, ...set('ingress.replicas=4'), ...force)
        expect(await pods()).toBe(4)
        expect(await notes()).not.toContain('The ingress was scaled')
      },
      TEST_LIMIT_MS,
    )

    it(
      'stays where kubectl has scaled, whatever else an upgrade changes',
      async () => {
        await tool().apply(set())
        await scale(6)
        await kubectl('scale', 'deployment/phone-sip-dispatch-operator', '-n', NAMESPACE, '--replicas=3')
        for (const values of [set('ingress.logLevel=debug'), set(AUTOSCALED), set('ingress.logLevel=warn')]) {
          await tool().apply(values)
          expect(await pods()).toBe(6)
        }
        await scale(2)
        await tool().apply(set())
        expect(await pods()).toBe(2)
      },
      TEST_LIMIT_MS,
    )

    it(
      "stays the autoscaler's where it was so from the beginning, by an upgrade and by a rollback",
      async () => {
        const autoscaler = JSON.stringify({
          apiVersion: 'autoscaling/v2',
          kind: 'HorizontalPodAutoscaler',
          metadata: { name: NAME, namespace: NAMESPACE },
          spec: { scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: NAME }, maxReplicas: 10 },
        })
        const former = formerManifests('native').replace(/(-ingress\n(?:.*\n)*?) {2}replicas: 2\n/, '$1')
        await tool().startFrom(`${former}---\n${autoscaler}\n`)
        await scale(6)
        await tool().apply(set(AUTOSCALED))
        expect(await pods()).toBe(6)
        await scale(8)
        await helmOf(api, 'rollback', 'phone', '1', flag)
        expect(await pods()).toBe(8)
        await tool().apply(set(AUTOSCALED))
        expect(await pods()).toBe(8)
      },
      TEST_LIMIT_MS,
    )
  })

  describe('with kubectl apply, which sees no cluster when it renders', () => {
    /** Switches autoscaling on for six pods, which is refused, then hands their number over; how many are left. */
    async function afterHandOver(flags: readonly string[], handOver: () => Promise<unknown>): Promise<number> {
      const tool = kubectlTool(api, 'kubectl', flags)
      await tool.apply(set(SIX))
      await probePolicy()
      await expect(tool.apply(set(SIX, AUTOSCALED))).rejects.toThrow(
        /ingress would go from 6 pods to 1, .* see "Autoscaling" in docs\/operations\.md/,
      )
      expect(await pods()).toBe(6)
      await handOver()
      await tool.apply(set(SIX, AUTOSCALED))
      await tool.apply(set(SIX, AUTOSCALED, 'ingress.logLevel=debug'))
      return pods()
    }

    /** Waits until the policy is in force, on a Deployment that is no ingress of anybody's. */
    async function probePolicy(): Promise<void> {
      const probe = (replicas: number): string =>
        JSON.stringify({
          apiVersion: 'apps/v1',
          kind: 'Deployment',
          metadata: {
            name: 'probe',
            namespace: NAMESPACE,
            labels: { 'app.kubernetes.io/part-of': 'sip-dispatch', 'app.kubernetes.io/component': 'ingress' },
            annotations: { 'sipdispatch.dev/replicas': 'autoscaler' },
          },
          spec: {
            replicas,
            selector: { matchLabels: { probe: 'yes' } },
            template: {
              metadata: { labels: { probe: 'yes' } },
              spec: { containers: [{ name: 'probe', image: 'none' }] },
            },
          },
        })
      await eventually(
        async () => {
          await api.kubectl(['apply', '--filename=-'], { input: probe(2) })
          const { stderr } = await api.kubectl(['apply', '--filename=-'], { input: probe(1) })
          return stderr.includes('probe would go from 2 pods to 1') ? true : undefined
        },
        () => 'the policy is not in force',
      )
    }

    it(
      'is not taken back to 1 by a client-side apply, and stays once it was taken out of what was applied',
      async () => {
        const left = await afterHandOver([], async () => {
          const target = [`deployment/${NAME}`, '-n', NAMESPACE]
          const applied = await kubectl('apply', 'view-last-applied', ...target, '--output=yaml')
          const input = applied.replace(/^ *replicas:.*\n/gm, '')
          expect(input).not.toBe(applied)
          const { code, stderr } = await api.kubectl(['apply', 'set-last-applied', '--filename=-'], { input })
          expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
        })
        expect(left).toBe(6)
      },
      TEST_LIMIT_MS,
    )

    it(
      'is not taken back to 1 by a server-side apply, and stays once somebody else has set it',
      async () => {
        expect(await afterHandOver(['--server-side', '--force-conflicts'], () => scale(7))).toBe(7)
      },
      TEST_LIMIT_MS,
    )
  })
})
