import type { TransportName } from '../address/transport-name.ts'
import type { Schedule } from './schedule.ts'

/**
 * An entry of the compiled table, from which ingress pods decide. The operator writes the table. The ingress defines this
 * type, because it reads the table. Entries are plain JSON values, so that the shared cache can store each of them without
 * a conversion. Numbers are in the form in which they are compared. Names are `namespace/name`.
 */
export type TableEntry = TrunkEntry | RuleEntry | ServiceEntry

export interface TrunkEntry {
  readonly kind: 'trunk'
  /** `namespace/name` */
  readonly name: string
  readonly namespace: string
  /** The creationTimestamp, in milliseconds since 1970. */
  readonly createdAt: number
  /** Networks in CIDR form, such as `203.0.113.0/24`. */
  readonly sources: readonly string[]
  readonly trustedProxies: readonly string[]
  readonly transports: readonly TransportName[]
  /** The called numbers that the trunk owns. If the list is empty, the trunk owns every number. */
  readonly called: readonly NumberPredicate[]
  readonly numbers: NumberPolicy
  readonly responses: TrunkResponses
  /**
   * Where a backend's requests are sent to reach the caller. If absent: to the caller's Contact, or to the packet source if
   * the Contact is private.
   */
  readonly nat?: 'Source' | 'Contact'
  /** If absent, the trunk may call without a limit. */
  readonly limits?: CallLimit
}

/** The limits of a trunk or a rule. At least one of `rate` and `concurrent` is present. */
export interface CallLimit {
  /** New calls per second, and how many of them may come at one moment. `burst` is at least `callsPerSecond`. */
  readonly rate?: { readonly callsPerSecond: number; readonly burst: number }
  /** Calls at the same time. After `maxCallSeconds`, a call no longer counts. */
  readonly concurrent?: { readonly calls: number; readonly maxCallSeconds: number }
  /** `Pod`: each pod has these limits for itself. `Installation`: all pods together have them. */
  readonly scope: 'Pod' | 'Installation'
}

export interface NumberPolicy {
  /** ISO 3166 region. National numbers of this region become E.164. If absent, national numbers stay as they are. */
  readonly defaultRegion?: string
  readonly calledFrom: 'RequestURI' | 'To'
  readonly callingFrom: 'From' | 'PAI'
  /** How a user that cannot be read is used. If absent, a call is refused when its decision needs this user. */
  readonly unreadable?: 'AsWritten'
}

export interface TrunkResponses {
  readonly noRule: StatusLine
  readonly noBackend: StatusLine
  /** The answer while a pod shuts down. If absent, 503. */
  readonly draining?: StatusLine
  /** The answer where a limit refuses. If absent, 503. */
  readonly overLimit?: OverLimitAnswer
}

/** `retryAfter`: whole seconds of a Retry-After. If it is absent, there is no such header. */
export interface OverLimitAnswer extends StatusLine {
  readonly retryAfter?: number
}

export interface StatusLine {
  readonly status: number
  readonly reason: string
}

/**
 * The conditions that a rule can have. They are tested in this order, and rules are ranked in this order. Each module that
 * handles conditions has one table with a row for each condition. `tsc` reports a table that lacks a row.
 */
export const MATCH_CONDITIONS = ['called', 'calling', 'headers', 'schedule'] as const

export type MatchCondition = (typeof MATCH_CONDITIONS)[number]

/** The predicates of each condition. */
interface ConditionPredicates {
  readonly called: NumberPredicate
  readonly calling: NumberPredicate
  readonly headers: HeaderPredicate
  readonly schedule: Schedule
}

/**
 * The conditions of a rule. All of them must hold. An empty list always holds. In `called` and in `calling`, at least one
 * predicate must hold. In `headers`, every predicate must hold. `schedule` has at most one item.
 */
export type MatchConditions = { readonly [C in MatchCondition]: readonly ConditionPredicates[C][] }

export interface RuleEntry extends MatchConditions {
  readonly kind: 'rule'
  readonly name: string
  readonly namespace: string
  readonly createdAt: number
  readonly priority: number
  /** Names of trunks, as `namespace/name`. If the list is empty, the rule applies to every trunk of its namespace. */
  readonly trunks: readonly string[]
  readonly action: Action
  /** If absent, the rule takes calls without a limit. */
  readonly limits?: CallLimit
}

export type NumberPredicate =
  | { readonly type: 'exact'; readonly value: string }
  | { readonly type: 'prefix'; readonly value: string }
  /**
   * Both bounds belong to the range, and are equally long. Numbers are compared digit by digit. The predicate holds only
   * for numbers that are as long as the bounds.
   */
  | { readonly type: 'range'; readonly from: string; readonly to: string }
  /** A regular expression of RE2. Without an anchor, it may match anywhere in the number. */
  | { readonly type: 'regex'; readonly pattern: string }

/** `name` is in lower case. If the header has several values, it is enough that the predicate holds for one of them. */
export type HeaderPredicate =
  | { readonly type: 'exact'; readonly name: string; readonly value: string }
  | { readonly type: 'prefix'; readonly name: string; readonly value: string }
  | { readonly type: 'regex'; readonly name: string; readonly pattern: string }
  | { readonly type: 'present'; readonly name: string; readonly present: boolean }

export type Action =
  | RouteAction
  | { readonly type: 'Redirect'; readonly contacts: readonly { readonly uri: string; readonly q?: number }[] }
  | { readonly type: 'Reject'; readonly status: number; readonly reason: string }

