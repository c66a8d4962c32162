import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import type { ExplainReport } from '../../../../cli/explain/explain-report.ts'
import { runCommand } from '../../../support/command-line.ts'
import { dispatchRule, manifestText, routeTo, sipTrunk } from '../../../support/manifest-text.ts'

const PAGE = readFileSync(fileURLToPath(new URL('../../../../docs/explain.md', import.meta.url)), 'utf8')

const NOT_FOUND = { type: 'Reject', reject: { status: 404, reason: 'Not Found' } }
/** What is taken off the request of a trunk whose identities nobody goes by. */
const UNTRUSTED = ['P-Preferred-Identity', 'P-Asserted-Identity', 'Remote-Party-ID', 'P-Served-User', 'P-Charge-Info']

const ACME = sipTrunk('acme', { sources: ['203.0.113.0/24'] })

let folder = ''

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sip-dispatch-explain-'))
})

afterEach(() => rmSync(folder, { recursive: true }))

function rule(name: string, spec: object): object {
  return { apiVersion: 'sipdispatch.dev/v1alpha1', kind: 'DispatchRule', metadata: { name }, spec }
}

/** A call to +15551234567 from 203.0.113.7, unless the flags, which come later, say another. */
function explain(objects: readonly object[], ...flags: readonly string[]) {
  writeFileSync(join(folder, 'manifests.json'), manifestText(objects))
  const usual = ['--to', '+15551234567', '--from', '+14155550100', '--source', '203.0.113.7']
  return runCommand(['explain', '--rules', folder, ...usual, ...flags])
}

async function reportOf(objects: readonly object[], ...flags: readonly string[]): Promise<ExplainReport> {
  const { code, output, errors } = await explain(objects, '--output', 'json', ...flags)
  expect([code, errors]).toEqual([0, ''])
  return JSON.parse(output)
}

const namesOf = (part: ExplainReport['rules' | 'trunks']) => part.shown.map(({ name, standing }) => [name, standing])

describe('docs/explain.md', () => {
  const examples = [...PAGE.matchAll(/```console\n\$ sip-dispatch ((?:.*\\\n)*.*)\n([\s\S]*?)```/g)]

  it('shows examples', () => {
    expect(examples.length).toBe(2)
  })

  it.each(examples.map(([, command = '', output = '']) => [command.replaceAll(/\s*\\\n\s*/g, ' '), output]))(
    'prints what %s prints',
    async (command = '', output = '') => {
      expect(await runCommand(command.split(' '))).toEqual({ code: 0, output, errors: '' })
    },
  )
})

describe('the verdict', () => {
  it('is silence for a stranger, and says which trunk was near', async () => {
    const stream = sipTrunk('stream', { sources: ['203.0.113.0/24'], transports: ['TCP'] })
    const far = sipTrunk('far', { sources: ['192.0.2.0/24'] })
    const { code, output } = await explain([stream, far])
    expect(code).toBe(0)
    expect(output).toContain('  default/stream  knows the source, but takes TCP and not UDP\n')
    expect(output).toContain('  default/far     203.0.113.7 is in none of its sources (192.0.2.0/24)\n')
    expect(output).toMatch(/auth_drop: no trunk admits this source\n\non the wire\n {2}nothing: silence\n$/)
  })

  it('names the response of the trunk where nobody owns the number', async () => {
    const noRule = { status: 404, reason: 'No Such Number' }
    const owner = sipTrunk('owner', {
      ...{ sources: ['203.0.113.0/24'], called: [{ prefix: '+44' }], responses: { noRule } },
    })
    const report = await reportOf([owner])
    expect(report).toMatchObject({ admission: 'not_owned', trunk: 'default/owner', outcome: 'no_rule' })
    expect(report.trunks.shown[0]?.reason).toContain('+15551234567 is not its own (prefix +44); it answers')
    expect(report.wire.response).toEqual(['SIP/2.0 404 No Such Number', 'Warning: 399 HOST "no_rule DECISION-ID"'])
  })

  it('is 403 for a backend that no trunk admits', async () => {
    const to = dispatchRule('sales', '+1', routeTo(['sip:10.0.0.5:5060']))
    const report = await reportOf([ACME, to], '--source', '10.0.0.5')
    expect(report).toMatchObject({ admission: 'known', outcome: 'rejected' })
    expect(report.wire.response[0]).toBe('SIP/2.0 403 Forbidden')
  })

  it('says for each rule the first condition that fails, and the header that the call lacks', async () => {
    const match = { calling: [{ prefix: '+1415' }], headers: [{ name: 'X-Tenant', exact: 'blue' }] }
    const rules = [
      rule('tenant', { priority: 2, match, action: NOT_FOUND }),
      rule('caller', { priority: 1, match: { calling: [{ prefix: '+39' }] }, action: NOT_FOUND }),
      dispatchRule('number', '+15550000000', NOT_FOUND),
    ]
    const report = await reportOf([ACME, ...rules], '--header', 'X-Tenant: red')
    expect(report.rules.shown.map(({ name, reason }) => [name, reason])).toEqual([
      ['default/tenant', 'header x-tenant: must be "blue"; the call has "red"'],
      ['default/caller', 'calling: +14155550100 matches none of: prefix +39'],
      ['default/number', 'called: +15551234567 matches none of: exact +15550000000'],
    ])
    expect(report.reason).toBe('the nearest rule does not match a header (default/tenant)')
    const blue = await reportOf([ACME, ...rules], '--header', 'X-Tenant: blue')
    expect(blue).toMatchObject({ rule: 'default/tenant', outcome: 'rejected' })
  })
})

