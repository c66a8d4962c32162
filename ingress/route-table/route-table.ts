import type { TransportName } from '../address/transport-name.ts'

/**
 * The compiled table: what ingress pods run on. Owned by its reader; the operator writes it. Plain JSON values, so that
 * the shared cache can carry each entry as it is. Numbers in it are canonical, names are `namespace/name`.
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
  /** Numbers that the trunk owns; empty: every number. */
  readonly called: readonly NumberPredicate[]
  readonly numbers: NumberPolicy
  readonly responses: TrunkResponses
  /** Where a backend's requests find the caller; absent: at its Contact, or at its packet source where that is private. */
  readonly nat?: 'Source' | 'Contact'
}

export interface NumberPolicy {
  /** ISO 3166 region whose national numbers become E.164; undefined: none are. */
  readonly defaultRegion?: string
  readonly calledFrom: 'RequestURI' | 'To'
  readonly callingFrom: 'From' | 'PAI'
  /** What becomes of a user that cannot be read. Absent: the call is refused where it decides. */
  readonly unreadable?: 'AsWritten'
}

export interface TrunkResponses {
  readonly noRule: StatusLine
  readonly noBackend: StatusLine
  /** While a pod shuts down; absent: 503. */
  readonly draining?: StatusLine
}

export interface StatusLine {
  readonly status: number
  readonly reason: string
}

/**
 * What a rule can ask of a call, in the order in which rules are ranked by it and calls are asked for it. Whoever knows
 * something about conditions has one table with a row for each: `tsc` names those that lack one.
 */
export const MATCH_CONDITIONS = ['called', 'calling', 'headers'] as const

export type MatchCondition = (typeof MATCH_CONDITIONS)[number]

/** What a condition is made of. */
interface ConditionPredicates {
  readonly called: NumberPredicate
  readonly calling: NumberPredicate
  readonly headers: HeaderPredicate
}

/**
 * The conditions of a rule, all of which must hold; an empty list holds always. Of `called` and of `calling` one
 * predicate must hold, of `headers` every one.
 */
export type MatchConditions = { readonly [C in MatchCondition]: readonly ConditionPredicates[C][] }

export interface RuleEntry extends MatchConditions {
  readonly kind: 'rule'
  readonly name: string
  readonly namespace: string
  readonly createdAt: number
  readonly priority: number
  /** Trunks by `namespace/name`; empty: every trunk of the namespace. */
  readonly trunks: readonly string[]
  readonly action: Action
}

export type NumberPredicate =
  | { readonly type: 'exact'; readonly value: string }
  | { readonly type: 'prefix'; readonly value: string }
  /** Inclusive, digit by digit; holds only for numbers as long as its bounds, which are equally long. */
  | { readonly type: 'range'; readonly from: string; readonly to: string }
  /** RE2, searched anywhere in the canonical number unless it is anchored. */
  | { readonly type: 'regex'; readonly pattern: string }

/** `name` in lower case. A header with several values holds if one of them does. */
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
  /** Networks that a backend's call may move to inside a dialog, CIDR. */
  readonly contactNetworks: readonly string[]
  /** Template of `{called}`, `{calling}`, `{trunk}`, `{rule}`; undefined keeps the caller's user. */
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

/** Where calls go: an address that the rule writes, or the endpoints of a Service. */
export type Backend = UriBackend | ServiceBackend

export interface UriBackend {
  /** The URI as the rule writes it: the backend's name in metrics and logs. */
  readonly uri: string
  /** IP literal without brackets. */
  readonly address: string
  readonly port: number
  /** Absent: UDP, or TCP for large requests. */
  readonly transport?: TransportName
  /** URI parameters other than transport, with their leading `;`; empty if none. */
  readonly uriParameters: string
  readonly weight: number
  readonly tier: number
}

export interface ServiceBackend {
  /** Name of a `ServiceEntry`, and the backend's name in metrics and logs. Where the table has no such entry, nobody is called. */
  readonly service: string
  readonly weight: number
  readonly tier: number
}

/**
 * The endpoints of one port of a Service. Rules name it, so that a changed endpoint is one changed entry, however many
 * rules send calls there.
 */
export interface ServiceEntry {
  readonly kind: 'service'
  /** `namespace/name:port`, with `;transport=udp` or `;transport=tcp` where the rule chooses one: as rules name it. */
  readonly name: string
  readonly namespace: string
  readonly transport: TransportName
  /** By address, then port; no two are the same. */
  readonly endpoints: readonly Endpoint[]
}

export interface Endpoint {
  /** IP literal without brackets. */
  readonly address: string
  readonly port: number
  /**
   * `draining`: not ready or terminating. It gets no new call, but stays a known peer and a target of the calls that it
   * holds.
   */
  readonly state: 'ready' | 'draining'
}

/** What metrics and logs call a backend. */
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
