/**
 * Tables and calls for a warm-up. One table is invented and has every kind of rule. The other is a part of the current
 * table.
 */
import { fromWords, type IpAddress, parseIpAddress, parseIpPrefix } from '../address/ip-address.ts'
import type { TransportName } from '../address/transport-name.ts'
import type { LiveTable } from '../lookup/live-table.ts'
import type {
  CallLimit,
  NumberPredicate,
  RouteAction,
  RuleEntry,
  TableEntry,
  TrunkEntry,
} from '../route-table/route-table.ts'
import { DAY_MINUTES, type Schedule, WEEKDAYS } from '../route-table/schedule.ts'
import { SERVICE_UNAVAILABLE } from '../sip/port/answers.ts'
import { WARM_UP_RULES, WIDE_LIMIT } from './limits.ts'

/** An invented call. No network carries it. */
export interface MadeUpCall {
  readonly source: IpAddress
  readonly transport: TransportName
  readonly called: string
}

export interface WarmUpTable {
  readonly entries: readonly TableEntry[]
  readonly calls: readonly MadeUpCall[]
}

/** Addresses for documentation (RFC 5737 and RFC 3849). No machine has such an address. */
const [CALLER, STRANGER, BACKEND, ENDPOINT] = ['198.51.100.7', '198.51.100.99', '203.0.113.7', '203.0.113.8']
const CALLER_V6 = '2001:db8::7'
/** Numbers that belong to nobody (RFC 3966 §3), in the forms that calls use. */
const NUMBERS = ['+12025550101', '2025550102', '+12025550103', '+12025550104', '+12025550105', '0']
const SERVICE = 'warm-up/pbx:5060'
const NAMES = { namespace: 'warm-up', createdAt: 0 }

/** Limits that no warm-up reaches. A refused call would not go through the code that forwards. */
const WIDE_LIMITS: CallLimit = {
  rate: { callsPerSecond: WIDE_LIMIT, burst: WIDE_LIMIT },
  concurrent: { calls: WIDE_LIMIT, maxCallSeconds: 1 },
  scope: 'Pod',
}

const trunk: TrunkEntry = {
  ...{ kind: 'trunk', name: 'warm-up/carrier', ...NAMES },
  sources: [`${CALLER}/32`, `${CALLER_V6}/128`],
  trustedProxies: [],
  transports: ['UDP', 'TCP'],
  called: [],
  numbers: { defaultRegion: 'US', calledFrom: 'RequestURI', callingFrom: 'From' },
  responses: { noRule: SERVICE_UNAVAILABLE, noBackend: SERVICE_UNAVAILABLE },
  limits: WIDE_LIMITS,
}

const route: RouteAction = {
  type: 'Route',
  backends: [
    { uri: `sip:${BACKEND}`, address: BACKEND, port: 5060, uriParameters: '', weight: 1, tier: 0 },
    { service: SERVICE, weight: 1, tier: 1 },
  ],
  contactNetworks: [],
  setHeaders: [{ name: 'X-Called', value: '{called}' }],
  removeHeaders: ['X-Remove'],
  backendTimeout: 4000,
  ringingTimeout: 120_000,
  failoverOn: ['timeout', 'transport', '503'],
  failover: 'Always',
}

/** A schedule that holds at all times, so that the calls of the warm-up have the same outcome on every day. */
const ALWAYS: Schedule = {
  timeZone: 'Europe/Berlin',
  windows: WEEKDAYS.map((day) => ({ day, from: 0, to: DAY_MINUTES })),
  except: [],
}

function rule(name: string, priority: number, change: Partial<RuleEntry>): RuleEntry {
  const conditions = { trunks: [trunk.name], called: [], calling: [], headers: [], schedule: [] }
  return { kind: 'rule', name: `warm-up/${name}`, ...NAMES, priority, ...conditions, action: route, ...change }
}

