import { type IpAddress, parseIpAddress } from '../../ingress/address/ip-address.ts'
import type { CallFacts } from '../../ingress/lookup/call-facts.ts'
import type {
  Endpoint,
  RuleEntry,
  ServiceEntry,
  TrunkEntry,
  UriBackend,
} from '../../ingress/route-table/route-table.ts'

/** A trunk `team/<name>` that admits 203.0.113.0/24 by any transport and owns every number. */
export function trunkEntry(name: string, fields: Partial<TrunkEntry> = {}): TrunkEntry {
  const namespace = fields.namespace ?? 'team'
  return {
    kind: 'trunk',
    namespace,
    createdAt: 1000,
    sources: ['203.0.113.0/24'],
    trustedProxies: [],
    transports: ['UDP', 'TCP'],
    called: [],
    numbers: { calledFrom: 'RequestURI', callingFrom: 'From' },
    responses: {
      noRule: { status: 503, reason: 'Service Unavailable' },
      noBackend: { status: 503, reason: 'Service Unavailable' },
    },
    ...fields,
    name: `${namespace}/${name}`,
  }
}

/** A rule `team/<name>` without conditions that answers 404. */
export function ruleEntry(name: string, fields: Partial<RuleEntry> = {}): RuleEntry {
  const namespace = fields.namespace ?? 'team'
  return {
    kind: 'rule',
    namespace,
    createdAt: 1000,
    priority: 0,
    trunks: [],
    called: [],
    calling: [],
    headers: [],
    schedule: [],
    action: { type: 'Reject', status: 404, reason: 'Not Found' },
    ...fields,
    name: `${namespace}/${name}`,
  }
}

/** The entry `<namespace>/<name>:5060` of a Service, over UDP. Places are addresses; the port is 5060 by default. */
export function serviceEntry(
  name: string,
  places: { readonly ready?: readonly string[]; readonly draining?: readonly string[] },
  namespace = 'team',
): ServiceEntry {
  const at = (place: string, state: Endpoint['state']): Endpoint => {
    const { address, port } = backend(place)
    return { address, port, state }
  }
  const { ready = [], draining = [] } = places
  const endpoints = [...ready.map((place) => at(place, 'ready')), ...draining.map((place) => at(place, 'draining'))]
  return { kind: 'service', name: `${namespace}/${name}:5060`, namespace, transport: 'UDP', endpoints }
}

/** An action that sends calls to one backend for each address; the port is 5060 by default. */
export function routeTo(...places: readonly string[]): RuleEntry['action'] {
  return {
    type: 'Route',
    backends: places.map((place) => backend(place)),
    contactNetworks: [],
    setHeaders: [],
    removeHeaders: [],
    backendTimeout: 2000,
    ringingTimeout: 120_000,
    failoverOn: ['timeout', 'transport', '503'],
    failover: 'Always',
  }
}

function backend(place: string): UriBackend {
  const [address = '', port = '5060'] = place.split(' ')
  return { uri: `sip:${place}`, address, port: Number(port), uriParameters: '', weight: 1, tier: 0 }
}

/** The facts of a call that a test sets; without them it is a UDP call from 203.0.113.7 to +15551234567. */
export interface CallSketch {
  readonly source?: string
  readonly transport?: 'UDP' | 'TCP'
  readonly user?: string | undefined
  readonly to?: string | undefined
  readonly from?: string | undefined
  readonly asserted?: string | undefined
  readonly headers?: Readonly<Record<string, readonly string[]>>
  /** Addresses in Via, nearest first; `ambiguous` stands for a Via with two addresses, any other text for a Via without one. */
  readonly recorded?: readonly string[]
}

export function callFacts(sketch: CallSketch = {}): CallFacts {
  const recorded = (sketch.recorded ?? []).map((text) => (text === 'ambiguous' ? text : parseIpAddress(text)))
  return {
    peer: { address: addressOf(sketch.source ?? '203.0.113.7'), transport: sketch.transport ?? 'UDP' },
    requestUri: { scheme: 'sip', user: 'user' in sketch ? sketch.user : '+15551234567' },
    toUser: sketch.to,
    fromUser: sketch.from,
    assertedUser: sketch.asserted,
    header: (name) => sketch.headers?.[name] ?? [],
    recordedSources: () => recorded,
  }
}

export function addressOf(text: string): IpAddress {
  const address = parseIpAddress(text)
  if (address === undefined) throw new Error(`no address: ${text}`)
  return address
}
