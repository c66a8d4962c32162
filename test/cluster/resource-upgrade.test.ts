/**
 * An upgrade from CustomResourceDefinitions that drop unknown fields and fill in defaults to those of this version, under
 * calls, and what the operator says while the old ones are served.
 */
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, it } from '@jest/globals'
import { type Cluster, startCluster } from '../support/cluster.ts'
import { type PrivateKubernetesApi, startKubernetesApi } from '../support/kubernetes-api.ts'
import { sipTrunk } from '../support/manifest-text.ts'
import { eventually, type OperatorProcess } from '../support/operator-process.ts'
import { describeWith } from '../support/real-part.ts'

const TEST_LIMIT_MS = 900_000

const OLD = fileURLToPath(new URL('pruning-definitions', import.meta.url))
const NEW = fileURLToPath(new URL('../../crds', import.meta.url))

const rule = (name: string, spec: object, status: number): object => {
  const whole = { trunkRefs: [{ name }], ...spec, action: { type: 'Reject', reject: { status } } }
  return { apiVersion: 'sipdispatch.dev/v1alpha1', kind: 'DispatchRule', metadata: { name }, spec: whole }
}

/** Each takes every call of its trunk; the last one was meant to take fewer. */
const CALED = rule('third', { match: { caled: [{ exact: '+3' }] } }, 482)
const CATCH_ALL = [rule('first', {}, 480), rule('second', { match: {} }, 481), CALED]
const NUMBERS = [
  ['+15550100', 480],
  ['+25550100', 481],
  ['+35550100', 482],
] as const

const trunk = (name: string, prefix: string): object => sipTrunk(name, { sources: ['127.0.0.1'], called: [{ prefix }] })

const OUTDATED = 'sip_dispatch_operator_crd_outdated'

describeWith(['kubernetes', 'redis'], 'an upgrade of the resource definitions', () => {
  let api: PrivateKubernetesApi
  let cluster: Cluster
  let operator: OperatorProcess
  let kubeconfig: string
  const heard: string[] = []
  const hangUp = new AbortController()
  let callers: Promise<unknown> | undefined

  beforeAll(async () => {
    api = await startKubernetesApi({ resources: 'none' })
    await api.kubectl(['apply', '--filename', OLD])
    await api.kubectl(['wait', '--for=condition=Established', '--timeout=120s', 'crd', '--all'])
    cluster = await startCluster(api)
    kubeconfig = api.kubeconfig
    operator = await cluster.operator({ kubeconfig })
    const flags = ['apply', '--validate=false', '--filename=-']
    const objects = [trunk('first', '+1'), trunk('second', '+2'), trunk('third', '+3'), ...CATCH_ALL]
    const applied = await cluster.tryKubectl(flags, JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects }))
    expect(applied).toMatchObject({ code: 0 })
    for (const name of ['first', 'second', 'third']) await cluster.reason(`drule/${name}`, 'Programmed', 'Programmed')
  }, TEST_LIMIT_MS)

  afterAll(async () => {
    hangUp.abort()
    await callers
    await cluster.stop()
    await api.stop()
  }, TEST_LIMIT_MS)

  /** Calls each number again and again, and keeps every answer. */
  async function callOn(): Promise<void> {
    while (!hangUp.signal.aborted) {
      for (const [number, status] of NUMBERS) {
        const answer = await cluster.call(number)
        heard.push(answer === status ? 'as ruled' : `${number} got ${answer}`)
      }
    }
  }

  const outdated = (): Promise<number[]> =>
    Promise.all(['SipTrunk', 'DispatchRule'].map((kind) => operator.count(OUTDATED, { kind })))

  /** Resolves when the condition Accepted of a rule has a message that holds. */
  const told = (object: string, holds: (message: string) => boolean): Promise<string> => {
    let last = ''
    return eventually(
      async () => {
        last = (await cluster.condition(object, 'Accepted'))?.message ?? ''
        return holds(last) ? last : undefined
      },
      () => `${object}: ${last}`,
    )
  }

  const spec = (object: string): Promise<string> => cluster.kubectl('get', object, '--output=jsonpath={.spec}')

  async function asksForNewOnes(): Promise<void> {
    const { problem } = await operator.said(({ code }) => code === 'crd_outdated')
    for (const kind of ['SipTrunk', 'DispatchRule']) {
      expect(problem).toContain(`the CustomResourceDefinition of ${kind} is older than this operator: it drops fields`)
    }
    expect(problem).toMatch(/; apply the CustomResourceDefinitions of this release$/)
    expect(await outdated()).toEqual([1, 1])
    for (const name of ['first', 'second', 'third']) {
      const trunkName = `${cluster.namespace}/${name}`
      const message = await told(`drule/${name}`, (text) => text.includes('drops misspelt fields'))
      expect(message).toContain(`it takes every call of ${trunkName} that no earlier rule takes; `)
    }
    expect(await spec('drule/third')).not.toContain('caled')
  }

  async function upgradesUnderCalls(): Promise<void> {
    const objects = ['drule/first', 'drule/second', 'drule/third', 'trunk/first']
    const before = await Promise.all(objects.map(spec))
    callers = callOn()
    await eventually(
      () => (heard.length > 30 ? true : undefined),
      () => 'no calls',
    )
    expect(await api.kubectl(['apply', '--server-side', '--force-conflicts', '--filename', NEW])).toMatchObject({
      code: 0,
    })
    await eventually(
      async () => ((await outdated()).every((value) => value === 0) ? true : undefined),
      () => 'the operator still finds the old definitions',
    )
    for (const name of ['first', 'second', 'third']) {
      const message = await told(`drule/${name}`, (text) => !text.includes('drops misspelt fields'))
      expect(message).toContain(`it takes every call of ${cluster.namespace}/${name} that`)
    }
    await operator.stop()
    operator = await cluster.operator({ kubeconfig })
    await operator.said(({ msg }) => msg === 'leading')
    const more = heard.length + 30
    await eventually(
      () => (heard.length > more ? true : undefined),
      () => 'no calls after the upgrade',
    )
    hangUp.abort()
    await callers
    expect(heard.filter((answer) => answer !== 'as ruled')).toEqual([])
    expect(await Promise.all(objects.map(spec))).toEqual(before)
  }

  async function refusesWhatWasDropped(): Promise<void> {
    const refused = await eventually(
      async () => {
        const answer = await cluster.tryKubectl(
          ['apply', '--validate=false', '--dry-run=server', '--filename=-'],
          JSON.stringify(CALED),
        )
        return answer.code === 1 ? answer : undefined
      },
      () => 'the policy refuses nothing',
    )
    expect(refused.stderr).toContain('spec.match.caled: unknown field (expected called)')
  }

  it(
    'is asked for, changes no object, refuses no call, and then refuses the field that was dropped before',
    async () => {
      await asksForNewOnes()
      await upgradesUnderCalls()
      await refusesWhatWasDropped()
      expect(await cluster.call('+35550100')).toBe(482)
    },
    TEST_LIMIT_MS,
  )
})
