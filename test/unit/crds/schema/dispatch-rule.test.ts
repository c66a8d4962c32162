import { describe, expect, it } from '@jest/globals'
import { readDispatchRule } from '../../../../crds/schema/dispatch-rule.ts'
import { faultsOf, withField } from '../../../support/faulty-object.ts'

const route = { backends: [{ uri: 'sip:10.0.0.5' }] }
const good = {
  apiVersion: 'sipdispatch.dev/v1alpha1',
  kind: 'DispatchRule',
  metadata: { name: 'sales' },
  spec: { action: { type: 'Route', route } },
}
const ROUTE = 'spec.action.route'

/** What is wrong with the good rule once one field of it is another. */
const faultsWith = (path: string, value: unknown) => faultsOf(readDispatchRule(withField(good, path, value)))

describe('a DispatchRule', () => {
  it('with one backend gets every other default', () => {
    const reading = readDispatchRule(good)
    expect(reading.ok && reading.object.spec).toEqual({
      priority: 0,
      trunkRefs: [],
      match: { called: [], calling: [], headers: [] },
      action: {
        type: 'Route',
        route: {
          backends: [{ uri: 'sip:10.0.0.5', weight: 1, tier: 0 }],
          headers: { set: [], remove: [] },
          timeouts: { backend: '2s', ringing: '120s' },
          failoverOn: ['timeout', 'transport', '500', '503'],
          failover: 'Always',
          contactNetworks: [],
        },
      },
    })
  })

  it.each<[string, unknown, string]>([
    ['spec.priority', 1.5, 'spec.priority: is the number 1.5 (expected whole number)'],
    ['spec.priority', 2_147_483_648, 'spec.priority: is above its bound (expected at most 2147483647)'],
    ['spec.trunkRefs', ['acme'], 'spec.trunkRefs.0: is the string "acme" (expected map)'],
    ['spec.trunkRefs', [{ name: 'a' }, { name: 'a' }], 'spec.trunkRefs.1: a is in the list twice'],
    ['spec.trunkRefs', [{ name: 'a/b' }], 'spec.trunkRefs.0.name: is not a Kubernetes name'],
    [
      'spec.match',
      { hours: {} },
      'spec.match.hours: unknown field (expected one of called, calling, headers, schedule)',
    ],
    [
      'spec.match',
      { headers: [{ name: 'X-A' }] },
      'spec.match.headers.0: write exactly one of exact, prefix, regex, present',
    ],
    ['spec.match', { headers: [{ name: 'X A', exact: 'b' }] }, 'spec.match.headers.0.name: is not a header name'],
    ['spec.match', { headers: [{ name: 's', exact: 'b' }] }, 'spec.match.headers.0.name: is a compact form'],
    [
      'spec.match',
      { headers: [{ name: 'X-A', present: 'yes' }] },
      'spec.match.headers.0.present: is the string "yes" (expected boolean)',
    ],
    ['spec.action', undefined, 'spec.action: is required (expected map)'],
    ['spec.action', { type: 'Drop' }, 'spec.action.type: is the string "Drop" (expected Route | Redirect | Reject)'],
    ['spec.action', { type: 'Route' }, 'spec.action: type Route needs route'],
    ['spec.action', { type: 'Redirect' }, 'spec.action: type Redirect needs redirect'],
    ['spec.action', { type: 'Reject' }, 'spec.action: type Reject needs reject'],
    [
      'spec.action',
      { type: 'Reject', reject: { status: 404 }, route },
      'spec.action.route: route belongs to type Route only',
    ],
    [
      'spec.action',
      { type: 'Route', route, reject: { status: 404 } },
      'spec.action.reject: reject belongs to type Reject only',
    ],
    [
      'spec.action',
      { type: 'Reject', reject: { status: 302 } },
      'spec.action.reject.status: is below its bound (expected at least 400)',
    ],
    [
      'spec.action',
      { type: 'Reject', reject: { status: 404, reason: 'é\u0085' } },
      'spec.action.reject.reason: holds a line break',
    ],
  ])('is refused for %s: %j', (path, value, fault) => {
    expect(faultsWith(path, value)).toEqual([expect.stringContaining(fault)])
  })

  it.each<[string, unknown, string]>([
    ['contacts', [], 'is below its bound (expected at least 1 entries)'],
    ['contacts', [{ uri: 'http://example.com' }], '0.uri: is not a sip:, sips: or tel: URI'],
    ['contacts', [{ uri: 'sip:a@b>, <sip:c@d' }], '0.uri: is not a sip:, sips: or tel: URI'],
    ['contacts', [{ uri: 'sip:a@b\r\nX: y' }], '0.uri: is not a sip:, sips: or tel: URI'],
    ['contacts', [{ uri: 'sip:a@b', q: 1.1 }], '0.q: is above its bound (expected at most 1)'],
    ['contacts', [{ uri: 'sip:a@b', q: 0.1234 }], '0.q: has more than three decimals'],
    ['contacts', [{ uri: 'sip:a@b', q: 0.000_000_1 }], '0.q: has more than three decimals'],
    ['contacts', [{ uri: 'sip:a@b' }, { uri: 'sip:a@b' }], '1: sip:a@b is in the list twice'],
  ])('with a redirection is refused for %s: %j', (field, value, fault) => {
    const action = { type: 'Redirect', redirect: { [field]: value } }
    expect(faultsWith('spec.action', action)).toEqual([expect.stringContaining(fault)])
  })

  it.each([0, 0.5, 0.125, 1])('takes a contact of preference %d', (q) => {
    const action = { type: 'Redirect', redirect: { contacts: [{ uri: 'sips:a@b;x=1?h=1', q }] } }
    expect(readDispatchRule(withField(good, 'spec.action', action)).ok).toBe(true)
  })

  it.each<[string, unknown, string]>([
    ['backends', [], 'backends: is below its bound (expected at least 1 entries)'],
    ['backends', undefined, 'backends: is required (expected list)'],
    [
      'backends',
      [{ uri: 'sip:10.0.0.5', weight: 1001 }],
      'backends.0.weight: is above its bound (expected at most 1000)',
    ],
    ['backends', [{ uri: 'sip:10.0.0.5', tier: 16 }], 'backends.0.tier: is above its bound (expected at most 15)'],
    [
      'backends',
      [{ uri: 'sip:10.0.0.5' }, { uri: 'sip:10.0.0.5' }],
      'backends: a URI can be a backend once: sip:10.0.0.5 is there twice',
    ],
    ['backends', [{ weight: 1 }], 'backends.0: write exactly one of uri, service'],
    [
      'backends',
      [{ service: { name: 'x', port: 5060 }, uri: 'sip:10.0.0.5' }],
      'backends.0: write exactly one of uri, service',
    ],
    ['backends', [{ service: { name: 'X', port: 5060 } }], 'backends.0.service.name: is not the name of a Service'],
    ['backends', [{ service: { name: 'x' } }], 'backends.0.service.port: is not a port of a Service: write its number'],
    ['backends', [{ service: { name: 'x', port: 0 } }], 'backends.0.service.port: is below its bound'],
    ['backends', [{ service: { name: 'x', port: 65_536 } }], 'backends.0.service.port: is above its bound'],
    ['backends', [{ service: { name: 'x', port: '5060' } }], 'backends.0.service.port: is not the name of a port'],
    ['backends', [{ service: { name: 'x', port: true } }], 'backends.0.service.port: is not a port of a Service'],
    [
      'backends',
      [{ service: { name: 'x', port: 5060, transport: 'TLS' } }],
      'backends.0.service.transport: is the string "TLS": it is not there yet, so end it at a SIP proxy',
    ],
    [
      'backends',
      [{ service: { name: 'x', port: 'sip' } }, { service: { name: 'x', port: 'sip' }, tier: 1 }],
      'backends: a port of a Service can be a backend once: x:sip is there twice',
    ],
    [
      'backends',
      [{ service: { name: 'x', namespace: 'y', port: 5060 } }],
      'backends.0.service.namespace: unknown field (expected one of name, port, transport)',
    ],
    ['requestUser', '{to}', 'requestUser: {to}: only {called}, {calling}, {trunk} and {rule} can stand in braces'],
    ['requestUser', '{called', 'requestUser: {called: only {called}'],
    ['requestUser', 'a}', 'requestUser: }: only {called}'],
    ['requestUser', '{{called}}', 'requestUser: {}: only {called}'],
    ['requestUser', 'a b', 'requestUser: holds a character that a SIP user cannot carry'],
    ['requestUser', 'a@b', 'requestUser: holds a character that a SIP user cannot carry'],
    ['requestUser', 'a%2', 'requestUser: holds a character that a SIP user cannot carry'],
    ['headers', { set: [{ name: 'X-A', value: 'a\r\nVia: b' }] }, 'headers.set.0.value: holds a line break'],
    ['headers', { set: [{ name: 'X-A', value: '{caller}' }] }, 'headers.set.0.value: {caller}: only {called}'],
    ['headers', { set: [{ name: 'X-A:', value: 'b' }] }, 'headers.set.0.name: is not a header name'],
    [
      'headers',
      {
        set: [
          { name: 'X-A', value: 'a' },
          { name: 'x-a', value: 'b' },
        ],
      },
      'headers.set: a header can be set once: x-a is there twice',
    ],
    ['headers', { remove: ['X-A', 'X-A'] }, 'headers.remove.1: X-A is in the list twice'],
    ['timeouts', { backend: '2' }, 'timeouts.backend: is not a duration such as 2s'],
    ['timeouts', { backend: 2 }, 'timeouts.backend: is the number 2 (expected string, in quotes)'],
    ['timeouts', { backend: '99ms' }, 'timeouts.backend: must be from 100ms to 32s'],
    ['timeouts', { backend: '33s' }, 'timeouts.backend: must be from 100ms to 32s'],
    ['timeouts', { ringing: '3m1s' }, 'timeouts.ringing: must be from 1s to 180s'],
    ['failoverOn', ['600'], 'failoverOn.0: a 6xx ends the search for a backend'],
    ['failoverOn', ['200'], 'failoverOn.0: is not timeout, transport or a status'],
    ['failoverOn', [503], 'failoverOn.0: is the number 503 (expected string, in quotes)'],
    ['failoverOn', ['Timeout'], 'failoverOn.0: is not timeout, transport or a status'],
    ['failover', 'Never', 'failover: is the string "Never" (expected Always | BeforeRinging)'],
    ['ejectOn', ['500'], 'ejectOn.0: is the string "500" (expected 503 | timeout | transport)'],
    ['ejectOn', ['timeout', 'timeout'], 'ejectOn.1: timeout is in the list twice'],
    ['healthCheck', { tcp: {} }, 'healthCheck.tcp: unknown field (expected one of options)'],
    ['healthCheck', { options: { interval: '4s' } }, 'healthCheck.options.interval: must be from 5s to 1h'],
    ['healthCheck', { options: { timeout: '100ms' } }, 'healthCheck.options.timeout: must be from 500ms to 32s'],
    [
      'healthCheck',
      { options: { interval: '5s', timeout: '5s' } },
      'healthCheck.options: timeout 5s must be less than interval 5s',
    ],
    ['healthCheck', { options: { timeout: '32s' } }, 'healthCheck.options: timeout 32s must be less than interval 30s'],
    ['healthCheck', { options: { failures: 0 } }, 'healthCheck.options.failures: is below its bound'],
    ['healthCheck', { options: { successes: 11 } }, 'healthCheck.options.successes: is above its bound'],
    ['healthCheck', { options: { statuses: [199] } }, 'healthCheck.options.statuses.0: is below its bound'],
    ['healthCheck', { options: { statuses: [700] } }, 'healthCheck.options.statuses.0: is above its bound'],
    ['healthCheck', { options: { statuses: ['503'] } }, 'healthCheck.options.statuses.0: is the string "503"'],
    ['healthCheck', { options: { statuses: [503, 503] } }, 'healthCheck.options.statuses.1: 503 is in the list twice'],
    ['healthCheck', { options: { user: 'a@b' } }, 'healthCheck.options.user: has a character that the user'],
    ['healthCheck', { options: { user: '' } }, 'healthCheck.options.user: '],
    [
      'backends',
      [{ uri: 'sip:10.0.0.5', healthCheck: { options: { interval: '2h' } } }],
      'backends.0.healthCheck.options.interval: must be from 5s to 1h',
    ],
    ['contactNetworks', ['10.0.0.0/40'], 'contactNetworks.0: 10.0.0.0/40 is not a network'],
  ])('with a route is refused for %s: %j', (field, value, fault) => {
    expect(faultsWith(`${ROUTE}.${field}`, value)).toEqual([expect.stringContaining(`${ROUTE}.${fault}`)])
  })

  it('takes several ports of one Service, and one port over both transports', () => {
    const service = { name: 'pbx', port: 5060 }
    const all = [
      service,
      { ...service, port: 'sip' },
      { ...service, transport: 'UDP' },
      { ...service, transport: 'TCP' },
    ]
    const backends = [...all.map((one) => ({ service: one })), { uri: 'sip:10.0.0.5' }, { uri: 'sip:10.0.0.6' }]
    expect(faultsWith(`${ROUTE}.backends`, backends)).toEqual([])
  })

  it.each([
    'Via',
    'from',
    'To',
    'CALL-ID',
    'CSeq',
    'Route',
    'Record-Route',
    'Contact',
    'Max-Forwards',
    'Content-Length',
  ])('can neither set nor remove %s, which the proxy itself writes', (name) => {
    const fault = 'the proxy itself writes this header: a rule cannot set or remove it'
    expect(faultsWith(`${ROUTE}.headers`, { set: [{ name, value: 'x' }] })).toEqual([
      `${ROUTE}.headers.set.0.name: ${fault}`,
    ])
    expect(faultsWith(`${ROUTE}.headers`, { remove: [name] })).toEqual([`${ROUTE}.headers.remove.0: ${fault}`])
  })

  it.each(['{called}', '{calling};{trunk}/{rule}', '+1{called}', "100%23!~*'()&=+$,?"])('takes the user %s', (user) => {
    expect(faultsWith(`${ROUTE}.requestUser`, user)).toEqual([])
  })
  it('can have limits, those of calls at the same time with type Route only', () => {
    expect(faultsWith('spec.limits', { callsPerSecond: 1, concurrentCalls: 3 })).toEqual([])
    const rejecting = { type: 'Reject', reject: { status: 404 } }
    const limited = (limits: object) =>
      faultsOf(readDispatchRule(withField(withField(good, 'spec.action', rejecting), 'spec.limits', limits)))
    expect(limited({ callsPerSecond: 1 })).toEqual([])
    expect(limited({ concurrentCalls: 1 })).toEqual([
      'spec.limits: concurrentCalls counts calls that are sent to a backend, so it needs an action of type Route',
    ])
  })
})
