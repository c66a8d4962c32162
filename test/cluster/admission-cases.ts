/** Specs that the API server must refuse, each beside the nearest one that it must take. */

export interface AdmissionCase {
  readonly kind: 'SipTrunk' | 'DispatchRule'
  /** The field that the refusal names, `spec.called[0].range`. */
  readonly at: string
  /** What it says of it. */
  readonly message: string
  readonly bad: object
  readonly good: object
}

/** The keyword of the schema that is broken. */
export interface BoundCase extends AdmissionCase {
  readonly bound: string
}

const trunk = (fields: object): object => ({ sources: ['192.0.2.1'], ...fields })
const reject = { type: 'Reject', reject: { status: 404 } }
const match = (fields: object): object => ({ match: fields, action: reject })
const route = (fields: object): object => ({
  action: { type: 'Route', route: { backends: [{ uri: 'sip:10.0.0.5' }], ...fields } },
})
const redirect = (contacts: readonly object[]): object => ({ action: { type: 'Redirect', redirect: { contacts } } })
const ROUTE = 'spec.action.route'

/** Each type of action with its part. */
const PARTS = {
  Route: { route: { backends: [{ uri: 'sip:10.0.0.5' }] } },
  Redirect: { redirect: { contacts: [{ uri: 'sip:a@b' }] } },
  Reject: { reject: { status: 404 } },
} as const

const IS_NETWORK = 'write an IPv4 or IPv6 address, or a network in CIDR form such as 203.0.113.0/24'
const ONE_OF_NUMBERS = 'write exactly one of exact, prefix, range, regex'
const SAME_FORM =
  'from and to must be equally long and written in the same form (both with +, both with 00, or neither)'
const IN_ORDER = 'from must not be greater than to'
const IS_RE2 = 'is not an RE2 expression (no look-around, no back-references)'
const PLACEHOLDERS = 'only {called}, {calling}, {trunk} and {rule} can stand in braces'
const PROBE_TIMES = 'timeout must be less than interval: a probe ends before the next one begins'
const OWN_HEADER = 'the proxy itself writes this header: a rule cannot set or remove it'

/** The rules of a list of number conditions, wherever such a list stands. */
function numberCases(kind: AdmissionCase['kind'], list: string, specWith: (list: readonly object[]) => object) {
  const pairs: [at: string, message: string, bad: object, good: object][] = [
    ['', ONE_OF_NUMBERS, { exact: '+1', prefix: '+1' }, { exact: '+1' }],
    ['.range', SAME_FORM, { range: { from: '+10', to: '+199' } }, { range: { from: '+100', to: '+199' } }],
    ['.range', IN_ORDER, { range: { from: '+19', to: '+10' } }, { range: { from: '+10', to: '+19' } }],
    ['.regex', IS_RE2, { regex: '(' }, { regex: '^\\+1(555)?' }],
  ]
  return pairs.map(([at, message, bad, good]): AdmissionCase => {
    return { kind, at: `${list}[0]${at}`, message, bad: specWith([bad]), good: specWith([good]) }
  })
}

/** A case of a rule that routes: the field below `spec.action.route`, and two values of the field that it begins with. */
function routeCase(at: string, message: string, bad: unknown, good: unknown): AdmissionCase {
  const specWith = (value: unknown): object => {
    const [outer = '', inner] = at.replace(/\[\d+\].*$/, '').split('.')
    return route({ [outer]: inner === undefined ? value : { [inner]: value } })
  }
  return { kind: 'DispatchRule', at: `${ROUTE}.${at}`, message, bad: specWith(bad), good: specWith(good) }
}

const GOOD_URI = [{ uri: 'sip:10.0.0.5:5060;transport=tcp' }]
const NO_HOST =
  'write sip: and an IP address or a host name, such as sip:10.0.0.5:5060;transport=tcp, sip:[2001:db8::5] or sip:pbx.example.net'
const LONG_LABEL = 'a'.repeat(63)
const nameCase = (bad: string, message: string, good: string) =>
  routeCase('backends[0].uri', message, [{ uri: bad }], [{ uri: good }])
