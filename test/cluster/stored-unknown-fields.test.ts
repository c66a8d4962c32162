/** An object whose misspelt field the API server has let through: what the operator says, and what can be done with it. */
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, it } from '@jest/globals'
import { type Cluster, startCluster } from '../support/cluster.ts'
import { type PrivateKubernetesApi, startKubernetesApi } from '../support/kubernetes-api.ts'
import { dispatchRule, sipTrunk } from '../support/manifest-text.ts'
import { eventually } from '../support/operator-process.ts'
import { describeWith } from '../support/real-part.ts'

const TEST_LIMIT_MS = 900_000

const CRDS = fileURLToPath(new URL('../../crds', import.meta.url))

const REJECT = { type: 'Reject', reject: { status: 482 } }
const GOOD = dispatchRule('third', '+35550100', REJECT)
const CALED = { ...GOOD, spec: { match: { caled: [{ exact: '+35550100' }] }, action: REJECT } }

describeWith(['kubernetes', 'redis'], 'a misspelt field without the policy of admission', () => {
  let api: PrivateKubernetesApi
  let cluster: Cluster

  beforeAll(async () => {
    api = await startKubernetesApi()
    cluster = await startCluster(api)
    await cluster.operator()
    await cluster.apply(sipTrunk('carrier', { sources: ['127.0.0.1'] }), GOOD)
    await cluster.reason('drule/third', 'Programmed', 'Programmed')
  }, TEST_LIMIT_MS)

  afterAll(async () => {
    await cluster.stop()
    await api.stop()
  }, TEST_LIMIT_MS)

  it(
    'takes the rule out of the table, says why, and can be put right while others change the object elsewhere',
    async () => {
      await storesTheSlip()
      await changesElsewhere()
      expect(await cluster.call('+35550100')).toBe(482)
    },
    TEST_LIMIT_MS,
  )

  async function storesTheSlip(): Promise<void> {
    await cluster.kubectl('delete', 'validatingadmissionpolicybinding', '--all')
    await eventually(
      async () => {
        const { code } = await cluster.tryKubectl(['apply', '--validate=false', '--filename=-'], JSON.stringify(CALED))
        return code === 0 ? true : undefined
      },
      () => 'the policy still refuses',
    )
    const { message } = await cluster.reason('drule/third', 'Accepted', 'UnknownField')
    expect(message).toBe('spec.match.caled: unknown field (expected called)')
    await cluster.answered('+35550100', 503)
    await cluster.kubectl('wait', '--for=create', 'events.events.k8s.io', '--field-selector=reason=UnknownField')
  }

  async function changesElsewhere(): Promise<void> {
    await api.kubectl(['apply', '--server-side', '--force-conflicts', '--filename', CRDS])
    const patch = (change: object, ...flags: readonly string[]) =>
      cluster.tryKubectl(['patch', 'drule/third', '--type=merge', `--patch=${JSON.stringify(change)}`, ...flags])
    await eventually(
      async () => ((await patch({ spec: { priorty: 1 } }, '--dry-run=server')).code === 1 ? true : undefined),
      () => 'the policy is not back',
    )
    const second = await patch({ spec: { match: { calld: [] } } })
    expect(second.stderr).toContain('spec.match.calld: unknown field (expected called)')
    expect(second.stderr).not.toContain('caled')
    expect(await patch({ metadata: { labels: { team: 'a' }, finalizers: ['example.com/one'] } })).toMatchObject({
      code: 0,
    })
    expect(await patch({ spec: { priority: 4 } })).toMatchObject({ code: 0 })
    expect(await patch({ metadata: { finalizers: null } })).toMatchObject({ code: 0 })
    await cluster.reason('drule/third', 'Accepted', 'UnknownField')
    expect(await patch({ spec: { match: { caled: null, called: [{ prefix: '+3' }] } } })).toMatchObject({ code: 0 })
    await cluster.reason('drule/third', 'Programmed', 'Programmed')
    await cluster.answered('+35550100', 482)
  }
})
