/** A whole ingress in memory: real table, real application, native engine, on a fake clock and a network in memory. */
import { parseIpAddress, parseIpPrefix } from '../../ingress/address/ip-address.ts'
import { createApplication } from '../../ingress/call/application.ts'
import { createBackendHealth } from '../../ingress/call/backend-health.ts'
import type { SettleOptions } from '../../ingress/call/call-deps.ts'
import type { CallDecided, CallEvent } from '../../ingress/call/call-events.ts'
import { type CallLimits, type CallLimitsOptions, createCallLimits } from '../../ingress/limit/call-limits.ts'
import { createLiveTable, type LiveTable } from '../../ingress/lookup/live-table.ts'
import {
  backendName,
  type RouteAction,
  type RuleEntry,
  type TableEntry,
  type TrunkEntry,
} from '../../ingress/route-table/route-table.ts'
import { type NativeEngineOptions, startNativeEngine } from '../../ingress/sip/native/native-engine.ts'
import type { Application } from '../../ingress/sip/port/application.ts'
import type { SipEngine } from '../../ingress/sip/port/engine.ts'
import type { Clock } from '../../ingress/time/clock.ts'
import type { Random } from '../../ingress/time/random.ts'
import { FakeClock } from './fake-clock.ts'
import { MemoryNetwork, type SentPacket } from './memory-network.ts'

/** Where the engine listens, over UDP and TCP. */
export const ENGINE = '192.0.2.1:5060'
/** A peer that the default trunk admits, and a source that no trunk admits. */
export const PEER = '198.51.100.7:5060'
export const STRANGER = '203.0.113.99:5060'
/** Backends of the default rule, in failover order. */
export const B1 = '10.0.0.1:5080'
export const B2 = '10.0.0.2:5080'

/** The host of `ENGINE`, which the harness treats as an address of this very process. */
export const OWN_HOST = '192.0.2.1'

export const TEST_COOKIE_KEY = Buffer.alloc(32, 7)

export interface HarnessOptions {
  /** Undefined: the default trunk and rule. Empty: a table without entries. Null: no table was ever loaded. */
  readonly entries?: readonly TableEntry[] | null
  readonly engine?: Partial<NativeEngineOptions>
  /** The random number for the choice by weight; 0 by default. */
  readonly fraction?: () => number
  /** Addresses and networks of the node and the pod; none by default. */
  readonly ownAddress?: readonly string[]
  /** The answer to OPTIONS while the process settles; `unavailable` by default. */
  readonly settleOptions?: SettleOptions
  /** Milliseconds since 1970 when the clock shows `now`. By default it is 1970 when the clock begins. */
  readonly wallClock?: (now: number) => number
  readonly limits?: Partial<CallLimitsOptions>
}

export interface Harness extends Omit<ApplicationParts, 'application'> {
  readonly clock: FakeClock
  readonly network: MemoryNetwork
  readonly engine: SipEngine
  /** Packets sent to an address, as text, oldest first. */
  readonly sentTo: (address: string) => string[]
  /** The same packets with their times. */
  readonly packetsTo: (address: string) => SentPacket[]
}

export async function startHarness(options: HarnessOptions = {}): Promise<Harness> {
  const clock = new FakeClock()
  const network = new MemoryNetwork(clock)
  const { application, ...parts } = applicationOn(clock, options)
  const address = parseIpAddress('192.0.2.1')
  if (!address) throw new Error('unreachable')
  const engine = await startNativeEngine(
    {
      application,
      clock,
      random: countingRandom(),
      listen: [
        { transport: 'UDP', address, port: 5060 },
        { transport: 'TCP', address, port: 5060 },
      ],
      external: undefined,
      internal: undefined,
      cookieKeys: [TEST_COOKIE_KEY],
      machineAddress: () => undefined,
      ...options.engine,
    },
    network.makers(),
  )
  const packetsTo = (to: string): SentPacket[] => network.sent.filter((packet) => packet.to === to)
  return {
    clock,
    network,
    engine,
    ...parts,
    packetsTo,
    sentTo: (to) => packetsTo(to).map((packet) => packet.text),
  }
}

