import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from '@jest/globals'
import * as fc from 'fast-check'
import { parse } from 'yaml'
import { CacheContentError } from '../../../../ingress/route-table/cache-content-error.ts'
import { entryKey, type TableEntry } from '../../../../ingress/route-table/route-table.ts'
import { decodeEntry, encodeEntry } from '../../../../ingress/route-table/table-codec.ts'
import { arbitraryRule, arbitraryService, arbitraryTrunk } from '../../../support/arbitrary-table.ts'
import { routeAction } from '../../../support/engine-harness.ts'
import { scheduleEntry } from '../../../support/schedule-entry.ts'
import { routeTo, ruleEntry, trunkEntry } from '../../../support/table-entries.ts'

const isNetwork = (text: string): boolean => text !== 'none'

const anyEntry: fc.Arbitrary<TableEntry> = fc.oneof(
  arbitraryRule,
  arbitraryService.map((service) => ({
    ...service,
    endpoints: service.endpoints.filter(({ address }) => address !== 'none'),
  })),
  arbitraryTrunk.map((trunk) => ({
    ...trunk,
    sources: trunk.sources.filter(isNetwork),
    trustedProxies: trunk.trustedProxies.filter(isNetwork),
  })),
)

/** What decoding a changed entry finds. */
function problemOf(entry: TableEntry, change: (copy: Record<string, unknown>) => void): string {
  const copy = JSON.parse(encodeEntry(entry))
  change(copy)
  try {
    decodeEntry(entryKey(entry), JSON.stringify(copy))
    return 'nothing'
  } catch (error) {
    if (error instanceof CacheContentError) return error.problem.field
    throw error
  }
}