describe('a call that is forwarded', () => {
  const backends = [
    { uri: 'sip:10.0.1.1:5060', tier: 1 },
    { uri: 'sip:10.0.0.1:5060', weight: 90 },
    { uri: 'sip:10.0.0.2:5060', weight: 10 },
    { uri: 'sip:10.0.0.3:5060', weight: 0 },
  ]
  const headers = { set: [{ name: 'X-Trunk', value: '{trunk}' }], remove: ['X-Internal'] }
  const route = { backends, requestUser: '{calling}', headers }

  it('has its backends by tier and weight, and the response where all of them fail', async () => {
    const report = await reportOf([ACME, rule('sales', { action: { type: 'Route', route } })])
    expect(report.outcome).toBe('forwarded')
    expect(report.backends.map(({ name, tier, share }) => [name, tier, share])).toEqual([
      ['sip:10.0.0.1:5060', 0, 90],
      ['sip:10.0.0.2:5060', 0, 10],
      ['sip:10.0.0.3:5060', 0, 0],
      ['sip:10.0.1.1:5060', 1, 100],
    ])
    expect(report.request).toEqual({
      ...{ user: '+14155550100', set: ['X-Trunk: default/acme'] },
      removed: ['X-Internal', ...UNTRUSTED],
    })
    expect(report.wire).toEqual({
      response: ['SIP/2.0 100 Trying'],
      everyBackendFails: ['SIP/2.0 503 Service Unavailable', 'Warning: 399 HOST "no_backend DECISION-ID"'],
    })
  })

  it('is told in words', async () => {
    const { output } = await explain([ACME, rule('sales', { action: { type: 'Route', route } })])
    const [, text] = output.split('\nbackends, in the order in which they are tried\n')
    expect(text?.split('\n')).toEqual([
      "  tier 0: sip:10.0.0.1:5060 (weight 90, 90 % of the tier's calls)",
      "  tier 0: sip:10.0.0.2:5060 (weight 10, 10 % of the tier's calls)",
      '  tier 0: sip:10.0.0.3:5060 (weight 0: takes no calls)',
      "  tier 1: sip:10.0.1.1:5060 (weight 1, 100 % of the tier's calls)",
      ...['', 'the request to the backend'],
      '  Request-URI user: +14155550100',
      '  set X-Trunk: default/acme',
      `  removed ${['X-Internal', ...UNTRUSTED].join(', ')}`,
      ...['', 'decision', '  forwarded: the rule routes: the answer is what a backend says'],
      ...['', 'on the wire', '  SIP/2.0 100 Trying'],
      '  then what the backend says; if every backend fails, the best of their responses, or',
      '  SIP/2.0 503 Service Unavailable',
      '  Warning: 399 HOST "no_backend DECISION-ID"',
      '',
    ])
  })

  it('by a Service gets no backend here, and is forwarded on a cluster', async () => {
    const service = { service: { name: 'livekit', port: 5060 } }
    const objects = [ACME, rule('sales', { action: { type: 'Route', route: { backends: [service] } } })]
    const { output } = await explain(objects)
    expect(output).toContain('default/livekit:5060')
    expect(output).toContain('endpoints are known on a cluster only')
    const [, lines = ''] = output.split('\non the wire of a cluster where a Service has a ready endpoint\n')
    expect(lines.split('\n')[0]).toBe('  SIP/2.0 100 Trying')
    const report = await reportOf(objects)
    expect(report.findings).toEqual({ shown: [], leftOut: 0 })
    expect(report).toMatchObject({ outcome: 'no_backend', onCluster: { outcome: 'forwarded' } })
    expect(report.wire.response[0]).toBe('SIP/2.0 503 Service Unavailable')
    // RFC 5630 §5.3: no endpoint makes a sips call possible.
    const secure = await reportOf(objects, '--to', 'sips:+15551234567@b')
    expect([secure.wire.response[0], secure.onCluster]).toEqual(['SIP/2.0 480 Temporarily Unavailable', undefined])
  })
})