const uriCase = (uri: string, message: string) => routeCase('backends[0].uri', message, [{ uri }], GOOD_URI)

/** A case of a schedule: the field below `spec.match.schedule`, and two values of the fields beside the zone. */
function scheduleCase(at: string, message: string, bad: object, good: object): AdmissionCase {
  const specWith = (fields: object) => match({ schedule: { timeZone: 'UTC', ...fields } })
  const path = at === '' ? 'spec.match.schedule' : `spec.match.schedule.${at}`
  return { kind: 'DispatchRule', at: path, message, bad: specWith(bad), good: specWith(good) }
}

const NO_LEAP_DAY = 'has no 29 February: the year is no leap year'

/** A date stands in five places of a schedule. */
function scheduleCases(): AdmissionCase[] {
  const from = (date: string) => ({ except: [{ range: { from: date, to: '2099-12-31' } }] })
  const to = (date: string) => ({ except: [{ range: { from: '2000-01-01', to: date } }] })
  const places: [at: string, fields: (date: string) => object][] = [
    ['except[0].date', (date) => ({ except: [{ date }] })],
    ['except[0].range.from', from],
    ['except[0].range.to', to],
    ['validFrom', (validFrom) => ({ validFrom })],
    ['validUntil', (validUntil) => ({ validUntil })],
  ]
  return [
    ...places.map(([at, fields]) => scheduleCase(at, NO_LEAP_DAY, fields('2026-02-29'), fields('2028-02-29'))),
    scheduleCase(
      '',
      'says no time: write windows, except, validFrom or validUntil, or leave the schedule out',
      {},
      { validUntil: '2026-12-31' },
    ),
    scheduleCase(
      'validUntil',
      'validUntil is before validFrom: the rule would never take a call',
      { validFrom: '2026-12-02', validUntil: '2026-12-01' },
      { validFrom: '2026-12-01', validUntil: '2026-12-01' },
    ),
    scheduleCase(
      'windows[0].to',
      'from and to are the same time: write from: "00:00" and to: "24:00" for a whole day',
      { windows: [{ from: '18:00', to: '18:00' }] },
      { windows: [{ from: '18:00', to: '17:59' }] },
    ),
    scheduleCase(
      'except[0]',
      'write exactly one of date, range, yearly',
      { except: [{ date: '2026-12-24', yearly: '12-24' }] },
      { except: [{ yearly: '02-29' }] },
    ),
    scheduleCase(
      'except[0].range.to',
      'to is before from: write the earlier date in from',
      { except: [{ range: { from: '2026-12-25', to: '2026-12-24' } }] },
      { except: [{ range: { from: '2026-12-24', to: '2026-12-24' } }] },
    ),
  ]
}

const BOTH_KINDS = [
  ['SipTrunk', (limits: object): object => trunk({ limits })],
  ['DispatchRule', (limits: object): object => ({ ...route({}), limits })],
] as const

/** What the limits of a trunk and of a rule must not be. */
function limitCases(): AdmissionCase[] {
  const pairs: [at: string, message: string, bad: object, good: object][] = [
    ['', 'limits nothing: write callsPerSecond, concurrentCalls or both', { scope: 'Pod' }, { callsPerSecond: 1 }],
    [
      '.burst',
      'needs callsPerSecond beside it',
      { burst: 5, concurrentCalls: 5 },
      { burst: 5, callsPerSecond: 5, concurrentCalls: 5 },
    ],
    [
      '.burst',
      'is below callsPerSecond: write a greater number, or leave it out',
      { callsPerSecond: 2, burst: 1 },
      { callsPerSecond: 2, burst: 2 },
    ],
    [
      '.maxCallSeconds',
      'needs concurrentCalls beside it',
      { callsPerSecond: 1, maxCallSeconds: 60 },
      { concurrentCalls: 1, maxCallSeconds: 60 },
    ],
    [
      '.concurrentCalls',
      'is below callsPerSecond: calls that begin within one second count at the same time, so that rate would never be reached',
      { callsPerSecond: 2, concurrentCalls: 1 },
      { callsPerSecond: 2, concurrentCalls: 2 },
    ],
    [
      '.concurrentCalls',
      'is below burst: such a burst could never be taken',
      { callsPerSecond: 2, burst: 4, concurrentCalls: 3 },
      { callsPerSecond: 2, burst: 4, concurrentCalls: 4 },
    ],
  ]
  return BOTH_KINDS.flatMap(([kind, specWith]) =>
    pairs.map(([at, message, bad, good]): AdmissionCase => {
      return { kind, at: `spec.limits${at}`, message, bad: specWith(bad), good: specWith(good) }
    }),
  )
}

