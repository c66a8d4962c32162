import { describe, expect, it } from '@jest/globals'
import { backendsHealthyCondition, downForMostPods } from '../../../../operator/kubernetes-writes/backends-healthy.ts'
import { routeAction, ruleEntry, trunkEntry } from '../../../support/engine-harness.ts'

const backend = (host: string, weight = 1) => ({
  ...{ uri: `sip:${host}`, address: host, port: 5060, uriParameters: '', weight, tier: 0 },
})
const rule = (...backends: ReturnType<typeof backend>[]) => ruleEntry({ action: routeAction({ backends }) })
const A = backend('10.0.0.1')
const B = backend('10.0.0.2')

describe('the backends that most pods find down', () => {
  it.each<[string, readonly (readonly string[])[], readonly string[]]>([
    ['no pod reports', [], []],
    ['no pod finds one down', [[], []], []],
    ['one of two does', [['a'], []], []],
    ['two of three do', [['a', 'b'], ['a'], []], ['a']],
    ['all do', [['a'], ['a']], ['a']],
    ['one pod says it twice', [['a', 'a'], []], []],
  ])('where %s', (_what, lists, expected) => {
    const reports = lists.map((down) => (down.length === 0 ? {} : { down }))
    expect([...downForMostPods(reports)]).toEqual(expected)
  })
})

describe('the condition BackendsHealthy', () => {
  it('says how many of how many are down, and which', () => {
    expect(backendsHealthyCondition(rule(A, B), new Set([A.uri, 'sip:elsewhere']))).toEqual({
      type: 'BackendsHealthy',
      status: 'False',
      reason: 'BackendsDown',
      message: 'Most ingress pods find 1 of 2 backends down: sip:10.0.0.1.',
    })
  })

  it('has a reason of its own where all are down, whatever those of weight 0 are', () => {
    const all = backendsHealthyCondition(rule(A, B, backend('10.0.0.3', 0)), new Set([A.uri, B.uri]))
    expect(all).toMatchObject({ reason: 'AllBackendsDown', message: expect.stringContaining('2 of 2') })
  })

  it('names five of them at most', () => {
    const many = Array.from({ length: 8 }, (_, i) => backend(`10.0.1.${i}`))
    const { message } = backendsHealthyCondition(rule(...many), new Set(many.map(({ uri }) => uri))) ?? {}
    expect(message).toBe(
      'Most ingress pods find 8 of 8 backends down: sip:10.0.1.0, sip:10.0.1.1, sip:10.0.1.2, sip:10.0.1.3, sip:10.0.1.4 and 3 more.',
    )
  })

  it.each([
    ['a rule whose backends are up', rule(A, B)],
    ['a rule that rejects', ruleEntry({ action: { type: 'Reject', status: 404, reason: 'x' } })],
    ['a trunk', trunkEntry()],
    ['what is not in the table', undefined],
  ])('is not there for %s', (_what, entry) => {
    expect(backendsHealthyCondition(entry, new Set(['sip:10.0.0.9']))).toBeUndefined()
  })
})