describe('the call that is asked about', () => {
  it('may have a URI for each number, an IPv6 source and another transport', async () => {
    const six = sipTrunk('six', { sources: ['2001:db8::/32'], transports: ['TCP'] })
    const flags = [
      '--to',
      'tel:+1-555-123-4567',
      '--from',
      'sip:alice@carrier.example',
      '--source',
      '[2001:db8::7]:5070',
    ]
    const report = await reportOf([six], ...flags, '--transport', 'tcp')
    expect(report.call).toEqual({
      ...{ requestUri: 'tel:+1-555-123-4567', from: 'sip:alice@carrier.example' },
      ...{ source: '[2001:db8::7]:5070', transport: 'TCP' },
    })
    expect(report).toMatchObject({ trunk: 'default/six', called: '+15551234567', calling: 'alice' })
  })

  it('may come through trusted proxies, which its Vias name, and be for another To', async () => {
    const numbers = { calledFrom: 'To', callingFrom: 'PAI' }
    const edge = sipTrunk('edge', { sources: ['198.51.100.9/32'], trustedProxies: ['203.0.113.7/32'], numbers })
    const flags = ['Via: SIP/2.0/UDP 198.51.100.9', 'To: <sip:+4420@b>', 'P-Asserted-Identity: <sip:+39061@c>']
    const report = await reportOf([edge], ...flags.flatMap((header) => ['--header', header]))
    expect(report).toMatchObject({ trunk: 'default/edge', called: '+4420', calling: '+39061' })
    expect(namesOf((await reportOf([edge])).trunks)).toEqual([['default/edge', 'proxy']])
  })

  it.each([
    [
      ['SIP/2.0/UDP h;received=198.51.100.9'],
      '198.51.100.9',
      'admits the packet, owns the called number and comes first',
    ],
    [
      ['SIP/2.0/UDP 198.51.100.9;received=192.0.2.7'],
      '192.0.2.7',
      'trusts the source as a proxy, but 192.0.2.7, which is recorded in Via, is in none of its sources (198.51.100.9/32)',
    ],
    [
      ['SIP/2.0/UDP 203.0.113.8', 'SIP/2.0/UDP 192.0.2.8'],
      '192.0.2.8',
      'trusts the source as a proxy, but 192.0.2.8, which is recorded in Via, is in none of its sources (198.51.100.9/32)',
    ],
    [
      ['SIP/2.0/UDP sbc.example'],
      'unreadable: the Via below that of the proxy names no address',
      'trusts the source as a proxy, but it names nobody: unreadable: the Via below that of the proxy names no address',
    ],
    [
      [],
      'none: no Via stands below that of the proxy',
      'trusts the source as a proxy, but it names nobody: none: no Via stands below that of the proxy',
    ],
  ])('says beside a trusted proxy whom the call was judged by: Via %j', async (vias, judged, reason) => {
    const trustedProxies = ['203.0.113.7/32', '203.0.113.8/32']
    const edge = sipTrunk('edge', { sources: ['198.51.100.9/32'], trustedProxies })
    const flags = vias.flatMap((via) => ['--header', `Via: ${via}`])
    const report = await reportOf([edge], ...flags)
    expect([report.call.judgedSource, report.trunks.shown.map((one) => one.reason)]).toEqual([judged, [reason]])
    const { output } = await explain([edge], ...flags)
    expect(output.split('\n')[1]).toBe(`behind a trusted proxy, judged source: ${judged}`)
  })

  it('says of a Via that repeats a parameter that it makes no usable call', async () => {
    const { code, errors } = await explain([ACME], '--header', 'Via: SIP/2.0/UDP h;received=1.1.1.1;received=2.2.2.2')
    expect(code).toBe(2)
    expect(errors).toContain('Repeated Parameter In Via (repeated-parameter)')
  })

  it('may be refused before any rule is asked', async () => {
    const report = await reportOf([ACME], '--header', 'Max-Forwards: 0')
    expect(report.outcome).toBe('malformed')
    expect(report.wire.response[0]).toBe('SIP/2.0 483 Too Many Hops')
    const stranger = await reportOf([ACME], '--header', 'Max-Forwards: 0', '--source', '192.0.2.1')
    expect(stranger.wire.response).toEqual([])
  })
})

