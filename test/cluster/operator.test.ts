import { afterAll, beforeAll, expect, it } from '@jest/globals'
import { type Cluster, startCluster } from '../support/cluster.ts'
import { dispatchRule, sipTrunk } from '../support/manifest-text.ts'
import type { OperatorProcess } from '../support/operator-process.ts'
import { describeWith } from '../support/real-part.ts'

const TEST_LIMIT_MS = 600_000

const rejecting = (status: number): object => ({ type: 'Reject', reject: { status, reason: 'As Told' } })

describeWith(['kubernetes', 'redis'], 'an operator and an ingress pod', () => {
  let cluster: Cluster
  let operator: OperatorProcess

  beforeAll(async () => {
    cluster = await startCluster()
    operator = await cluster.operator()
    await cluster.apply(sipTrunk('carrier', { sources: ['127.0.0.1'] }))
    await cluster.reason('trunk/carrier', 'Programmed', 'Programmed')
  }, TEST_LIMIT_MS)

  afterAll(async () => {
    await cluster.stop()
  }, TEST_LIMIT_MS)

  it('decide a call by a rule as soon as kubectl wait has seen it programmed', async () => {
    await cluster.apply(dispatchRule('applied', '+15550000001', rejecting(486)))
    await cluster.kubectl('wait', '--for=condition=Programmed', '--timeout=120s', 'drule/applied')
    expect(await cluster.call('+15550000001')).toBe(486)
  })

  it('follow a change of a rule, and its deletion', async () => {
    await cluster.apply(dispatchRule('changed', '+15550000002', rejecting(486)))
    await cluster.reason('drule/changed', 'Programmed', 'Programmed')
    await cluster.apply(dispatchRule('changed', '+15550000002', rejecting(404)))
    await cluster.kubectl('wait', '--for=condition=Programmed', '--timeout=120s', 'drule/changed')
    expect(await cluster.call('+15550000002')).toBe(404)
    await cluster.kubectl('delete', 'drule/changed')
    expect(await cluster.answered('+15550000002', 503)).toBe(503)
  })

  it('say the generation that a condition is about', async () => {
    await cluster.apply(dispatchRule('generation', '+15550000003', rejecting(486)))
    await cluster.reason('drule/generation', 'Programmed', 'Programmed')
    await cluster.apply(dispatchRule('generation', '+15550000003', rejecting(404)))
    // kubectl takes no condition of an earlier generation for the answer.
    await cluster.kubectl('wait', '--for=condition=Programmed', '--timeout=120s', 'drule/generation')
    expect(await cluster.condition('drule/generation', 'Programmed')).toMatchObject({
      status: 'True',
      observedGeneration: 2,
    })
  })

  it('tell a conflict on the rule that lost it, and heal when the winner goes', async () => {
    // Of two rules of the same second the name decides.
    await cluster.apply(dispatchRule('a-winner', '+15550000004', rejecting(486)))
    await cluster.reason('drule/a-winner', 'Programmed', 'Programmed')
    await cluster.apply(dispatchRule('b-loser', '+15550000004', rejecting(404)))
    const lost = await cluster.reason('drule/b-loser', 'Accepted', 'Conflicted')
    expect(lost.message).toContain(`${cluster.namespace}/a-winner`)
    expect((await cluster.condition('drule/b-loser', 'Programmed'))?.reason).toBe('NotAccepted')
    expect(await cluster.call('+15550000004')).toBe(486)
    await cluster.kubectl('delete', 'drule/a-winner')
    await cluster.reason('drule/b-loser', 'Programmed', 'Programmed')
    expect(await cluster.call('+15550000004')).toBe(404)
    expect(await cluster.condition('drule/b-loser', 'Conflicted')).toBeUndefined()
  })

  it('tell a rule that can never be reached', async () => {
    const spec = { priority: 10, match: { called: [{ prefix: '+1555000001' }] }, action: rejecting(486) }
    await cluster.apply(
      { ...dispatchRule('shadow', 'unused', rejecting(486)), spec },
      dispatchRule('shadowed', '+15550000010', rejecting(404)),
    )
    const shadowed = await cluster.reason('drule/shadowed', 'Shadowed', 'EarlierRule')
    expect(shadowed).toMatchObject({ status: 'True' })
    expect(shadowed.message).toContain(`${cluster.namespace}/shadow`)
  })

  it('say in kubectl describe what to do about a rule whose trunk does not exist', async () => {
    const rule = dispatchRule('trunkless', '+15550000020', rejecting(404))
    await cluster.apply({ ...rule, spec: { ...Reflect.get(rule, 'spec'), trunkRefs: [{ name: 'absent' }] } })
    await cluster.reason('drule/trunkless', 'ResolvedRefs', 'TrunkNotFound')
    await cluster.kubectl('wait', '--for=create', 'events.events.k8s.io', '--field-selector=reason=TrunkNotFound')
    const text = await cluster.kubectl('describe', 'drule/trunkless')
    expect(text).toMatch(/Warning +TrunkNotFound .*absent does not exist: create the SipTrunk or correct trunkRefs/)
  })

  it('send calls to the ready endpoints of a Service, and say when there are none', async () => {
    const route = { type: 'Route', route: { backends: [{ service: { name: 'voice', port: 5060 } }] } }
    await cluster.apply(dispatchRule('served', '+15550000030', route))
    await cluster.reason('drule/served', 'ResolvedRefs', 'ServiceNotFound')
    expect(await cluster.call('+15550000030')).toBe(503)
    const ports = [{ name: 'sip', port: 5060, protocol: 'UDP' }]
    await cluster.apply({ apiVersion: 'v1', kind: 'Service', metadata: { name: 'voice' }, spec: { ports } })
    await cluster.reason('drule/served', 'ResolvedRefs', 'NoReadyEndpoints')
    await cluster.apply({
      ...{ apiVersion: 'discovery.k8s.io/v1', kind: 'EndpointSlice', addressType: 'IPv4', ports },
      metadata: { name: 'voice-1', labels: { 'kubernetes.io/service-name': 'voice' } },
      endpoints: [{ addresses: ['192.0.2.10'], conditions: { ready: true } }],
    })
    expect(await cluster.reason('drule/served', 'ResolvedRefs', 'ResolvedRefs')).toMatchObject({ status: 'True' })
  })

  it('write no status again when the operator starts anew, and do not publish what is published', async () => {
    await cluster.apply(dispatchRule('kept', '+15550000040', rejecting(486)))
    await cluster.reason('drule/kept', 'Programmed', 'Programmed')
    await operator.stop()
    const before = await cluster.kubectl('get', 'drule/kept', '--output=jsonpath={.metadata.resourceVersion}')
    operator = await cluster.operator()
    await operator.said(({ msg }) => msg === 'table published')
    await cluster.apply(dispatchRule('after', '+15550000041', rejecting(486)))
    await cluster.reason('drule/after', 'Programmed', 'Programmed')
    expect(await cluster.kubectl('get', 'drule/kept', '--output=jsonpath={.metadata.resourceVersion}')).toBe(before)
    expect(await operator.count('sip_dispatch_operator_status_writes_total', { result: 'failed' })).toBe(0)
  })
})
