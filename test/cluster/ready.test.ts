/** Whether an object works, as `kubectl get`, `wait` and `describe` show it, for what can be wrong with one. */
import { afterAll, beforeAll, expect, it } from '@jest/globals'
import { type Cluster, startCluster } from '../support/cluster.ts'
import { dispatchRule, sipTrunk } from '../support/manifest-text.ts'
import { eventually } from '../support/operator-process.ts'
import { describeWith } from '../support/real-part.ts'

const TEST_LIMIT_MS = 600_000

const REJECT = { type: 'Reject', reject: { status: 404 } }

const FINALIZER = 'example.com/handed-over'

function routed(name: string, called: string, service: string): object {
  const route = { backends: [{ service: { name: service, port: 5060 } }] }
  return dispatchRule(name, called, { type: 'Route', route })
}

function ofTrunk(name: string, called: string, trunk: string): object {
  const rule = dispatchRule(name, called, REJECT) as { readonly spec: object }
  return { ...rule, spec: { ...rule.spec, trunkRefs: [{ name: trunk }] } }
}

function service(name: string): object {
  const ports = [{ name: 'sip', port: 5060, protocol: 'UDP' }]
  return { apiVersion: 'v1', kind: 'Service', metadata: { name }, spec: { ports } }
}

function slice(name: string, ready: boolean): object {
  return {
    ...{ apiVersion: 'discovery.k8s.io/v1', kind: 'EndpointSlice', addressType: 'IPv4' },
    metadata: { name: `${name}-1`, labels: { 'kubernetes.io/service-name': name } },
    ports: [{ name: 'sip', port: 5060, protocol: 'UDP' }],
    endpoints: [{ addresses: ['192.0.2.20'], conditions: { ready } }],
  }
}

describeWith(['kubernetes', 'redis'], 'the condition Ready', () => {
  let cluster: Cluster

  beforeAll(async () => {
    cluster = await startCluster()
    await cluster.operator()
    await cluster.apply(sipTrunk('carrier', { sources: ['127.0.0.1'] }))
    await cluster.apply(dispatchRule('plain', '+15550000800', REJECT))
    await cluster.kubectl('wait', '--for=condition=Ready', 'trunk/carrier', 'drule/plain', '--timeout=120s')
  }, TEST_LIMIT_MS)

  afterAll(() => cluster.stop(), TEST_LIMIT_MS)

  /** READY and REASON as `kubectl get` prints them. */
  async function columns(rule: string): Promise<string[]> {
    const line = await cluster.kubectl('get', 'drule', rule, '--no-headers')
    return line.trim().split(/ +/).slice(-3, -1)
  }

  function event(rule: string, reason: string): Promise<string> {
    let last = ''
    return eventually(
      async () => {
        last = await cluster.kubectl('describe', 'drule', rule)
        return last.split('\n').find((line) => new RegExp(`^ +(Normal|Warning) +${reason} `).test(line))
      },
      () => `no Event ${reason}:\n${last}`,
    )
  }

  it(
    'is False while the Service does not exist or has no ready endpoint, and True once it has one',
    async () => {
      await cluster.apply(routed('to-voice', '+15550000801', 'voice'))
      await cluster.reason('drule/to-voice', 'Ready', 'ServiceNotFound')
      expect(await columns('to-voice')).toEqual(['False', 'ServiceNotFound'])
      expect(await event('to-voice', 'ServiceNotFound')).toMatch(/Warning.*create it or correct service\.name/)
      await cluster.apply(service('voice'), slice('voice', false))
      await cluster.reason('drule/to-voice', 'Ready', 'NoReadyEndpoints')
      expect(await columns('to-voice')).toEqual(['False', 'NoReadyEndpoints'])
      const wait = await cluster.tryKubectl(['wait', '--for=condition=Ready', 'drule/to-voice', '--timeout=1s'])
      expect(wait.code).not.toBe(0)
      await cluster.apply(slice('voice', true))
      await cluster.kubectl('wait', '--for=condition=Ready', 'drule/to-voice', '--timeout=120s')
      expect(await columns('to-voice')).toEqual(['True', 'Ready'])
      expect(await event('to-voice', 'Ready')).toMatch(/Normal/)
    },
    TEST_LIMIT_MS,
  )

  it(
    'is False for a rule that an earlier one leaves no call to, which an Event tells too',
    async () => {
      const hidden = dispatchRule('zz-hidden', '+15550000800', REJECT) as { readonly spec: object }
      await cluster.apply({ ...hidden, spec: { ...hidden.spec, priority: -1 } })
      const { message } = await cluster.reason('drule/zz-hidden', 'Ready', 'EarlierRule')
      expect(message).toBe(`${cluster.namespace}/plain comes first and takes every call of this rule`)
      expect(await columns('zz-hidden')).toEqual(['False', 'EarlierRule'])
      expect(await event('zz-hidden', 'EarlierRule')).toContain(message)
    },
    TEST_LIMIT_MS,
  )

  it(
    'names the trunk that is missing',
    async () => {
      await cluster.apply(ofTrunk('homeless', '+15550000803', 'missing'))
      const { message } = await cluster.reason('drule/homeless', 'Ready', 'NoTrunk')
      expect(message).toContain(`${cluster.namespace}/missing does not exist: create the SipTrunk or correct trunkRefs`)
    },
    TEST_LIMIT_MS,
  )

  it(
    'of a new generation is False until the pods run it, and kubectl wait waits for that',
    async () => {
      await cluster.apply(dispatchRule('changing', '+15550000804', REJECT))
      await cluster.kubectl('wait', '--for=condition=Ready', 'drule/changing', '--timeout=120s')
      cluster.ingress.child.kill('SIGSTOP')
      await cluster.apply(dispatchRule('changing', '+15550000805', REJECT))
      const wait = await cluster.tryKubectl(['wait', '--for=condition=Ready', 'drule/changing', '--timeout=2s'])
      expect(wait.code).not.toBe(0)
      const found = await eventually(
        async () => {
          const ready = await cluster.condition('drule/changing', 'Ready')
          return ready?.observedGeneration === 2 ? ready : undefined
        },
        () => 'nothing is said of the new generation',
      )
      expect(found).toMatchObject({ status: 'False', reason: expect.stringMatching(/^(Pending|NoReaders)$/) })
      cluster.ingress.child.kill('SIGCONT')
      await cluster.kubectl('wait', '--for=condition=Ready', 'drule/changing', '--timeout=120s')
    },
    TEST_LIMIT_MS,
  )

  it(
    'of an object that waits for a finalizer is False and says so, while its calls go on; then they end',
    async () => {
      const rule = dispatchRule('leaving', '+15550000806', { type: 'Reject', reject: { status: 410 } })
      await cluster.apply({ ...rule, metadata: { name: 'leaving', finalizers: [FINALIZER] } })
      await cluster.answered('+15550000806', 410)
      await cluster.kubectl('delete', 'drule', 'leaving', '--wait=false')
      const { message } = await cluster.reason('drule/leaving', 'Ready', 'Deleting')
      expect(message).toMatch(
        /^deleted at .* and kept by the finalizer example\.com\/handed-over: until then it takes calls/,
      )
      expect(await columns('leaving')).toEqual(['False', 'Deleting'])
      expect(await event('leaving', 'Deleting')).toContain(FINALIZER)
      expect(await cluster.call('+15550000806')).toBe(410)
      const patch = JSON.stringify({ metadata: { finalizers: null } })
      await cluster.kubectl('patch', 'drule', 'leaving', '--type=merge', '--patch', patch)
      await cluster.answered('+15550000806', 503)
    },
    TEST_LIMIT_MS,
  )
})
