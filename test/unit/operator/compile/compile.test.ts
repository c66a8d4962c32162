import { describe, expect, it } from '@jest/globals'
import { CONDITION_REASONS, type ConditionType } from '../../../../crds/schema/conditions.ts'
import { type DispatchRule, readDispatchRule } from '../../../../crds/schema/dispatch-rule.ts'
import type { ObjectReading } from '../../../../crds/schema/read-object.ts'
import { readSipTrunk } from '../../../../crds/schema/sip-trunk.ts'
import { compile } from '../../../../operator/compile/compile.ts'
import { createCompileMemory } from '../../../../operator/compile/compile-memory.ts'
import { inNameOrder } from '../../../../operator/compile/object-conditions.ts'
import type { ServiceRecord } from '../../../../operator/compile/service-record.ts'

const api = { apiVersion: 'sipdispatch.dev/v1alpha1' }

function accepted<T>(reading: ObjectReading<T>): T {
  if (!reading.ok) throw new Error(JSON.stringify(reading.faults))
  return reading.object
}

const rule = (name: string, spec: object): DispatchRule => {
  const action = { type: 'Reject', reject: { status: 404 } }
  return accepted(readDispatchRule({ ...api, kind: 'DispatchRule', metadata: { name }, spec: { action, ...spec } }))
}

const trunk = (name: string, namespace = 'default') => {
  const spec = { sources: ['203.0.113.0/24'] }
  return accepted(readSipTrunk({ ...api, kind: 'SipTrunk', metadata: { name, namespace }, spec }))
}

function routed(name: string, port: number): DispatchRule {
  const action = { type: 'Route', route: { backends: [{ service: { name, port } }] } }
  return rule(`${name}-${port}`, { match: { called: [{ exact: `+49${name.length}${port}` }] }, action })
}

function service(name: string, type: string): ServiceRecord {
  return { namespace: 'default', name, type, ports: [{ name: 'sip', port: 5060, protocol: 'UDP' }] }
}

describe('a name that does not resolve from the operator', () => {
  const backends = [
    { uri: 'sip:PBX.example' },
    { uri: 'sip:pbx.example:5070', tier: 1 },
    { uri: 'sip:10.0.0.5', tier: 2 },
  ]
  const rules = [rule('named', { action: { type: 'Route', route: { backends } } }), rule('other', { priority: 1 })]
  const trunks = [trunk('acme')]
  const memory = createCompileMemory()
  const condition = (unresolvedNames?: ReadonlyMap<string, string>, input: object = {}) => {
    const given = unresolvedNames ? { trunks, rules, unresolvedNames, ...input } : { trunks, rules, ...input }
    const { conditions } = compile(given, memory)
    const named = conditions.find(({ name }) => name === 'named')
    return named?.conditions.find(({ type }) => type === 'ResolvedRefs')
  }
  const RESOLVED = 'the rule serves every trunk of its namespace'
  const WARNING = '; from the operator, which may ask another DNS than the pods, these names do not resolve: '

  it('is a warning in the message of ResolvedRefs, which stays True, and goes when it resolves', () => {
    const { status, reason, message } =
      condition(
        new Map([
          ['pbx.example', 'nxdomain'],
          ['x.example', 'timeout'],
        ]),
      ) ?? {}
    expect([status, reason, message]).toEqual(['True', 'ResolvedRefs', `${RESOLVED}${WARNING}pbx.example (nxdomain)`])
    const both = new Map([
      ['pbx.example', 'timeout'],
      ['pbx.example:5070', 'servfail'],
    ])
    expect(condition(both)?.message).toBe(`${RESOLVED}${WARNING}pbx.example (timeout), pbx.example:5070 (servfail)`)
    expect(condition()).toMatchObject({ status: 'True', message: RESOLVED })
  })

  it('makes no new conditions for the same warning', () => {
    const first = condition(new Map([['pbx.example', 'nxdomain']]))
    expect(condition(new Map([['pbx.example', 'nxdomain']]))).toBe(first)
  })

  it('stands behind a fault of a reference', () => {
    const lost = [...backends, { service: { name: 'gone', port: 5060 } }]
    const faulty = [rule('named', { action: { type: 'Route', route: { backends: lost } } })]
    const found = condition(new Map([['pbx.example', 'nxdomain']]), { rules: faulty, services: [] })
    expect(found).toMatchObject({ status: 'False', reason: 'ServiceNotFound' })
    expect(found?.message).toContain(`create it or correct service.name${WARNING}pbx.example (nxdomain)`)
  })
})

