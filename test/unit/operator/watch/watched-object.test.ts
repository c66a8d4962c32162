import { describe, expect, it } from '@jest/globals'
import { isRefused, watchedRule, watchedTrunk } from '../../../../operator/watch/watched-object.ts'
import { namedObject } from '../../../support/scripted-api.ts'

const API = { apiVersion: 'sipdispatch.dev/v1alpha1' }

function trunk(spec: object, metadata: object = {}, rest: object = {}) {
  const { metadata: own } = namedObject('acme', '5')
  return { ...API, kind: 'SipTrunk', metadata: { ...own, generation: 3, ...metadata }, spec, ...rest }
}

const IDENTITY = { namespace: 'team-a', name: 'acme', uid: 'uid-acme', resourceVersion: '5', generation: 3 }

describe('a custom resource of the API server', () => {
  it('is accepted with its defaults, its identity and its status', () => {
    const status = { conditions: [] }
    const read = watchedTrunk(trunk({ sources: ['192.0.2.1'] }, {}, { status }))
    expect(read).toMatchObject({
      ...IDENTITY,
      kind: 'SipTrunk',
      status,
      object: { spec: { transports: ['UDP', 'TCP'] } },
    })
    expect(isRefused(read)).toBe(false)
  })

  it('is kept without the copies that take more bytes than itself', () => {
    const annotations = { 'kubectl.kubernetes.io/last-applied-configuration': '{"a":1}', team: 'voice' }
    const read = watchedTrunk(
      trunk({ sources: ['192.0.2.1'] }, { annotations, managedFields: [{ manager: 'kubectl' }] }),
    )
    const { metadata } = 'object' in read ? read.object : { metadata: undefined }
    expect(metadata).toMatchObject({ annotations: { team: 'voice' } })
    expect(JSON.stringify(read)).not.toMatch(/last-applied|managedFields|kubectl/)
  })

  it('is read once for each generation: a status changes nothing that is compiled', () => {
    const first = watchedTrunk(trunk({ sources: ['192.0.2.1'] }))
    const status = { conditions: [] }
    const told = watchedTrunk(trunk({ sources: ['192.0.2.1'] }, { resourceVersion: '6' }, { status }), first)
    expect(told).toMatchObject({ ...IDENTITY, resourceVersion: '6', status })
    expect(isRefused(told) || isRefused(first) ? undefined : told.object).toBe(isRefused(first) ? null : first.object)
    const changed = watchedTrunk(trunk({ sources: ['192.0.2.2'] }, { generation: 4 }), told)
    expect(changed).toMatchObject({ generation: 4, object: { spec: { sources: ['192.0.2.2'] } } })
    const anew = watchedTrunk(trunk({ sources: ['192.0.2.3'] }, { uid: 'another' }), first)
    expect(anew).toMatchObject({ uid: 'another', object: { spec: { sources: ['192.0.2.3'] } } })
  })

  it('is refused by name with every fault where the schema does not accept it', () => {
    const read = watchedTrunk(trunk({ source: ['192.0.2.1'], transports: ['SCTP'] }))
    expect(read).toMatchObject({ ...IDENTITY, kind: 'SipTrunk', reason: 'UnknownField' })
    expect(isRefused(read) ? read.problem.split('; ') : []).toEqual([
      'spec.transports[0]: is the string "SCTP": it is not there yet, so end it at a SIP proxy before the ingress, which then speaks UDP or TCP (expected UDP | TCP)',
      'spec.source: unknown field (expected sources)',
    ])
  })

  it('tells no more than ten faults of one object', () => {
    const called = Array.from({ length: 14 }, () => ({ prefix: 5 }))
    const read = watchedTrunk(trunk({ sources: ['192.0.2.1'], called }))
    const parts = isRefused(read) ? read.problem.split('; ') : []
    expect([parts.length, parts.at(-1)]).toEqual([11, expect.stringMatching(/^and \d+ more$/)])
  })

  it('is a rule as well as a trunk', () => {
    const rule = { ...namedObject('r', '5'), ...API, kind: 'DispatchRule', spec: {} }
    expect(watchedRule(rule)).toMatchObject({
      kind: 'DispatchRule',
      generation: 0,
      reason: 'Invalid',
      problem: expect.stringContaining('spec.action'),
    })
  })
})
