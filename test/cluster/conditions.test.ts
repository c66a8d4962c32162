/** Every condition and every reason of the API, as a user sees it on a real API server, and how it goes away again. */
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, it } from '@jest/globals'
import { CONDITION_REASONS, type ConditionType } from '../../crds/schema/conditions.ts'
import { openAnsweringBackend } from '../support/answering-backend.ts'
import { type Cluster, type ConditionText, startCluster } from '../support/cluster.ts'
import { type PrivateKubernetesApi, startKubernetesApi } from '../support/kubernetes-api.ts'
import { dispatchRule, sipTrunk } from '../support/manifest-text.ts'
import { eventually } from '../support/operator-process.ts'
import { describeWith } from '../support/real-part.ts'

const TEST_LIMIT_MS = 600_000

const CRDS = fileURLToPath(new URL('../../crds/', import.meta.url))

/**
 * Shown where the operator lacks the right (operator-bad-input.test.ts), for an object that goes (ready.test.ts), and where
 * the API server lets a misspelt field through (stored-unknown-fields.test.ts).
 */
const SHOWN_ELSEWHERE = ['ResolvedRefs ServicesUnwatched', 'Ready Deleting', 'Accepted UnknownField']

/** What has been seen here: `type reason`. */
const seen = new Set<string>(SHOWN_ELSEWHERE)

const REJECT = { type: 'Reject', reject: { status: 404 } }

const NUMBER = '+15550000600'

type Labelled = { readonly metadata: object; readonly spec: object }

/** A rule of one number; `spec`: what differs from a rule that rejects. */
function rule(name: string, called: string, spec: object = {}): object {
  const made = dispatchRule(name, called, REJECT) as Labelled
  return { ...made, spec: { ...made.spec, ...spec } }
}

function routeToService(name: string, called: string, service: string): object {
  return dispatchRule(name, called, {
    type: 'Route',
    route: { backends: [{ service: { name: service, port: 5060 } }] },
  })
}

function service(name: string, spec: object): object {
  return { apiVersion: 'v1', kind: 'Service', metadata: { name }, spec }
}

const sipPort = (port: number): object => ({ ports: [{ name: 'sip', port, protocol: 'UDP' }] })

function slice(name: string, ready: boolean): object {
  return {
    ...{ apiVersion: 'discovery.k8s.io/v1', kind: 'EndpointSlice', addressType: 'IPv4' },
    metadata: { name: `${name}-1`, labels: { 'kubernetes.io/service-name': name } },
    ports: [{ name: 'sip', port: 5060, protocol: 'UDP' }],
    endpoints: [{ addresses: ['192.0.2.20'], conditions: { ready } }],
  }
}

interface Case {
  readonly type: ConditionType
  readonly reason: string
  readonly status: 'True' | 'False'
  /** What a user reads: why, and what to do. */
  readonly says: RegExp
  readonly object: string
  readonly make: readonly object[]
  /** Undefined: it is as it should be. */
  readonly heal?: readonly object[]
}

const OTHER_TRUNK = sipTrunk('other', { sources: ['192.0.2.1'] })

