import { describe, expect, it } from '@jest/globals'
import { readSipTrunk } from '../../../../crds/schema/sip-trunk.ts'
import { faultsOf, withField } from '../../../support/faulty-object.ts'

const good = {
  apiVersion: 'sipdispatch.dev/v1alpha1',
  kind: 'SipTrunk',
  metadata: { name: 'acme' },
  spec: { sources: ['203.0.113.0/24'] },
}

describe('a SipTrunk', () => {
  it('needs its sources only and gets every other default', () => {
    expect(readSipTrunk(good)).toEqual({
      ok: true,
      object: {
        ...good,
        metadata: { name: 'acme', namespace: 'default' },
        spec: {
          sources: ['203.0.113.0/24'],
          trustedProxies: [],
          transports: ['UDP', 'TCP'],
          called: [],
          numbers: { calledFrom: 'RequestURI', callingFrom: 'From', unreadable: 'Refuse' },
          responses: {
            noRule: { status: 503, reason: 'Service Unavailable' },
            noBackend: { status: 503, reason: 'Service Unavailable' },
          },
          nat: 'Auto',
        },
      },
    })
  })

  it.each([
    ['198.51.100.7'],
    ['0.0.0.0/0'],
    ['10.0.0.1/8'],
    ['2001:db8::/48'],
    ['::1'],
    ['::/0'],
    ['2001:db8:1:2:3:4:5:6/128'],
  ])('takes the source %s', (source) => {
    expect(readSipTrunk(withField(good, 'spec.sources', [source])).ok).toBe(true)
  })

  it.each<[string, unknown, string]>([
    ['spec.sources', undefined, 'spec.sources: is required (expected list)'],
    ['spec.sources', [], 'spec.sources: is below its bound (expected at least 1 entries)'],
    ['spec.sources', '10.0.0.0/8', 'spec.sources: is the string "10.0.0.0/8" (expected list)'],
    [
      'spec.sources',
      ['10.0.0.1/33'],
      'spec.sources.0: 10.0.0.1/33 is not a network: the prefix length is a number from 0 to 32, not "33"',
    ],
    [
      'spec.sources',
      ['10.0.0.0/'],
      'spec.sources.0: 10.0.0.0/ is not a network: the prefix length is a number from 0 to 32, not ""',
    ],
    [
      'spec.sources',
      ['10.0.0.0/08'],
      'spec.sources.0: 10.0.0.0/08 is not a network: the prefix length is a number from 0 to 32, not "08"',
    ],
    [
      'spec.sources',
      ['::1', '::/129'],
      'spec.sources.1: ::/129 is not a network: the prefix length is a number from 0 to 128, not "129"',
    ],
    [
      'spec.sources',
      ['sip.example.com'],
      'spec.sources.0: sip.example.com is not an address or network: write an IPv4',
    ],
    ['spec.sources', ['10.0.0'], 'spec.sources.0: 10.0.0 is not an address or network: write an IPv4'],
    ['spec.sources', ['010.0.0.1'], 'spec.sources.0: 010.0.0.1 is not an address or network: write an IPv4'],
    ['spec.sources', ['[::1]'], 'spec.sources.0: [::1] is not an address or network: write an IPv4'],
    ['spec.sources', ['fe80::1%eth0'], 'spec.sources.0: fe80::1%eth0 is not an address or network: write an IPv4'],
    [
      'spec.sources',
      ['::ffff:192.0.2.1'],
      'spec.sources.0: ::ffff:192.0.2.1 is not an address or network: write an IPv4',
    ],
    [
      'spec.sources',
      ['::ffff:c000:201/128'],
      'spec.sources.0: ::ffff:c000:201/128 is not an address or network: write an IPv4',
    ],
    ['spec.sources', ['10.0.0.1', '10.0.0.1'], 'spec.sources.1: 10.0.0.1 is in the list twice'],
    [
      'spec.sources',
      Array.from({ length: 1001 }, (_, i) => `10.0.${i >> 8}.${i & 255}`),
      'spec.sources: is above its bound (expected at most 1000 entries)',
    ],
    ['spec.source', ['10.0.0.1'], 'spec.source: unknown field (expected sources)'],
    ['spec.trustedProxies', ['x'], 'spec.trustedProxies.0: x is not an address or network: write an IPv4'],
    [
      'spec.transports',
      ['TLS'],
      'spec.transports.0: is the string "TLS": it is not there yet, so end it at a SIP proxy',
    ],
    ['spec.transports', [], 'spec.transports: is below its bound (expected at least 1 entries)'],
    ['spec.transports', ['UDP', 'UDP'], 'spec.transports.1: UDP is in the list twice'],
    [
      'spec.tls',
      {},
      'spec.tls: unknown field (expected one of sources, trustedProxies, transports, called, numbers, responses, limits, nat)',
    ],
    ['spec.digest', {}, 'spec.digest: unknown field'],
    ['spec.called', [{}], 'spec.called.0: write exactly one of exact, prefix, range, regex'],
    ['spec.called', [{ exact: '1', prefix: '2' }], 'spec.called.0: write exactly one of exact, prefix, range, regex'],
    ['spec.called', [{ exact: 1555 }], 'spec.called.0.exact: is the number 1555 (expected string, in quotes)'],
    ['spec.called', [{ exact: '' }], 'spec.called.0.exact: is below its bound (expected at least 1 characters)'],
    ['spec.called', [{ prefix: 'a\r\nb' }], 'spec.called.0.prefix: holds a line break or another control character'],
    ['spec.called', [{ prefx: '1' }], 'spec.called.0.prefx: unknown field (expected prefix)'],
    ['spec.called', [{ range: { from: '+1', to: '+10' } }], 'spec.called.0.range: from and to must be equally long'],
    ['spec.called', [{ range: { from: '+15', to: '159' } }], 'spec.called.0.range: from and to must be equally long'],
    ['spec.called', [{ range: { from: '0015', to: '0115' } }], 'spec.called.0.range: from and to must be equally long'],
    ['spec.called', [{ range: { from: '+16', to: '+15' } }], 'spec.called.0.range: from must not be greater than to'],
    [
      'spec.called',
      [{ range: { from: '1-5', to: '159' } }],
      'spec.called.0.range.from: is not a number: digits, with or without a leading +',
    ],
    ['spec.called', [{ range: { from: '15' } }], 'spec.called.0.range.to: is required (expected string)'],
    [
      'spec.called',
      [{ regex: '(' }],
      'spec.called.0.regex: is not an RE2 expression (no look-around, no back-references)',
    ],
    [
      'spec.called',
      [{ regex: '(?=1)' }],
      'spec.called.0.regex: is not an RE2 expression (no look-around, no back-references)',
    ],
    [
      'spec.called',
      [{ regex: '(a)\\1' }],
      'spec.called.0.regex: is not an RE2 expression (no look-around, no back-references)',
    ],
    ['spec.numbers', { defaultRegion: 'UK' }, 'spec.numbers.defaultRegion: is not a region with a numbering plan'],
    ['spec.numbers', { defaultRegion: 'us' }, 'spec.numbers.defaultRegion: is not an ISO 3166 alpha-2 code'],
    [
      'spec.numbers',
      { calledFrom: 'from' },
      'spec.numbers.calledFrom: is the string "from" (expected RequestURI | To)',
    ],
    ['spec.numbers', { callingFrom: 'RPID' }, 'spec.numbers.callingFrom: is the string "RPID" (expected From | PAI)'],
    [
      'spec.responses',
      { noRule: { status: 200 } },
      'spec.responses.noRule.status: is below its bound (expected at least 400)',
    ],
    [
      'spec.responses',
      { noRule: { status: 700 } },
      'spec.responses.noRule.status: is above its bound (expected at most 699)',
    ],
    [
      'spec.responses',
      { noRule: { status: '503' } },
      'spec.responses.noRule.status: is the string "503" (expected number)',
    ],
    ['spec.responses', { noRule: {} }, 'spec.responses.noRule.status: is required (expected number)'],
    [
      'spec.responses',
      { noBackend: { status: 503, reason: 'a\nVia: x' } },
      'spec.responses.noBackend.reason: holds a line break',
    ],
    ['spec', undefined, 'spec: is required (expected map)'],
    ['spec', null, 'spec: is null (expected map)'],
    ['metadata', { name: 'Acme' }, 'metadata.name: is not a Kubernetes name'],
    ['metadata', {}, 'metadata.name: is required (expected string)'],
    ['metadata', { name: 'a', namespace: 'a.b' }, 'metadata.namespace: is not a Kubernetes namespace'],
    ['metadata', { nmae: 'a', name: 'a' }, 'metadata.nmae: unknown field (expected name)'],
    ['specs', {}, 'specs: unknown field (expected spec)'],
  ])('refuses %s: %j', (path, value, fault) => {
    expect(faultsOf(readSipTrunk(withField(good, path, value)))).toEqual([expect.stringContaining(fault)])
  })

  it.each(['Auto', 'Source', 'Contact'])('takes %s for nat', (nat) => {
    expect(readSipTrunk(withField(good, 'spec.nat', nat)).ok).toBe(true)
  })

  it.each(['auto', 'Never', true, ''])('does not take %j for nat', (nat) => {
    expect(faultsOf(readSipTrunk(withField(good, 'spec.nat', nat)))).toEqual([expect.stringContaining('spec.nat')])
  })

  it('reports every fault at once', () => {
    const spec = { sources: ['x', 'y'], transports: ['SCTP'], colour: 'red' }
    expect(faultsOf(readSipTrunk({ ...good, spec }))).toHaveLength(4)
  })
})