describe('what the compiler says', () => {
  it('is repeated: rules that match the same calls, and rules that no call reaches', async () => {
    const rules = [
      rule('all', { priority: 1, action: NOT_FOUND }),
      dispatchRule('never', '+15551234567', NOT_FOUND),
      dispatchRule('same', '+15551234567', NOT_FOUND),
    ]
    const report = await reportOf([ACME, ...rules])
    expect(report.findings.shown.map(({ object, code }) => [object, code])).toEqual([
      ['DispatchRule default/never', 'EarlierRule'],
      ['DispatchRule default/same', 'Conflicted'],
    ])
    expect(namesOf(report.rules)).toEqual([
      ['default/all', 'wins'],
      ['default/never', 'later'],
    ])
  })

  it('is cut where it is long, and so are the rules', async () => {
    const rules = Array.from({ length: 30 }, (_, i) => dispatchRule(`r${i}`, `+1${i}`, NOT_FOUND))
    const { output } = await explain([ACME, rule('all', { priority: 1, action: NOT_FOUND }), ...rules])
    expect(output).toContain('\n  and 11 more rules that are further off\n')
    expect(output).toContain('\n  and 20 more problems: run lint\n')
  })
})

describe('wrong input', () => {
  it('is told flag by flag, with exit code 2', async () => {
    const flags = [
      '--to',
      'mailto:a@b',
      '--from',
      'a@b',
      '--source',
      'example.com',
      '--header',
      'a b',
      '--header',
      'CSeq: 1',
    ]
    expect(await runCommand(['explain', ...flags])).toEqual({
      ...{ code: 2, output: '' },
      errors: [
        'error: --rules: must be given',
        'error: --to: "mailto:a@b" is not a number, or a URI that begins with sip:, sips: or tel:',
        'error: --from: "a@b" is not a number, or a URI that begins with sip:, sips: or tel:',
        'error: --source: "example.com" is not an IP address, alone or with a port: 203.0.113.7:5060, [2001:db8::7]:5060',
        `error: --header: "a b" is not a header as it stands in a request: 'Name: value'`,
        'error: --header: CSeq cannot be given here: it decides nothing',
        '',
      ].join('\n'),
    })
  })

  it('is a header that would end its line, a fault of the INVITE as a whole, an unknown format', async () => {
    expect(await explain([ACME], '--header', 'X-A: 1\r\nX-B: 2')).toMatchObject({ code: 2, output: '' })
    expect(await explain([ACME], '--to', 'sip:1@b?Subject=x')).toEqual({
      ...{ code: 2, output: '' },
      errors:
        'error: --to, --from and --header make no usable INVITE: Headers In Request-URI (headers-in-request-uri)\n',
    })
    expect(await explain([ACME], '--output', 'yaml')).toMatchObject({ code: 2, output: '' })
  })

  it('is a folder that holds nothing, a manifest that cannot be read', async () => {
    const { code, errors } = await explain([sipTrunk('acme', { sources: ['none'] }), ACME])
    expect(code).toBe(2)
    expect(errors).toMatch(
      /^error: .*manifests\.json:\d+: items\[0\]\.spec\.sources\[0\]: none is not an address or network/,
    )
    rmSync(join(folder, 'manifests.json'))
    const args = ['--to', '1', '--from', '2', '--source', '192.0.2.1']
    expect(await runCommand(['explain', '--rules', folder, ...args])).toMatchObject({
      ...{ code: 2, errors: expect.stringMatching(/^error: --rules: .* holds no manifest/) },
    })
  })
})

describe('limits', () => {
  const LIMITED = sipTrunk('acme', {
    ...{ sources: ['203.0.113.0/24'], limits: { callsPerSecond: 20, burst: 30, scope: 'Installation' } },
    responses: { overLimit: { status: 503, retryAfter: '3s' } },
  })
  const limited = rule('sales', {
    limits: { concurrentCalls: 5, maxCallSeconds: 600 },
    action: { type: 'Route', route: { backends: [{ uri: 'sip:10.0.0.5' }] } },
  })

  it('are said for the trunk and for the rule, each with its answer', async () => {
    const { output } = await explain([LIMITED, limited])
    expect(output).toContain(
      [
        'limits, which one call alone does not reach',
        '  trunk default/acme: 20 calls per second, 30 at once; in all pods together; beyond it 503 Service Unavailable, Retry-After: 3',
        '  rule default/sales: 5 calls at the same time, each counted for at most 600 s; in each pod; beyond it 503 Service Unavailable',
        '',
      ].join('\n'),
    )
    expect((await reportOf([LIMITED, limited])).limits).toEqual([
      {
        ...{ of: 'trunk', name: 'default/acme', callsPerSecond: 20, burst: 30, scope: 'Installation' },
        refusal: ['503 Service Unavailable', 'Retry-After: 3'],
      },
      {
        ...{ of: 'rule', name: 'default/sales', concurrentCalls: 5, maxCallSeconds: 600, scope: 'Pod' },
        refusal: ['503 Service Unavailable'],
      },
    ])
  })

  it('are not said where there are none', async () => {
    expect((await reportOf([ACME])).limits).toEqual([])
  })
})