const CASES: readonly Case[] = [
  {
    ...{ type: 'Ready', reason: 'Ready', status: 'True', object: 'drule/plain' },
    ...{ says: /^the rule is in the table.*; the ingress pods run it$/, make: [rule('plain', NUMBER)] },
  },
  {
    ...{ type: 'Accepted', reason: 'Accepted', status: 'True', says: /./, object: 'drule/plain' },
    make: [rule('plain', NUMBER)],
  },
  {
    ...{ type: 'ResolvedRefs', reason: 'ResolvedRefs', status: 'True', says: /./, object: 'drule/plain' },
    make: [rule('plain', NUMBER)],
  },
  {
    ...{ type: 'Programmed', reason: 'Programmed', status: 'True', object: 'drule/plain' },
    ...{ says: /^At least 99 % of the ingress pods run this generation\.$/, make: [rule('plain', NUMBER)] },
  },
  {
    ...{ type: 'Accepted', reason: 'Conflicted', status: 'False', object: 'drule/twin' },
    says: /plain matches the same calls and comes first: change one of the two$/,
    make: [rule('plain', NUMBER), rule('twin', NUMBER)],
    heal: [rule('twin', '+15550000601')],
  },
  {
    ...{ type: 'Conflicted', reason: 'SameMatch', status: 'True', object: 'drule/same' },
    says: /plain has the same priority, trunks and conditions$/,
    make: [rule('plain', NUMBER), rule('same', NUMBER)],
    heal: [rule('same', '+15550000602')],
  },
  {
    ...{ type: 'Programmed', reason: 'NotAccepted', status: 'False', object: 'drule/refused' },
    says: /see the condition Accepted\.$/,
    make: [rule('plain', NUMBER), rule('refused', NUMBER)],
    heal: [rule('refused', '+15550000603')],
  },
  {
    ...{ type: 'Shadowed', reason: 'EarlierRule', status: 'True', object: 'drule/hidden' },
    says: /before comes first and takes every call of this rule$/,
    make: [rule('before', '+15550000604', { priority: 900 }), rule('hidden', '+15550000604', { priority: 10 })],
    heal: [rule('hidden', '+15550000605', { priority: 10 })],
  },
  {
    ...{ type: 'Accepted', reason: 'NoTrunk', status: 'False', object: 'drule/homeless' },
    says: /the rule has no trunk: .*missing does not exist: create the SipTrunk or correct trunkRefs$/,
    make: [rule('homeless', '+15550000606', { trunkRefs: [{ name: 'missing' }] })],
    heal: [rule('homeless', '+15550000606', { trunkRefs: [{ name: 'carrier' }] })],
  },
  {
    ...{ type: 'ResolvedRefs', reason: 'TrunkNotFound', status: 'False', object: 'drule/half' },
    says: /absent/,
    make: [rule('half', '+15550000607', { trunkRefs: [{ name: 'carrier' }, { name: 'absent' }] })],
    heal: [rule('half', '+15550000607', { trunkRefs: [{ name: 'carrier' }] })],
  },
  {
    ...{ type: 'ResolvedRefs', reason: 'ServiceNotFound', status: 'False', object: 'drule/to-none' },
    says: /voice-none does not exist: create it or correct service\.name$/,
    make: [routeToService('to-none', '+15550000608', 'voice-none')],
    heal: [service('voice-none', sipPort(5060)), slice('voice-none', true)],
  },
  {
    ...{ type: 'ResolvedRefs', reason: 'PortNotFound', status: 'False', object: 'drule/to-port' },
    says: /voice-port has no port 5060; it has 5070 \(sip, UDP\)$/,
    make: [
      ...[service('voice-port', sipPort(5070)), slice('voice-port', true)],
      routeToService('to-port', '+15550000609', 'voice-port'),
    ],
    heal: [service('voice-port', sipPort(5060))],
  },
  {
    ...{ type: 'ResolvedRefs', reason: 'NoReadyEndpoints', status: 'False', object: 'drule/to-idle' },
    says: /voice-idle has no ready endpoint: look at its pods and selector$/,
    make: [
      ...[service('voice-idle', sipPort(5060)), slice('voice-idle', false)],
      routeToService('to-idle', '+15550000610', 'voice-idle'),
    ],
    heal: [slice('voice-idle', true)],
  },
  {
    ...{ type: 'ResolvedRefs', reason: 'UnsupportedService', status: 'False', object: 'drule/to-name' },
    says: /voice-name is an ExternalName, which has no endpoints: write uri$/,
    make: [
      service('voice-name', { type: 'ExternalName', externalName: 'voice.example.com' }),
      routeToService('to-name', '+15550000611', 'voice-name'),
    ],
    heal: [rule('to-name', '+15550000611')],
  },
]