describe('the codec of entries', () => {
  it('gives back every entry as it was, and the same text for it', () => {
    fc.assert(
      fc.property(anyEntry, (entry) => {
        const json = encodeEntry(entry)
        const decoded = decodeEntry(entryKey(entry), json)
        expect(decoded).toEqual(entry)
        expect(encodeEntry(decoded)).toBe(json)
      }),
    )
  })

  it('takes every entry that the compiler makes in the golden files', () => {
    const folder = join(import.meta.dirname, '../../../golden')
    const files = readdirSync(folder).filter((name) => name.endsWith('.out.yaml'))
    const entries: TableEntry[] = files.flatMap((name) => parse(readFileSync(join(folder, name), 'utf8')).entries)
    expect(entries.map((entry) => decodeEntry(entryKey(entry), encodeEntry(entry)))).toEqual(entries)
    expect(new Set(entries.map(({ kind }) => kind))).toEqual(new Set(['trunk', 'rule', 'service']))
  })

  it('never writes a line break', () => {
    const rule = ruleEntry('a', { called: [{ type: 'exact', value: 'a\nb\r' }] })
    expect(encodeEntry(rule)).not.toMatch(/[\n\r]/)
    expect(decodeEntry(entryKey(rule), encodeEntry(rule))).toEqual(rule)
  })

  it('answers damaged text with an entry or a CacheContentError, never with anything else', () => {
    const damage = fc.record({ place: fc.nat(), text: fc.string({ maxLength: 4 }), length: fc.nat(12) })
    fc.assert(
      fc.property(anyEntry, fc.array(damage, { minLength: 1, maxLength: 3 }), (entry, damages) => {
        let json = encodeEntry(entry)
        for (const { place, text, length } of damages) {
          const at = place % (json.length + 1)
          json = json.slice(0, at) + text + json.slice(at + length)
        }
        expect(outcomeOf(() => decodeEntry(entryKey(entry), json))).toMatch(/^(entry|cache-content)$/)
      }),
      { numRuns: 2000 },
    )
  })

  it('answers any JSON value in any place with an entry or a CacheContentError', () => {
    fc.assert(
      fc.property(anyEntry, fc.nat(), fc.jsonValue(), (entry, place, value) => {
        const paths = pathsOf(JSON.parse(encodeEntry(entry)))
        const copy = JSON.parse(encodeEntry(entry))
        put(copy, paths[place % paths.length] ?? [], value)
        expect(outcomeOf(() => decodeEntry(entryKey(entry), JSON.stringify(copy)))).toMatch(/^(entry|cache-content)$/)
      }),
      { numRuns: 2000 },
    )
  })

  it('names the field that is wrong and what was expected', () => {
    const rule = ruleEntry('a', { action: routeTo('10.0.0.1', '10.0.0.2') })
    const json = encodeEntry(rule).replace('"address":"10.0.0.2"', '"address":"backend.example"')
    expect(() => decodeEntry('rule/team/a', json)).toThrow(
      'rule/team/a: action.backends[1].address: expected an IP address',
    )
  })

  it('takes a backend by name, and refuses one whose host, port or transport is none', () => {
    const named = { uri: 'sip:pbx.example.', host: 'pbx.example.', uriParameters: '', weight: 1, tier: 0 }
    const withBackend = (change: object) =>
      problemOf(ruleEntry('a'), (copy) => {
        copy['action'] = { ...routeTo(), backends: [{ ...named, ...change }] }
      })
    expect([withBackend({}), withBackend({ port: 5070, transport: 'TCP' })]).toEqual(['nothing', 'nothing'])
    const field = (name: string) => `action.backends[0].${name}`
    expect(withBackend({ host: 'PBX.example' })).toBe(field('host'))
    expect(withBackend({ host: '' })).toBe(field('host'))
    expect(withBackend({ host: 'a b' })).toBe(field('host'))
    expect(withBackend({ host: 'a'.repeat(255) })).toBe(field('host'))
    expect(withBackend({ host: 7 })).toBe(field('host'))
    expect(withBackend({ port: 0 })).toBe(field('port'))
    expect(withBackend({ transport: 'TLS' })).toBe(field('transport'))
    expect(withBackend({ address: '10.0.0.1' })).toBe(field('address'))
  })

  it('refuses a field that is missing, and one that it does not know', () => {
    expect(problemOf(ruleEntry('a'), (rule) => delete rule['priority'])).toBe('priority')
    expect(problemOf(trunkEntry('t'), (trunk) => Object.assign(trunk, { extra: 1 }))).toBe('extra')
  })

  it('refuses a schedule that the operator would not write', () => {
    const entry = ruleEntry('a', { schedule: [scheduleEntry({ except: [{ type: 'yearly', day: '02-29' }] })] })
    const found = (fields: object) =>
      problemOf(entry, (rule) => Object.assign(rule, { schedule: [{ ...scheduleEntry(), ...fields }] }))
    expect(found({})).toBe('nothing')
    expect(found({ timeZone: '' })).toBe('schedule[0].timeZone')
    expect(found({ windows: [{ day: 'Mon', from: 600, to: 600 }] })).toBe('schedule[0].windows[0].to')
    expect(found({ windows: [{ day: 'Mon', from: 600, to: 2881 }] })).toBe('schedule[0].windows[0].to')
    expect(found({ windows: [{ day: 'Mon', from: 1440, to: 1500 }] })).toBe('schedule[0].windows[0].from')
    expect(found({ windows: [{ day: 'mon', from: 0, to: 60 }] })).toBe('schedule[0].windows[0].day')
    expect(found({ except: [{ type: 'yearly', day: '02-30' }] })).toBe('schedule[0].except[0].day')
    expect(found({ except: [{ type: 'days', from: '2027-02-29', to: '2027-03-01' }] })).toBe(
      'schedule[0].except[0].from',
    )
    expect(found({ validFrom: '2026-13-01' })).toBe('schedule[0].validFrom')
    const two = [scheduleEntry(), scheduleEntry()]
    expect(problemOf(entry, (rule) => Object.assign(rule, { schedule: two }))).toBe('schedule')
    expect(problemOf(entry, (rule) => delete rule['schedule'])).toBe('schedule')
  })

  it('refuses an entry under the key of another, or in another namespace than its name', () => {
    expect(outcomeOf(() => decodeEntry('rule/team/b', encodeEntry(ruleEntry('a'))))).toBe('cache-content')
    expect(problemOf(ruleEntry('a'), (rule) => Object.assign(rule, { namespace: 'other' }))).toBe('namespace')
  })

  it('refuses networks that do not parse, ranges of unequal length and statuses that SIP does not have', () => {
    expect(problemOf(trunkEntry('t'), (trunk) => Object.assign(trunk, { sources: ['none'] }))).toBe('sources[0]')
    const called = [{ type: 'range', from: '+1', to: '+20' }]
    expect(problemOf(ruleEntry('a'), (rule) => Object.assign(rule, { called }))).toBe('called[0]')
    const action = { type: 'Reject', status: 700, reason: '' }
    expect(problemOf(ruleEntry('a'), (rule) => Object.assign(rule, { action }))).toBe('action.status')
  })

  it('refuses a health check that would flood a backend, or change the request that asks it', () => {
    const probe = { intervalMs: 5_000, timeoutMs: 1_000, failures: 3, successes: 2, statuses: [503], user: 'ping' }
    const withProbe = (change: object) => {
      const action = routeAction()
      const backends = action.backends.slice(0, 1).map((backend) => ({ ...backend, probe: { ...probe, ...change } }))
      return problemOf(ruleEntry('a'), (rule) => Object.assign(rule, { action: { ...action, backends } }))
    }
    const name = { uri: 'sip:a.example', host: 'a.example', uriParameters: '', weight: 1, tier: 0, probe }
    const named = (backend: object) =>
      problemOf(ruleEntry('a'), (rule) => Object.assign(rule, { action: { ...routeAction(), backends: [backend] } }))
    expect([withProbe({}), named(name)]).toEqual(['nothing', 'nothing'])
    expect(named({ ...name, probe: { ...probe, intervalMs: 10 } })).toBe('action.backends[0].probe.intervalMs')
    expect(withProbe({ intervalMs: 10 })).toBe('action.backends[0].probe.intervalMs')
    expect(withProbe({ failures: 0 })).toBe('action.backends[0].probe.failures')
    expect(withProbe({ statuses: [100] })).toBe('action.backends[0].probe.statuses[0]')
    for (const user of ['a b', 'a@b', 'a>', 'a\r\nVia: x', '']) {
      expect(withProbe({ user })).toBe('action.backends[0].probe.user')
    }
    expect(problemOf(ruleEntry('a', { action: routeAction({ ejectOn: ['timeout'] }) }), () => undefined)).toBe(
      'nothing',
    )
  })

  it.each<[string, object, string]>([
    ['no limit at all', { scope: 'Pod' }, 'limits'],
    ['a rate of 0', { rate: { callsPerSecond: 0, burst: 1 }, scope: 'Pod' }, 'limits.rate.callsPerSecond'],
    ['a burst below the rate', { rate: { callsPerSecond: 2, burst: 1 }, scope: 'Pod' }, 'limits.rate.burst'],
    ['calls without a time', { concurrent: { calls: 1 }, scope: 'Pod' }, 'limits.concurrent.maxCallSeconds'],
    ['another scope', { rate: { callsPerSecond: 1, burst: 1 }, scope: 'World' }, 'limits.scope'],
  ])('refuses limits with %s', (_title, limits, field) => {
    expect(problemOf(trunkEntry('t'), (trunk) => Object.assign(trunk, { limits }))).toBe(field)
    expect(problemOf(ruleEntry('r'), (rule) => Object.assign(rule, { limits }))).toBe(field)
  })

  it('refuses text that would end a header line', () => {
    const action = { ...routeTo('10.0.0.1'), setHeaders: [{ name: 'X-A', value: 'a\r\nB: c' }] }
    expect(problemOf(ruleEntry('a'), (rule) => Object.assign(rule, { action }))).toBe('action.setHeaders[0].value')
  })
})

function outcomeOf(decode: () => TableEntry): string {
  try {
    decode()
    return 'entry'
  } catch (error) {
    return error instanceof CacheContentError ? error.code : String(error)
  }
}

function pathsOf(value: unknown, path: readonly string[] = []): string[][] {
  if (typeof value !== 'object' || value === null) return [[...path]]
  return Object.entries(value).flatMap(([name, part]) => [[...path, name], ...pathsOf(part, [...path, name])])
}

function put(value: unknown, path: readonly string[], part: unknown): void {
  const [name, ...rest] = path
  if (typeof value !== 'object' || value === null || name === undefined) return
  if (rest.length === 0) Reflect.set(value, name, part)
  else put(Reflect.get(value, name), rest, part)
}
