/** A trunk and rules that together have every field, so that a test can go through all of them. */

const API_VERSION = 'sipdispatch.dev/v1alpha1'

const NUMBERS = [{ exact: '+15550100' }, { prefix: '+1' }, { range: { from: '100', to: '199' } }, { regex: '^\\+1' }]

const HEADERS = [
  { name: 'X-One', exact: 'a' },
  { name: 'X-Two', prefix: 'b' },
  { name: 'X-Three', regex: 'c' },
  { name: 'X-Four', present: true },
]

const SCHEDULE = {
  timeZone: 'Europe/Berlin',
  windows: [{ days: ['Mon', 'Tue'], from: '08:00', to: '18:00' }],
  except: [{ date: '2026-12-24' }, { range: { from: '2026-12-27', to: '2026-12-31' } }, { yearly: '12-25' }],
  validFrom: '2026-01-01',
  validUntil: '2027-12-31',
}

const ROUTE = {
  backends: [{ uri: 'sip:10.0.0.5', weight: 3, tier: 1 }, { service: { name: 'voice', port: 5060, transport: 'UDP' } }],
  requestUser: '{called}',
  headers: { set: [{ name: 'X-Set', value: '{trunk}' }], remove: ['X-Remove'] },
  timeouts: { backend: '3s', ringing: '60s' },
  failoverOn: ['timeout', '503'],
  failover: 'BeforeRinging',
  contactNetworks: ['10.0.0.0/8'],
}

const LIMITS = { callsPerSecond: 10, burst: 20, concurrentCalls: 30, maxCallSeconds: 600, scope: 'Installation' }

const TRUNK_SPEC = {
  sources: ['192.0.2.1'],
  trustedProxies: ['10.0.0.0/24'],
  transports: ['UDP'],
  called: NUMBERS,
  numbers: { defaultRegion: 'US', calledFrom: 'To', callingFrom: 'PAI', unreadable: 'AsWritten' },
  responses: {
    noRule: { status: 404, reason: 'No Rule' },
    noBackend: { status: 503, reason: 'No Backend' },
    draining: { status: 503, reason: 'Draining' },
    overLimit: { status: 503, reason: 'Over Limit', retryAfter: '3s' },
  },
  limits: LIMITS,
  nat: 'Source',
}

const rule = (name: string, action: object, limits: object = { callsPerSecond: 1 }): Manifest => {
  const match = { called: NUMBERS, calling: NUMBERS, headers: HEADERS, schedule: SCHEDULE }
  return objectOf('DispatchRule', name, { priority: 7, trunkRefs: [{ name: 'whole' }], match, action, limits })
}

export interface Manifest {
  readonly apiVersion: string
  readonly kind: 'SipTrunk' | 'DispatchRule'
  readonly metadata: { readonly name: string }
  readonly spec: object
}

function objectOf(kind: Manifest['kind'], name: string, spec: object): Manifest {
  return { apiVersion: API_VERSION, kind, metadata: { name }, spec }
}

/** One rule for each type of action, and a trunk. */
export const WHOLE_OBJECTS: readonly Manifest[] = [
  objectOf('SipTrunk', 'whole', TRUNK_SPEC),
  rule('routed', { type: 'Route', route: ROUTE }, LIMITS),
  rule('redirected', { type: 'Redirect', redirect: { contacts: [{ uri: 'sip:other@example.com', q: 0.5 }] } }),
  rule('rejected', { type: 'Reject', reject: { status: 404, reason: 'Not Here' } }),
]