/** A table with every action and every kind of condition, and calls for it. For the numbers of some calls, no rule matches. */
export function inventedTable(): WarmUpTable {
  const [exact = '', national = '', redirected = '', refused = '', other = '', none = ''] = NUMBERS
  const present = { type: 'present', name: 'x-remove', present: true } as const
  const entries: TableEntry[] = [
    trunk,
    {
      kind: 'service',
      name: SERVICE,
      ...NAMES,
      transport: 'UDP',
      endpoints: [{ address: ENDPOINT, port: 5060, state: 'ready' }],
    },
    rule('exact', 5, { called: [{ type: 'exact', value: exact }], schedule: [ALWAYS] }),
    rule('headers', 4, { called: [{ type: 'prefix', value: '+12025550102' }], headers: [present] }),
    rule('refused', 3, {
      called: [{ type: 'range', from: refused, to: refused }],
      action: { type: 'Reject', ...SERVICE_UNAVAILABLE },
    }),
    rule('moved', 3, {
      called: [{ type: 'exact', value: redirected }],
      action: { type: 'Redirect', contacts: [{ uri: `sip:${BACKEND}` }] },
    }),
    rule('pattern', 2, {
      called: [{ type: 'regex', pattern: '^\\+1202555010[2-4]$' }],
      calling: [{ type: 'prefix', value: '+1' }],
    }),
  ]
  const called = [exact, national, redirected, refused, other, none]
  const sources = [CALLER, CALLER_V6, STRANGER].flatMap((text) => parseIpAddress(text) ?? [])
  const calls = sources.flatMap((source) =>
    called.map((number): MadeUpCall => ({ source, transport: 'UDP', called: number })),
  )
  return {
    entries,
    calls: [...calls, ...sources.map((source): MadeUpCall => ({ source, transport: 'TCP', called: exact }))],
  }
}

/**
 * The first rules of a table with their trunks and Services, and a call for each rule. Real calls will meet the same kinds
 * of rules.
 */
export function partOf(table: LiveTable): WarmUpTable {
  const rules: RuleEntry[] = []
  for (const entry of table.rules()) {
    if (rules.push(withWideLimits(entry)) === WARM_UP_RULES) break
  }
  const trunks: TrunkEntry[] = []
  for (const entry of table.trunks()) {
    if (trunks.push(withWideLimits(entry)) === WARM_UP_RULES) break
  }
  const services = new Set(rules.flatMap(({ action }) => (action.type === 'Route' ? servicesOf(action) : [])))
  const entries: TableEntry[] = [...trunks, ...rules]
  for (const entry of table.services()) if (services.has(entry.name)) entries.push(entry)
  return { entries, calls: trunks.flatMap((entry) => callsOf(entry, rules)) }
}

function withWideLimits<E extends TrunkEntry | RuleEntry>(entry: E): E {
  return entry.limits === undefined ? entry : { ...entry, limits: WIDE_LIMITS }
}

function servicesOf({ backends }: RouteAction): string[] {
  return backends.flatMap((backend) => ('service' in backend ? [backend.service] : []))
}

function callsOf({ name, namespace, sources, transports }: TrunkEntry, rules: readonly RuleEntry[]): MadeUpCall[] {
  const first = parseIpPrefix(sources[0] ?? '')
  if (first === undefined) return []
  const own = rules.filter(({ trunks, ...of }) =>
    trunks.length === 0 ? of.namespace === namespace : trunks.includes(name),
  )
  const numbers = own.flatMap(({ called }) => called.slice(0, 1).map(numberFor))
  const source = fromWords([...first.words])
  const transport = transports[0] ?? 'UDP'
  return [...numbers, NUMBERS[0] ?? ''].map((called) => ({ source, transport, called }))
}

/** A number for which the predicate holds. If the predicate is a regular expression, it may not hold for the number. */
function numberFor(predicate: NumberPredicate): string {
  switch (predicate.type) {
    case 'exact':
      return predicate.value
    case 'prefix':
      return `${predicate.value}0100`
    case 'range':
      return predicate.from
    case 'regex':
      return NUMBERS[0] ?? ''
  }
}
