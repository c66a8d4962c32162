import { afterEach, beforeEach, expect, it } from '@jest/globals'
import { type Cluster, startCluster } from '../support/cluster.ts'
import { dispatchRule, sipTrunk } from '../support/manifest-text.ts'
import { eventually, type OperatorProcess } from '../support/operator-process.ts'
import { describeWith, ownAddress } from '../support/real-part.ts'
import { type RepeatingBackend, startRepeatingBackend } from '../support/repeating-backend.ts'
import { startTalkingCaller, type TalkingCaller } from '../support/talking-caller.ts'

const TEST_LIMIT_MS = 600_000

const NUMBER = '+15550000300'

/** How often endpoints come and go under load. */
const CHANGES = 50

type EndpointState = 'ready' | 'terminating' | 'not ready'

const CONDITIONS = {
  ready: { ready: true, serving: true, terminating: false },
  terminating: { ready: false, serving: true, terminating: true },
  'not ready': { ready: false, serving: false, terminating: false },
} as const

const PARTS = ['kubernetes', 'redis', 'an IPv4 address beside loopback'] as const

describeWith(PARTS, 'with calls that are forwarded to the endpoints of a Service the whole time', () => {
  let cluster: Cluster
  let operator: OperatorProcess
  let backends: RepeatingBackend[]
  let caller: TalkingCaller
  /** Calls of each backend before those of the caller: they never end. */
  let endless: number[]

  beforeEach(async () => {
    const address = ownAddress() ?? ''
    backends = await Promise.all([0, 1, 2].map(() => startRepeatingBackend({ address })))
    cluster = await startCluster()
    operator = await cluster.operator()
    const ports = [{ name: 'sip', port: 5060, protocol: 'UDP' }]
    const route = { backends: [{ service: { name: 'voice', port: 5060 } }] }
    await cluster.apply(
      { apiVersion: 'v1', kind: 'Service', metadata: { name: 'voice' }, spec: { ports } },
      sipTrunk('carrier', { sources: ['127.0.0.1'] }),
      dispatchRule('served', NUMBER, { type: 'Route', route }),
      ...backends.map((_, i) => slice(i, 'ready')),
    )
    await cluster.reason('drule/served', 'ResolvedRefs', 'ResolvedRefs')
    expect(await cluster.answered(NUMBER, 200)).toBe(200)
    endless = invites()
    caller = await startTalkingCaller(NUMBER, cluster.ingress.udp)
  }, TEST_LIMIT_MS)

  afterEach(async () => {
    caller.close()
    await cluster.stop()
    await Promise.all(backends.map((backend) => backend.stop()))
  }, TEST_LIMIT_MS)

  /** Each backend has a slice of its own, because the port stands in the slice. */
  function slice(backend: number, state: EndpointState): object {
    return {
      ...{ apiVersion: 'discovery.k8s.io/v1', kind: 'EndpointSlice', addressType: 'IPv4' },
      metadata: { name: `voice-${backend}`, labels: { 'kubernetes.io/service-name': 'voice' } },
      ports: [{ name: 'sip', port: backends[backend]?.port, protocol: 'UDP' }],
      endpoints: [{ addresses: [ownAddress()], conditions: CONDITIONS[state] }],
    }
  }

  const invites = (): number[] => backends.map((backend) => backend.count('INVITE'))

  /** Resolves when every one of these has got more calls. */
  async function callsReach(...expected: readonly number[]): Promise<void> {
    const before = invites()
    await eventually(
      () => (expected.every((i) => (invites()[i] ?? 0) > (before[i] ?? 0) + 2) ? true : undefined),
      () => `${before.join()} became ${invites().join()}`,
    )
  }

  async function nothingIsLost(): Promise<void> {
    const { made, failed } = await caller.end()
    expect(failed).toEqual([])
    expect(made).toBeGreaterThan(10)
    expect(await cluster.ingress.count('sip_dispatch_invites_unanswered_total', { trunk: carrier() })).toBe(0)
  }

  const carrier = (): string => `${cluster.namespace}/carrier`

  it(
    'new ones leave an endpoint that terminates, and those that it has end there by their BYE',
    async () => {
      await callsReach(0, 1, 2)
      const version = await cluster.ingress.count('sip_dispatch_route_table_version', {})
      await cluster.apply(slice(0, 'terminating'))
      await cluster.ingress.counted('sip_dispatch_route_table_version', {}, version + 1)
      const before = invites()[0]
      await callsReach(1, 2)
      expect(invites()[0]).toBe(before)
      // Each of its calls ends there, however long the change took.
      const talked = (before ?? 0) - (endless[0] ?? 0)
      const byes = (): number | undefined => backends[0]?.count('BYE')
      await eventually(
        () => (byes() === talked ? true : undefined),
        () => `${byes()} of ${talked} calls have ended`,
      )
      await cluster.apply(slice(0, 'ready'))
      await callsReach(0)
      await nothingIsLost()
    },
    TEST_LIMIT_MS,
  )

  it(
    `none is lost while endpoints change ${CHANGES} times`,
    async () => {
      const states: readonly EndpointState[] = ['terminating', 'ready', 'not ready', 'ready']
      for (let i = 0; i < CHANGES; i++) await cluster.apply(slice(i % 2, states[(i >> 1) % states.length] ?? 'ready'))
      await cluster.kubectl('delete', 'endpointslice', 'voice-1')
      await cluster.apply(slice(0, 'ready'), slice(1, 'ready'))
      await callsReach(0, 1, 2)
      expect(await operator.count('sip_dispatch_operator_published_version', {})).toBeGreaterThan(CHANGES / 2)
      await nothingIsLost()
    },
    TEST_LIMIT_MS,
  )

  it(
    'they get 503 while no endpoint is ready, the status says so, and both end with the first that is',
    async () => {
      await cluster.apply(...backends.map((_, i) => slice(i, 'not ready')))
      await cluster.reason('drule/served', 'ResolvedRefs', 'NoReadyEndpoints')
      expect(await cluster.answered(NUMBER, 503)).toBe(503)
      await cluster.apply(slice(2, 'ready'))
      await cluster.reason('drule/served', 'ResolvedRefs', 'ResolvedRefs')
      expect(await cluster.answered(NUMBER, 200)).toBe(200)
      const { failed } = await caller.end()
      expect(new Set(failed)).toEqual(new Set(['INVITE 503']))
    },
    TEST_LIMIT_MS,
  )
})