export interface RouteAction {
  readonly type: 'Route'
  readonly backends: readonly Backend[]
  /** Networks, in CIDR form, to which a backend may move its calls inside a dialog. */
  readonly contactNetworks: readonly string[]
  /**
   * Template that may contain `{called}`, `{calling}`, `{trunk}` and `{rule}`. If absent, the user that the caller sent is
   * not changed.
   */
  readonly requestUser?: string
  readonly setHeaders: readonly { readonly name: string; readonly value: string }[]
  readonly removeHeaders: readonly string[]
  /** Milliseconds. `ringingTimeout` is in milliseconds too. */
  readonly backendTimeout: number
  readonly ringingTimeout: number
  /** Each item is `timeout`, `transport`, or a status as text. */
  readonly failoverOn: readonly string[]
  readonly failover: 'Always' | 'BeforeRinging'
  /** Which failures of this rule's calls may eject a backend. Absent: all of them. */
  readonly ejectOn?: readonly EjectCondition[]
}

/** A failure of a call that counts against the address of a backend. */
export const EJECT_CONDITIONS = ['timeout', 'transport', '503'] as const

export type EjectCondition = (typeof EJECT_CONDITIONS)[number]

/** Where calls are sent: to an address in the rule, to the addresses of a name, or to the endpoints of a Service. */
export type Backend = UriBackend | NameBackend | ServiceBackend

/** Asks a backend by OPTIONS whether it is alive. Times are milliseconds. */
export interface BackendProbe {
  readonly intervalMs: number
  /** Less than `intervalMs`. */
  readonly timeoutMs: number
  /** So many failed probes in a row mean that the backend is down. So many answered ones mean that it is back. */
  readonly failures: number
  readonly successes: number
  /** Final statuses that count as a failure. */
  readonly statuses: readonly number[]
  /** The user in the Request-URI. If absent, there is none, and Max-Forwards is 0. */
  readonly user?: string
}

export interface UriBackend {
  /** The URI in the form that it has in the rule. It is the backend's name in metrics and logs. */
  readonly uri: string
  /** An IP address as text, without brackets. */
  readonly address: string
  readonly port: number
  /** If absent: UDP, or TCP for large requests. */
  readonly transport?: TransportName
  /** URI parameters except transport, with their leading `;`. Empty if there are no parameters. */
  readonly uriParameters: string
  readonly weight: number
  readonly tier: number
  /** If absent, the backend is not probed. */
  readonly probe?: BackendProbe
}

/** A backend whose URI has a host name. Each pod finds the addresses of the name by itself (RFC 3263). */
export interface NameBackend extends NamedPlace {
  /** The URI in the form that it has in the rule. It is the backend's name in metrics and logs. */
  readonly uri: string
  /** URI parameters except transport, with their leading `;`. Empty if there are no parameters. */
  readonly uriParameters: string
  readonly weight: number
  readonly tier: number
  /** If absent, the backend is not probed. If present, each address of the name is probed. */
  readonly probe?: BackendProbe
}

/** What is looked up in DNS. Backends that agree in these values share one look-up. */
export interface NamedPlace {
  /** A host name in lower case. A dot at its end is kept. */
  readonly host: string
  /** If absent, DNS says the port (SRV), or it is 5060. */
  readonly port?: number
  /** If absent, DNS says the transport (NAPTR, SRV), or it is UDP, or TCP for large requests. */
  readonly transport?: TransportName
}

/** The part of a SIP URI that is looked up: `pbx.example.net:5070;transport=tcp`. */
export function placeText({ host, port, transport }: NamedPlace): string {
  return `${host}${port === undefined ? '' : `:${port}`}${transport === undefined ? '' : `;transport=${transport.toLowerCase()}`}`
}

export interface ServiceBackend {
  /**
   * Name of a `ServiceEntry`, and the backend's name in metrics and logs. If the table has no such entry, the backend gets
   * no call.
   */
  readonly service: string
  readonly weight: number
  readonly tier: number
  /** If absent, the backend is not probed. */
  readonly probe?: BackendProbe
}

/**
 * The endpoints of one port of a Service. Rules refer to this entry by its name. So if an endpoint changes, only one entry
 * changes, however many rules send calls to the Service.
 */
export interface ServiceEntry {
  readonly kind: 'service'
  /** The name in rules: `namespace/name:port`. `;transport=udp` or `;transport=tcp` follows if the rule chooses a transport. */
  readonly name: string
  readonly namespace: string
  readonly transport: TransportName
  /** Sorted by address, then by port. No two endpoints have the same address and port. */
  readonly endpoints: readonly Endpoint[]
}

export interface Endpoint {
  /** An IP address as text, without brackets. */
  readonly address: string
  readonly port: number
  /**
   * `draining`: the endpoint is not ready, or is terminating. It gets no new call. It is still a known peer, and its
   * existing calls still reach it.
   */
  readonly state: 'ready' | 'draining'
}

/** The name of a backend in metrics and logs. */
export function backendName(backend: Backend): string {
  return 'uri' in backend ? backend.uri : backend.service
}

/** A change of the table. Keys are `kind/namespace/name`. */
export interface TableDelta {
  readonly upserted: readonly TableEntry[]
  readonly removed: readonly string[]
}

export function entryKey(entry: Pick<TableEntry, 'kind' | 'name'>): string {
  return `${entry.kind}/${entry.name}`
}