/** The parts above an engine: the real application with its table, on a clock. */
export interface ApplicationParts {
  readonly application: Application
  readonly table: LiveTable
  readonly limits: CallLimits
  readonly events: CallEvent[]
  /** From now on the process is leaving, and still takes calls. */
  readonly settle: () => void
  /** From now on new calls are refused. */
  readonly drain: () => void
  /** The events of decided calls. */
  readonly calls: () => CallDecided[]
}

export function applicationOn(
  clock: Clock,
  options: Pick<HarnessOptions, 'entries' | 'fraction' | 'ownAddress' | 'settleOptions' | 'wallClock' | 'limits'>,
): ApplicationParts {
  const table = createLiveTable()
  const entries = options.entries === undefined ? [trunkEntry(), ruleEntry()] : options.entries
  if (entries) table.load(entries, 1)
  const events: CallEvent[] = []
  const emit = (event: CallEvent): void => {
    events.push(event)
  }
  const health = createBackendHealth(() => clock.now(), emit)
  health.retain(new Set((entries ?? []).flatMap((entry) => backendNames(entry))))
  const limits = createCallLimits({ now: () => clock.now(), ...options.limits })
  limits.tableChanged(table.limited)
  let id = 0
  const newId = (): string => `id${++id}`
  let phase: 'serving' | 'settling' | 'draining' = 'serving'
  const deps = {
    table,
    health,
    limits,
    ownAddress: options.ownAddress?.flatMap((text) => parseIpPrefix(text) ?? []) ?? [],
    now: () => clock.now(),
    wallClock: () => options.wallClock?.(clock.now()) ?? clock.now(),
    newId,
    fraction: options.fraction ?? (() => 0),
    leaving: () => phase !== 'serving',
    draining: () => phase === 'draining',
    settleOptions: options.settleOptions ?? 'unavailable',
    isOwnHost: (host: string) => host === OWN_HOST,
    emit,
  }
  return {
    application: createApplication(deps),
    table,
    limits,
    events,
    settle: () => {
      phase = 'settling'
    },
    drain: () => {
      phase = 'draining'
    },
    calls: () => events.filter((event) => event.type === 'call'),
  }
}

export function trunkEntry(change: Partial<TrunkEntry> = {}): TrunkEntry {
  return {
    kind: 'trunk',
    name: 'default/carrier',
    namespace: 'default',
    createdAt: 1,
    sources: ['198.51.100.0/24'],
    trustedProxies: [],
    transports: ['UDP', 'TCP'],
    called: [],
    numbers: { calledFrom: 'RequestURI', callingFrom: 'From' },
    responses: {
      noRule: { status: 503, reason: 'Service Unavailable' },
      noBackend: { status: 503, reason: 'Service Unavailable' },
    },
    ...change,
  }
}

export function ruleEntry(change: Partial<RuleEntry> = {}): RuleEntry {
  return {
    kind: 'rule',
    name: 'default/route',
    namespace: 'default',
    createdAt: 2,
    priority: 0,
    trunks: [],
    called: [{ type: 'prefix', value: '+1555' }],
    calling: [],
    headers: [],
    schedule: [],
    action: routeAction(),
    ...change,
  }
}

/** A route to B1 in tier 0 and B2 in tier 1. */
export function routeAction(change: Partial<RouteAction> = {}): RouteAction {
  return {
    type: 'Route',
    backends: [
      { uri: `sip:${B1}`, address: '10.0.0.1', port: 5080, uriParameters: '', weight: 1, tier: 0 },
      { uri: `sip:${B2}`, address: '10.0.0.2', port: 5080, uriParameters: '', weight: 1, tier: 1 },
    ],
    contactNetworks: [],
    setHeaders: [],
    removeHeaders: [],
    backendTimeout: 2000,
    ringingTimeout: 120_000,
    failoverOn: ['timeout', 'transport', '500', '503'],
    failover: 'Always',
    ...change,
  }
}

function backendNames(entry: TableEntry): string[] {
  if (entry.kind !== 'rule' || entry.action.type !== 'Route') return []
  return entry.action.backends.map(backendName)
}

/** Tokens of the right length that a test can read. */
export function countingRandom(): Random {
  let count = 0
  return {
    token: () => `t${String(++count).padStart(10, '0')}`,
    fraction: () => 0,
  }
}