describe('the limits of a SipTrunk', () => {
  const faults = (limits: object) => faultsOf(readSipTrunk(withField(good, 'spec.limits', limits)))

  it.each([
    [{ callsPerSecond: 1 }],
    [{ concurrentCalls: 1 }],
    [{ callsPerSecond: 20, burst: 20, concurrentCalls: 20, maxCallSeconds: 60, scope: 'Installation' }],
  ])('can be %j', (limits) => {
    expect(faults(limits)).toEqual([])
  })

  it.each<[object, string]>([
    [{}, 'spec.limits: limits nothing: write callsPerSecond, concurrentCalls or both'],
    [{ scope: 'Pod' }, 'spec.limits: limits nothing: write callsPerSecond, concurrentCalls or both'],
    [{ callsPerSecond: 0 }, 'spec.limits.callsPerSecond: is below its bound (expected at least 1)'],
    [{ callsPerSecond: 100_001 }, 'spec.limits.callsPerSecond: is above its bound (expected at most 100000)'],
    [{ concurrentCalls: 0 }, 'spec.limits.concurrentCalls: is below its bound (expected at least 1)'],
    [{ concurrentCalls: 5, burst: 5 }, 'spec.limits.burst: needs callsPerSecond beside it'],
    [
      { callsPerSecond: 20, burst: 19 },
      'spec.limits.burst: is below callsPerSecond: write a greater number, or leave it out',
    ],
    [{ callsPerSecond: 5, maxCallSeconds: 600 }, 'spec.limits.maxCallSeconds: needs concurrentCalls beside it'],
    [
      { callsPerSecond: 5, concurrentCalls: 4 },
      'spec.limits.concurrentCalls: is below callsPerSecond: calls that begin within one second count at the same time, so that rate would never be reached',
    ],
    [
      { callsPerSecond: 5, burst: 9, concurrentCalls: 8 },
      'spec.limits.concurrentCalls: is below burst: such a burst could never be taken',
    ],
    [
      { concurrentCalls: 5, maxCallSeconds: 59 },
      'spec.limits.maxCallSeconds: is below its bound (expected at least 60)',
    ],
  ])('cannot be %j', (limits, fault) => {
    expect(faults(limits)).toEqual([fault])
  })

  it.each<[object, readonly string[]]>([
    [{ status: 503, retryAfter: '5s' }, []],
    [{ status: 486, reason: 'Busy Here' }, []],
    [
      { status: 488, retryAfter: '5s' },
      [
        'spec.responses.overLimit.retryAfter: goes with the statuses 404, 413, 480, 486, 500, 503, 600, 603 only (RFC 3261 §20.33)',
      ],
    ],
    [{ status: 503, retryAfter: '500ms' }, ['spec.responses.overLimit.retryAfter: must be from 1s to 1h']],
  ])('have the answer %j or are told why not', (overLimit, expected) => {
    expect(faultsOf(readSipTrunk(withField(good, 'spec.responses', { overLimit })))).toEqual(expected)
  })
})