const overLimit = (fields: object): object => trunk({ responses: { overLimit: fields } })

/** One for each CEL rule of the schemas. */
export const RULE_CASES: readonly AdmissionCase[] = [
  {
    ...{ kind: 'SipTrunk', at: 'spec.sources[0]', message: IS_NETWORK },
    ...{ bad: { sources: ['203.0.113.0/33'] }, good: { sources: ['203.0.113.0/32'] } },
  },
  {
    ...{ kind: 'SipTrunk', at: 'spec.trustedProxies[0]', message: IS_NETWORK },
    ...{ bad: trunk({ trustedProxies: ['proxy.example'] }), good: trunk({ trustedProxies: ['2001:db8::/48'] }) },
  },
  ...numberCases('SipTrunk', 'spec.called', (called) => trunk({ called })),
  ...numberCases('DispatchRule', 'spec.match.called', (called) => match({ called })),
  ...numberCases('DispatchRule', 'spec.match.calling', (calling) => match({ calling })),
  {
    ...{ kind: 'DispatchRule', at: 'spec.match.headers[0]' },
    message: 'write exactly one of exact, prefix, regex, present',
    bad: match({ headers: [{ name: 'X-A' }] }),
    good: match({ headers: [{ name: 'X-A', present: true }] }),
  },
  {
    ...{ kind: 'DispatchRule', at: 'spec.match.headers[0].regex', message: IS_RE2 },
    bad: match({ headers: [{ name: 'X-A', regex: '[' }] }),
    good: match({ headers: [{ name: 'X-A', regex: '[a]' }] }),
  },
  ...scheduleCases(),
  ...(['Route', 'Redirect', 'Reject'] as const).flatMap(actionCases),
  ...limitCases(),
  {
    ...{ kind: 'DispatchRule', at: 'spec.limits' },
    message: 'concurrentCalls counts calls that are sent to a backend, so it needs an action of type Route',
    bad: { action: reject, limits: { concurrentCalls: 1 } },
    good: { action: reject, limits: { callsPerSecond: 1 } },
  },
  {
    ...{ kind: 'SipTrunk', at: 'spec.responses.overLimit.retryAfter', message: 'must be from 1s to 1h' },
    bad: overLimit({ status: 503, retryAfter: '999ms' }),
    good: overLimit({ status: 503, retryAfter: '1h' }),
  },
  {
    ...{ kind: 'SipTrunk', at: 'spec.responses.overLimit.retryAfter' },
    message: 'goes with the statuses 404, 413, 480, 486, 500, 503, 600, 603 only (RFC 3261 §20.33)',
    bad: overLimit({ status: 488, retryAfter: '1s' }),
    good: overLimit({ status: 480, retryAfter: '1s' }),
  },
  routeCase('backends', 'a URI can be a backend once', [...GOOD_URI, ...GOOD_URI], GOOD_URI),
  routeCase('backends', 'a port of a Service can be a backend once', [service(5060), service(5060)], [service(5060)]),
  routeCase('backends[0]', 'write exactly one of uri, service', [{ ...service(5060), ...GOOD_URI[0] }], GOOD_URI),
  uriCase(
    'sips:10.0.0.5',
    'only UDP and TCP towards backends are supported by this version: write a sip: URI with transport=udp or transport=tcp, or neither',
  ),
  uriCase('sip:user@10.0.0.5', 'a backend has no user and no headers: use requestUser and headers.set of the route'),
  uriCase('sip:0.0.0.0', 'the unspecified address cannot be called: write the address of the backend'),
  uriCase('SIP:[0::0]:5060', 'the unspecified address cannot be called: write the address of the backend'),
  uriCase('sip:255.255.255.255', 'a multicast or broadcast address is not one backend: write the address of each'),
  uriCase('sip:239.1.2.3:5060', 'a multicast or broadcast address is not one backend: write the address of each'),
  uriCase('SIP:[FF02::1]', 'a multicast or broadcast address is not one backend: write the address of each'),
  uriCase('sip:10.0.0.5:0', 'a port is a number from 1 to 65535'),
  uriCase('sip:[2001:db8::5]:65536;transport=tcp', 'a port is a number from 1 to 65535'),
  uriCase(
    'sip:10.0.0.5;maddr=10.0.0.6',
    'maddr, ttl and method would send the request elsewhere or change it: leave them out',
  ),
  uriCase('sip:10.0.0.256', NO_HOST),
  nameCase('sip:-pbx.example', NO_HOST, 'sip:p-bx.example'),
  nameCase('sip:pbx..example', NO_HOST, 'sip:pbx.example.'),
  nameCase(
    'sip:_sip._udp.example.net',
    'a host name has no _ (RFC 3261 §25.1): write the bare name, such as sip:example.net, and its SRV records are found',
    'sip:example.net',
  ),
  nameCase(
    'sip:bücher.example:5060',
    'a host name has only ASCII characters: write an international name in the form that begins with xn--',
    'sip:xn--bcher-kva.example:5060',
  ),
  nameCase(
    `sip:${LONG_LABEL}a.example`,
    'a host name has at most 253 characters, and between two dots at most 63',
    `sip:${LONG_LABEL}.example`,
  ),
  nameCase(
    `sip:${`${LONG_LABEL}.`.repeat(4)}`,
    'a host name has at most 253 characters, and between two dots at most 63',
    `sip:${`${LONG_LABEL}.`.repeat(3)}${LONG_LABEL.slice(2)}.;transport=tcp`,
  ),
  nameCase('sip:pbx.example:65536', 'a port is a number from 1 to 65535', 'sip:pbx.example:65535'),
  routeCase('requestUser', PLACEHOLDERS, '{caller}', '{calling}'),
  routeCase('headers.set', 'a header can be set once', [header('X-A'), header('x-a')], [header('X-A'), header('X-B')]),
  routeCase('headers.set[0].name', OWN_HEADER, [header('Via')], [header('Via-X')]),
  routeCase('headers.set[0].value', PLACEHOLDERS, [header('X-A', '{to}')], [header('X-A', '{trunk}')]),
  routeCase('headers.remove[0]', OWN_HEADER, ['Record-Route'], ['X-Record-Route']),
  routeCase('timeouts.backend', 'must be from 100ms to 32s', '99ms', '100ms'),
  routeCase('timeouts.ringing', 'must be from 1s to 180s', '181s', '180s'),
  routeCase(
    'failoverOn[0]',
    'a 6xx ends the search for a backend (RFC 3261 §16.7): it cannot fail over',
    ['603'],
    ['503'],
  ),
  routeCase('healthCheck.options', PROBE_TIMES, { timeout: '30s' }, { timeout: '29s' }),
  routeCase('healthCheck.options', PROBE_TIMES, { interval: '5s', timeout: '5s' }, { interval: '5s', timeout: '4s' }),
  routeCase('contactNetworks[0]', IS_NETWORK, ['10.0.0.0/40'], ['10.0.0.0/8']),
  {
    ...{ kind: 'DispatchRule', at: 'spec.action.redirect.contacts[0].q' },
    message: 'has more than three decimals (RFC 3261 §25.1 qvalue)',
    bad: redirect([{ uri: 'sip:a@b', q: 0.1234 }]),
    good: redirect([{ uri: 'sip:a@b', q: 0.123 }]),
  },
]