describe('the compiler', () => {
  it('makes an empty table of nothing', () => {
    expect(compile({ trunks: [], rules: [] })).toEqual({ entries: [], conditions: [] })
  })

  it('gives the same output for the same objects in any order', () => {
    const trunks = [trunk('a'), trunk('b'), trunk('c', 'other')]
    const rules = [
      rule('wide', { priority: 1, match: { called: [{ prefix: '+1' }] } }),
      rule('narrow', { match: { called: [{ exact: '+12' }] } }),
      rule('same', { match: { called: [{ exact: '+12' }] } }),
      rule('lost', { trunkRefs: [{ name: 'none' }] }),
    ]
    const forwards = compile({ trunks, rules })
    const backwards = compile({ trunks: trunks.toReversed(), rules: rules.toReversed() })
    expect(backwards.entries).toEqual(forwards.entries)
    expect(inNameOrder(backwards.conditions)).toEqual(inNameOrder(forwards.conditions))
  })

  it('makes the same with the memory of an earlier compilation, of entries that are the very same', () => {
    const memory = createCompileMemory()
    const kept = rule('kept', { match: { called: [{ exact: '+12' }] }, trunkRefs: [{ name: 'a' }] })
    const before = compile({ trunks: [trunk('a')], rules: [kept, rule('old', {})] }, memory)
    const input = {
      trunks: [trunk('a'), trunk('b')],
      rules: [kept, rule('new', { match: { called: [{ prefix: '+1' }] } })],
    }
    const after = compile(input, memory)
    expect(after).toEqual(compile(input))
    const entryOf = ({ entries }: typeof after) => entries.find(({ name }) => name === 'default/kept')
    expect(entryOf(after)).toBe(entryOf(before))
    const moved = compile({ trunks: [], rules: [kept] }, memory)
    expect(moved).toEqual(compile({ trunks: [], rules: [kept] }))
  })

  it('writes plain JSON: an entry comes back from the cache as it went in', () => {
    const { entries } = compile({
      trunks: [trunk('a')],
      rules: [rule('r', { match: { headers: [{ name: 'X-A', present: true }] } })],
    })
    expect(JSON.parse(JSON.stringify(entries))).toEqual(entries)
  })

  it('uses conditions and reasons of the closed set only', () => {
    const rules = [
      rule('a', {}),
      rule('b', {}),
      rule('c', { trunkRefs: [{ name: 'x' }] }),
      rule('d', { match: { called: [{ prefix: '+1' }] } }),
      routed('absent', 5060),
      routed('external', 5060),
      routed('voice', 5070),
      routed('voice', 5060),
    ]
    const high = rule('high', { priority: 5, match: { called: [{ prefix: '+1' }] } })
    const { conditions } = compile({
      trunks: [trunk('a'), trunk('b', 'other')],
      rules: [...rules, high],
      services: [service('external', 'ExternalName'), service('voice', 'ClusterIP')],
      refused: (['UnknownField', 'Invalid'] as const).map((reason, i) => {
        const identity = { kind: 'DispatchRule', namespace: 'default', name: `bad-${i}`, generation: 1 } as const
        return { ...identity, reason, problem: 'spec is wrong' }
      }),
    })
    const unwatched = compile({ trunks: [], rules: [routed('voice', 5060)], services: 'unwatched' })
    const seen = [...conditions, ...unwatched.conditions].flatMap((object) => object.conditions)
    for (const { type, reason } of seen) expect(CONDITION_REASONS[type]).toContain(reason)
    const reasons = (type: ConditionType) => new Set(seen.filter((one) => one.type === type).map((one) => one.reason))
    expect(reasons('Accepted')).toEqual(new Set(CONDITION_REASONS.Accepted))
    expect(reasons('ResolvedRefs')).toEqual(new Set(CONDITION_REASONS.ResolvedRefs))
    expect(reasons('Conflicted')).toEqual(new Set(CONDITION_REASONS.Conflicted))
    expect(reasons('Shadowed')).toEqual(new Set(CONDITION_REASONS.Shadowed))
  })

  it('keeps two rules with different text apart even where the parts could be read as one', () => {
    const rules = [
      rule('a', { match: { called: [{ exact: 'x","exact:y' }] } }),
      rule('b', { match: { called: [{ exact: 'x' }, { exact: 'y' }] } }),
    ]
    expect(compile({ trunks: [], rules }).entries).toHaveLength(2)
  })
})
