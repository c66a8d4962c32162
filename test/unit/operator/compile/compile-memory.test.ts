import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { type DispatchRule, readDispatchRule } from '../../../../crds/schema/dispatch-rule.ts'
import type { ObjectReading } from '../../../../crds/schema/read-object.ts'
import { readSipTrunk } from '../../../../crds/schema/sip-trunk.ts'
import { type CompileInput, compile } from '../../../../operator/compile/compile.ts'
import { createCompileMemory } from '../../../../operator/compile/compile-memory.ts'
import { MAX_SHADOW_CHANGES } from '../../../../operator/compile/limits.ts'
import type { EndpointSliceRecord, ServiceRecord } from '../../../../operator/compile/service-record.ts'

const api = { apiVersion: 'sipdispatch.dev/v1alpha1' }

function accepted<T>(reading: ObjectReading<T>): T {
  if (!reading.ok) throw new Error(JSON.stringify(reading.faults))
  return reading.object
}

const trunk = (name: string) =>
  accepted(readSipTrunk({ ...api, kind: 'SipTrunk', metadata: { name }, spec: { sources: ['203.0.113.0/24'] } }))

const rule = (name: string, spec: object): DispatchRule =>
  accepted(readDispatchRule({ ...api, kind: 'DispatchRule', metadata: { name }, spec }))

const digits = fc.string({ unit: fc.constantFrom('1', '2'), minLength: 1, maxLength: 3 }).map((text) => `+${text}`)
const number = fc.oneof(
  digits.map((exact) => ({ exact })),
  digits.map((prefix) => ({ prefix })),
  fc.constant({ range: { from: '+11', to: '+12' } }),
)
const action = fc.constantFrom(
  { type: 'Reject', reject: { status: 404 } },
  { type: 'Reject', reject: { status: 486 } },
  { type: 'Route', route: { backends: [{ service: { name: 'voice', port: 5060 } }] } },
)
const spec = fc.record({
  priority: fc.integer({ min: 0, max: 1 }),
  trunkRefs: fc.subarray([{ name: 'a' }, { name: 'b' }]),
  match: fc.record({
    called: fc.array(number, { maxLength: 2 }),
    headers: fc.constantFrom([], [{ name: 'X-A', present: true }], [{ name: 'X-A', exact: 'b' }]),
  }),
  action,
})

/** What happens between two compilations. `spec` undefined: the object goes. */
const edits = fc.array(
  fc.record({ name: fc.integer({ min: 0, max: 30 }), spec: fc.option(spec, { nil: undefined, freq: 4 }) }),
  { minLength: 1, maxLength: 2 * MAX_SHADOW_CHANGES },
)
const step = fc.record({
  edits,
  trunks: fc.subarray(['a', 'b']),
  service: fc.constantFrom('unwatched', 'absent', 'empty', 'ready'),
})

const SERVICE: ServiceRecord = {
  namespace: 'default',
  name: 'voice',
  type: 'ClusterIP',
  ports: [{ name: 'sip', port: 5060, protocol: 'UDP' }],
}
const SLICE: EndpointSliceRecord = {
  namespace: 'default',
  name: 'voice-1',
  service: 'voice',
  addressType: 'IPv4',
  ports: [{ name: 'sip', port: 5060, protocol: 'UDP' }],
  endpoints: [{ addresses: ['10.0.0.1'], ready: true, serving: true, terminating: false }],
}

const SERVICES = {
  unwatched: { services: 'unwatched', endpointSlices: [] },
  absent: { services: [], endpointSlices: [] },
  empty: { services: [SERVICE], endpointSlices: [] },
  ready: { services: [SERVICE], endpointSlices: [SLICE] },
} satisfies Record<string, Pick<CompileInput, 'services' | 'endpointSlices'>>

describe('a compilation with the memory of earlier ones', () => {
  it('makes the very same table and conditions as one without, whatever has changed in between', () => {
    let shadowed = 0
    fc.assert(
      fc.property(fc.array(step, { minLength: 2, maxLength: 6 }), (steps) => {
        const memory = createCompileMemory()
        const rules = new Map<number, DispatchRule>()
        const trunks = { a: trunk('a'), b: trunk('b') }
        for (const { edits, trunks: names, service } of steps) {
          for (const { name, spec } of edits) {
            if (spec) rules.set(name, rule(`r${name}`, spec))
            else rules.delete(name)
          }
          const present = Object.entries(trunks).flatMap(([name, object]) => (names.includes(name) ? [object] : []))
          const input = { trunks: present, rules: [...rules.values()], ...SERVICES[service] }
          const fresh = compile(input)
          expect(compile(input, memory)).toEqual(fresh)
          shadowed += fresh.conditions.flatMap(({ conditions }) => conditions.filter(isShadowed)).length
        }
      }),
      { numRuns: 300 },
    )
    expect(shadowed).toBeGreaterThan(100)
  })

  it('answers the same objects for what has not changed', () => {
    const memory = createCompileMemory()
    const kept = rule('kept', {
      action: { type: 'Reject', reject: { status: 404 } },
      match: { called: [{ exact: '+12' }] },
    })
    const other = (status: number) => rule('other', { action: { type: 'Reject', reject: { status } } })
    const before = compile({ trunks: [], rules: [kept, other(486)] }, memory)
    const after = compile({ trunks: [trunk('a')], rules: [kept, other(603)] }, memory)
    const of = ({ entries, conditions }: typeof after, name: string) => [
      entries.find((entry) => entry.name === `default/${name}`),
      conditions.find((object) => object.name === name),
    ]
    expect(of(after, 'kept')[0]).toBe(of(before, 'kept')[0])
    expect(of(after, 'other')[0]).not.toBe(of(before, 'other')[0])
    const again = compile({ trunks: [trunk('a')], rules: [kept, other(486)] }, memory)
    expect(of(again, 'kept')[1]).toBe(of(after, 'kept')[1])
  })
})

function isShadowed({ type }: { readonly type: string }): boolean {
  return type === 'Shadowed'
}