/** A type without its part, and a part that belongs to another type. */
function actionCases(type: keyof typeof PARTS): AdmissionCase[] {
  const field = type.toLowerCase()
  const good = { action: { type, ...PARTS[type] } }
  const other = type === 'Reject' ? 'Redirect' : 'Reject'
  const extra = { action: { type: other, ...PARTS[other], ...PARTS[type] } }
  const kind = 'DispatchRule'
  return [
    { kind, at: 'spec.action', message: `type ${type} needs ${field}`, bad: { action: { type } }, good },
    { kind, at: `spec.action.${field}`, message: `${field} belongs to type ${type} only`, bad: extra, good },
  ]
}

function service(port: number): object {
  return { service: { name: 'voice', port } }
}

function header(name: string, value = 'a'): object {
  return { name, value }
}

/** One for each keyword that bounds a value. */
export const BOUND_CASES: readonly BoundCase[] = [
  { bound: 'required', ...routeCase('backends', 'Required value', undefined, GOOD_URI) },
  { bound: 'minItems', ...routeCase('backends', 'should have at least 1 items', [], GOOD_URI) },
  {
    ...{ bound: 'maxItems', kind: 'SipTrunk', at: 'spec.trustedProxies', message: 'must have at most 64 items' },
    ...{ bad: trunk({ trustedProxies: addresses(65) }), good: trunk({ trustedProxies: addresses(64) }) },
  },
  {
    ...{ bound: 'x-kubernetes-list-type', kind: 'SipTrunk', at: 'spec.sources[1]', message: 'Duplicate value' },
    ...{ bad: { sources: ['192.0.2.1', '192.0.2.1'] }, good: { sources: ['192.0.2.1', '192.0.2.2'] } },
  },
  {
    ...{ bound: 'minLength', kind: 'SipTrunk', at: 'spec.called[0].exact', message: 'should be at least 1 chars long' },
    ...{ bad: trunk({ called: [{ exact: '' }] }), good: trunk({ called: [{ exact: '1' }] }) },
  },
  {
    ...{ bound: 'maxLength', kind: 'SipTrunk', at: 'spec.called[0].exact', message: 'may not be more than 64 bytes' },
    ...{ bad: trunk({ called: [{ exact: '1'.repeat(65) }] }), good: trunk({ called: [{ exact: '1'.repeat(64) }] }) },
  },
  { bound: 'enum', ...routeCase('failover', 'supported values: "Always", "BeforeRinging"', 'Never', 'BeforeRinging') },
  {
    ...{ bound: 'pattern', kind: 'SipTrunk', at: 'spec.called[0].exact', message: 'should match' },
    ...{ bad: trunk({ called: [{ exact: 'a\r\nVia: b' }] }), good: trunk({ called: [{ exact: 'a Via: b' }] }) },
  },
  {
    ...{ bound: 'minimum', kind: 'DispatchRule', at: 'spec.action.reject.status' },
    message: 'should be greater than or equal to 400',
    bad: { action: { type: 'Reject', reject: { status: 302 } } },
    good: { action: { type: 'Reject', reject: { status: 400 } } },
  },
  {
    ...{ bound: 'maximum', kind: 'DispatchRule', at: 'spec.action.reject.status' },
    message: 'should be less than or equal to 699',
    bad: { action: { type: 'Reject', reject: { status: 700 } } },
    good: { action: { type: 'Reject', reject: { status: 699 } } },
  },
  {
    ...{ bound: 'x-kubernetes-int-or-string', ...routeCase('backends[0].service.port', 'must be of type', [], []) },
    ...{
      bad: route({ backends: [{ service: { name: 'voice', port: true } }] }),
      good: route({ backends: [service(5060)] }),
    },
  },
]

function addresses(count: number): string[] {
  return Array.from({ length: count }, (_, i) => `192.0.2.${i}`)
}
