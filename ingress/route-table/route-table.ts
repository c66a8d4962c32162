import type { TransportName } from '../address/transport-name.ts'

/**
 * An entry of the compiled table, from which ingress pods decide. The ingress owns this type, because it reads the table; the
 * operator writes the table. Entries are plain JSON values, so that the shared cache can store each entry as it is. Numbers
 * are canonical, names are `namespace/name`.
 */
export type TableEntry = TrunkEntry | RuleEntry | ServiceEntry

export interface TrunkEntry {
  readonly kind: 'trunk'
  /** `namespace/name` */
  readonly name: string
  readonly namespace: string
  /** creationTimestamp, milliseconds since 1970. */
  readonly createdAt: number
  /** Networks in CIDR form, `203.0.113.0/24`. */
  readonly sources: readonly string[]
  readonly trustedProxies: readonly string[]
  readonly transports: readonly TransportName[]
  /** Numbers that the trunk owns. Empty: every number. */
  readonly called: readonly NumberPredicate[]
  readonly numbers: NumberPolicy
  readonly responses: TrunkResponses
  /** Where a backend's requests reach the caller. Absent: at its Contact, or at its packet source if the Contact is private. */
  readonly nat?: 'Source' | 'Contact'
}

export interface NumberPolicy {
  /** ISO 3166 region. National numbers of this region become E.164. Undefined: no national numbers do. */
  readonly defaultRegion?: string
  readonly calledFrom: 'RequestURI' | 'To'
  readonly callingFrom: 'From' | 'PAI'
  /** How a user that cannot be read is used. Absent: the call is refused if its decision needs this user. */
  readonly unreadable?: 'AsWritten'
}

export interface TrunkResponses {
  readonly noRule: StatusLine
  readonly noBackend: StatusLine
  /** The answer while a pod shuts down. Absent: 503. */
  readonly draining?: StatusLine
}

export interface StatusLine {
  readonly status: number
  readonly reason: string
}

/**
 * The conditions that a rule can have. They rank rules in this order, and they are tested in this order. Each module that
 * handles conditions has one table with a row for each condition: `tsc` reports a table that lacks a row.
 */
export const MATCH_CONDITIONS = ['called', 'calling', 'headers'] as const

export type MatchCondition = (typeof MATCH_CONDITIONS)[number]

/** The predicates of each condition. */
interface ConditionPredicates {
  readonly called: NumberPredicate
  readonly calling: NumberPredicate
  readonly headers: HeaderPredicate
}

/**
 * The conditions of a rule. All of them must hold. An empty list always holds. In `called` and in `calling`, at least one
 * predicate must hold. In `headers`, every predicate must hold.
 */
export type MatchConditions = { readonly [C in MatchCondition]: readonly ConditionPredicates[C][] }

export interface RuleEntry extends MatchConditions {
  readonly kind: 'rule'
  readonly name: string
  readonly namespace: string
  readonly createdAt: number
  readonly priority: number
  /** Trunks as `namespace/name`. Empty: every trunk of the namespace. */
  readonly trunks: readonly string[]
  readonly action: Action
}

export type NumberPredicate =
  | { readonly type: 'exact'; readonly value: string }
  | { readonly type: 'prefix'; readonly value: string }
  /** Inclusive, compared digit by digit. Both bounds are equally long. Holds only for numbers as long as the bounds. */
  | { readonly type: 'range'; readonly from: string; readonly to: string }
  /** RE2. Without an anchor, it may match anywhere in the canonical number. */
  | { readonly type: 'regex'; readonly pattern: string }

/** `name` is in lower case. If the header has several values, the predicate holds if it holds for one of them. */
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
  /** Networks, in CIDR form, to which a backend's call may move inside a dialog. */
  readonly contactNetworks: readonly string[]
  /** Template with `{called}`, `{calling}`, `{trunk}`, `{rule}`. Undefined: the caller's user stays. */
  readonly requestUser?: string
  readonly setHeaders: readonly { readonly name: string; readonly value: string }[]
  readonly removeHeaders: readonly string[]
  /** Milliseconds. */
  readonly backendTimeout: number
  readonly ringingTimeout: number
  /** `timeout`, `transport` or a status as text. */
  readonly failoverOn: readonly string[]
  readonly failover: 'Always' | 'BeforeRinging'
}

/** Where calls go: an address in the rule, or the endpoints of a Service. */
export type Backend = UriBackend | ServiceBackend

export interface UriBackend {
  /** The URI as it is in the rule. It is the backend's name in metrics and logs. */
  readonly uri: string
  /** IP literal without brackets. */
  readonly address: string
  readonly port: number
  /** Absent: UDP, or TCP for large requests. */
  readonly transport?: TransportName
  /** URI parameters except transport, with their leading `;`. Empty if there are no parameters. */
  readonly uriParameters: string
  readonly weight: number
  readonly tier: number
}

export interface ServiceBackend {
  /**
   * Name of a `ServiceEntry`, and the backend's name in metrics and logs. If the table has no such entry, the backend gets no
   * call.
   */
  readonly service: string
  readonly weight: number
  readonly tier: number
}

/**
 * The endpoints of one port of a Service. Rules name this entry. So if an endpoint changes, only one entry changes, even if
 * many rules send calls there.
 */
export interface ServiceEntry {
  readonly kind: 'service'
  /** The name in rules: `namespace/name:port`, with `;transport=udp` or `;transport=tcp` if the rule chooses a transport. */
  readonly name: string
  readonly namespace: string
  readonly transport: TransportName
  /** Sorted by address, then port. No two are the same. */
  readonly endpoints: readonly Endpoint[]
}

export interface Endpoint {
  /** IP literal without brackets. */
  readonly address: string
  readonly port: number
  /**
   * `draining`: not ready, or terminating. The endpoint gets no new call, but it stays a known peer and a target of its
   * existing calls.
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