describeWith(['kubernetes', 'redis'], 'every condition and reason on a real API server', () => {
  let api: PrivateKubernetesApi
  let cluster: Cluster

  beforeAll(async () => {
    api = await startKubernetesApi()
    cluster = await startCluster(api)
    await cluster.operator()
    // Of two rules of one second the one whose name comes first is the older: nothing sorts before this one.
    await cluster.apply(sipTrunk('carrier', { sources: ['127.0.0.1'] }), OTHER_TRUNK, rule('plain', NUMBER))
    await cluster.reason('trunk/carrier', 'Programmed', 'Programmed')
  }, TEST_LIMIT_MS)

  afterAll(async () => {
    await cluster.stop()
    await api.stop()
    // The tests run in any order: only now all that they see has been seen.
    const all = Object.entries(CONDITION_REASONS).flatMap(([type, reasons]) => reasons.map((one) => `${type} ${one}`))
    expect([...seen].toSorted()).toEqual(all.toSorted())
  }, TEST_LIMIT_MS)

  /** Waits for it, and for the generation that it is about being the newest. */
  async function see(object: string, type: ConditionType, reason: string): Promise<ConditionText> {
    const found = await cluster.reason(object, type, reason)
    const generation = await cluster.kubectl('get', object, '--output=jsonpath={.metadata.generation}')
    expect(found.observedGeneration).toBe(Number(generation))
    seen.add(`${type} ${reason}`)
    return found
  }

  /** Resolves when a condition that is only there while it is true has gone. */
  function gone(object: string, type: ConditionType): Promise<true> {
    const ask = async () => ((await cluster.condition(object, type)) === undefined ? true : undefined)
    return eventually(ask, () => `${object} is still ${type}`)
  }

  it.each(CASES)(
    '$type: $reason, which says what to do, and heals',
    async ({ type, reason, status, says, object, make, heal }) => {
      await cluster.apply(...make)
      const found = await see(object, type, reason)
      expect(found).toMatchObject({ status, message: expect.stringMatching(says) })
      if (!heal) return
      await cluster.apply(...heal)
      await (type === 'Conflicted' || type === 'Shadowed' ? gone(object, type) : see(object, type, type))
      await see(object, 'Programmed', 'Programmed')
    },
    TEST_LIMIT_MS,
  )

  it(
    'Conflicted: OlderTrunk names the trunk of another namespace that is taken first',
    async () => {
      const second = await api.namespace()
      const both = await cluster.operator({ flags: ['--namespace', second, '--lease-name', 'both'], prefix: 'both' })
      const younger = sipTrunk('younger', { sources: ['192.0.2.1'] }) as Labelled
      await cluster.tryKubectl(['--namespace', second, 'apply', '--filename=-'], JSON.stringify(younger))
      const read = async () => {
        const args = ['--namespace', second, 'get', 'trunk/younger', '--output=json']
        const { status } = JSON.parse((await cluster.tryKubectl(args)).stdout)
        return status?.conditions?.find(({ type }: { type: string }) => type === 'Conflicted')
      }
      const found = await eventually(read, () => 'no trunk is Conflicted')
      expect(found).toMatchObject({ reason: 'OlderTrunk', status: 'True', observedGeneration: 1 })
      expect(found.message).toContain(`${cluster.namespace}/other`)
      seen.add('Conflicted OlderTrunk')
      await cluster.kubectl('delete', 'trunk/other')
      await eventually(
        async () => ((await read()) === undefined ? true : undefined),
        () => 'the trunk is still Conflicted',
      )
      await both.stop()
    },
    TEST_LIMIT_MS,
  )

  it(
    'Accepted and ResolvedRefs: Invalid, for what was stored under a laxer CustomResourceDefinition',
    async () => {
      const lax = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true }
      const schema = '/spec/versions/0/schema/openAPIV3Schema'
      const patch = JSON.stringify([{ op: 'replace', path: schema, value: lax }])
      await cluster.kubectl('patch', 'crd', 'dispatchrules.sipdispatch.dev', '--type=json', '--patch', patch)
      const wrong = rule('wrong', '+15550000612', { priority: 'high' })
      await eventually(
        async () =>
          (await cluster.tryKubectl(['apply', '--filename=-'], JSON.stringify(wrong))).code === 0 || undefined,
        () => 'the laxer schema does not take the rule',
      )
      const { message } = await see('drule/wrong', 'Accepted', 'Invalid')
      expect(message).toMatch(/spec\.priority/)
      await see('drule/wrong', 'ResolvedRefs', 'Invalid')
      await cluster.kubectl('apply', '--server-side', '--force-conflicts', '--filename', CRDS)
      await cluster.apply(rule('wrong', '+15550000612'))
      await see('drule/wrong', 'Accepted', 'Accepted')
      await see('drule/wrong', 'Programmed', 'Programmed')
    },
    TEST_LIMIT_MS,
  )

  it(
    'BackendsHealthy: BackendsDown and AllBackendsDown, from what the pod has found, and gone when they answer',
    async () => {
      const [up, dead] = [await openAnsweringBackend(), await openAnsweringBackend()]
      const healthCheck = { options: { interval: '5s', timeout: '1s', failures: 1, successes: 1 } }
      const toAll = (...uris: string[]) => ({
        type: 'Route',
        route: { backends: uris.map((uri) => ({ uri })), healthCheck },
      })
      dead.close()
      await cluster.apply(
        dispatchRule('both', '+15550000615', toAll(up.uri, dead.uri)),
        dispatchRule('lonely', '+15550000616', toAll(dead.uri)),
      )
      const one = await see('drule/both', 'BackendsHealthy', 'BackendsDown')
      expect(one).toMatchObject({
        status: 'False',
        message: `Most ingress pods find 1 of 2 backends down: ${dead.uri}.`,
      })
      await see('drule/lonely', 'BackendsHealthy', 'AllBackendsDown')
      await see('drule/both', 'Ready', 'Ready')
      const back = await openAnsweringBackend(dead.port)
      await gone('drule/both', 'BackendsHealthy')
      up.close()
      back.close()
    },
    TEST_LIMIT_MS,
  )

  it(
    'Programmed: PublishFailed while the cache is away',
    async () => {
      await cluster.redis.kill()
      await cluster.apply(rule('unpublished', '+15550000613'))
      const { message } = await see('drule/unpublished', 'Programmed', 'PublishFailed')
      expect(message).toContain('check the cache and the log of the operator')
      await cluster.redis.restart()
      await see('drule/unpublished', 'Programmed', 'Programmed')
    },
    TEST_LIMIT_MS,
  )

  it(
    'Programmed: Held, where most rules lose their trunk at once',
    async () => {
      await cluster.apply(sipTrunk('busy', { sources: ['192.0.2.2'] }))
      const many = Array.from({ length: 60 }, (_, i) => {
        const called = `+1555200${String(i).padStart(4, '0')}`
        return rule(`many-${i}`, called, { trunkRefs: [{ name: 'busy' }] })
      })
      await cluster.apply(...many)
      await see('drule/many-59', 'Programmed', 'Programmed')
      await cluster.kubectl('delete', 'trunk/busy')
      const { message } = await see('drule/many-59', 'Programmed', 'Held')
      expect(message).toMatch(/allow it, or restore what was deleted\.$/)
      await cluster.apply(sipTrunk('busy', { sources: ['192.0.2.2'] }))
      await see('drule/many-59', 'Programmed', 'Programmed')
    },
    TEST_LIMIT_MS,
  )

  it(
    'Programmed: Pending while a pod hangs, and NoReaders when it no longer reports',
    async () => {
      cluster.ingress.child.kill('SIGSTOP')
      await cluster.apply(rule('waiting', '+15550000614'))
      const pending = await see('drule/waiting', 'Programmed', 'Pending')
      expect(pending.message).toMatch(/^Less than 99 % of the ingress pods run this generation yet\.$/)
      const lonely = await see('drule/waiting', 'Programmed', 'NoReaders')
      expect(lonely.message).toMatch(/check that pods run and reach it\.$/)
      cluster.ingress.child.kill('SIGCONT')
      await see('drule/waiting', 'Programmed', 'Programmed')
    },
    TEST_LIMIT_MS,
  )
})
