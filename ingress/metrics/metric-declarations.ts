/**
 * Every metric of an ingress pod, declared once: the registry, docs/metrics.md and the tests are made from this table.
 * Units are base units. Names of counters end with `_total`. Each metric has a fixed set of labels. No label is called
 * namespace, pod, job or instance.
 */
import type { DownReason } from '../call/backend-health.ts'
import type {
  NearMissReason,
  NoRuleReason,
  Outcome,
  OverLimitReason,
  ProbeOutcome,
  ShedSender,
} from '../call/call-events.ts'
import type { LimitKind } from '../limit/limit-state.ts'
import { REPEAT_CALLS, REPEAT_WINDOW_MS } from '../limit/limits.ts'
import type { AddressFault } from '../resolve/address-rule.ts'
import type { NameState } from '../resolve/name-resolver.ts'
import type { AttemptResult } from '../sip/port/engine.ts'
import type { DropReason } from '../sip/port/events.ts'

/** The index of each outcome in a row of counts. Its type is `Record`, so that the compiler reports a missing outcome. */
export const OUTCOMES: Readonly<Record<Outcome, number>> = {
  forwarded: 0,
  no_rule: 1,
  auth_drop: 2,
  rejected: 3,
  redirected: 4,
  no_backend: 5,
  rules_unavailable: 6,
  malformed: 7,
  cancelled: 8,
  draining: 9,
  over_limit: 10,
}

export const NO_RULE_REASONS: Readonly<Record<NoRuleReason, number>> = {
  no_rules: 0,
  called_not_owned: 1,
  called: 2,
  calling: 3,
  header: 4,
  called_unreadable: 5,
  calling_unreadable: 6,
  schedule: 7,
}

export const OVER_LIMIT_REASONS: Readonly<Record<OverLimitReason, number>> = {
  trunk_calls_per_second: 0,
  trunk_concurrent_calls: 1,
  rule_calls_per_second: 2,
  rule_concurrent_calls: 3,
  overload: 4,
}

const LIMIT_KINDS: Readonly<Record<LimitKind, number>> = { calls_per_second: 0, concurrent_calls: 1 }

export const NEAR_MISS_REASONS: Readonly<Record<NearMissReason, number>> = { transport: 0, called: 1 }

export const ATTEMPT_RESULTS: Readonly<Record<AttemptResult, number>> = {
  answered: 0,
  refused: 1,
  timeout: 2,
  transport: 3,
  cancelled: 4,
  late: 5,
  passed_over: 6,
  no_socket: 7,
}

/** Why an address was taken out of use. */
export const EJECTION_REASONS: Readonly<Record<DownReason, number>> = {
  transport: 0,
  timeout: 1,
  unavailable: 2,
  probe: 3,
  retry_after: 4,
}

export const PROBE_RESULTS: Readonly<Record<ProbeOutcome, number>> = {
  answered: 0,
  failed: 1,
  timeout: 2,
  transport: 3,
  unsent: 4,
}

export const DROP_REASONS: Readonly<Record<DropReason | 'source_rewritten' | 'other', number>> = {
  stranger: 0,
  malformed: 1,
  no_transaction: 2,
  no_dialog: 3,
  over_limit: 4,
  source_rewritten: 5,
  other: 6,
  response_source: 7,
}

export const SHED_SENDERS: Readonly<Record<ShedSender, number>> = { known: 0, 'proxied-stranger': 1, stranger: 2 }

export const NAME_RESULTS: Readonly<Record<NameState['result'], number>> = {
  resolved: 0,
  nxdomain: 1,
  empty: 2,
  servfail: 3,
  refused: 4,
  timeout: 5,
  unreachable: 6,
  malformed: 7,
  wrong_answers: 8,
  alias_loop: 9,
  alias_chain: 10,
  not_available: 11,
  bad_address: 12,
}

export const ADDRESS_FAULTS: Readonly<Record<AddressFault, number>> = { unusable: 0, loopback: 1, own: 2 }

/**
 * The methods of the SIP registry, and `response` for a packet that is a response. Any other method is counted as `other`,
 * so that a sender cannot create series.
 */
export const METHODS = {
  INVITE: 0,
  ACK: 1,
  BYE: 2,
  CANCEL: 3,
  OPTIONS: 4,
  REGISTER: 5,
  PRACK: 6,
  SUBSCRIBE: 7,
  NOTIFY: 8,
  PUBLISH: 9,
  INFO: 10,
  REFER: 11,
  MESSAGE: 12,
  UPDATE: 13,
  response: 14,
  other: 15,
} as const

/**
 * Seconds. A decision is made from memory, so the buckets start at 5 µs. We promise that every refusal is made within 0.5
 * s, so 0.5 is one of the bounds.
 */
const DECISION_BUCKETS = [5e-6, 1e-5, 2.5e-5, 5e-5, 1e-4, 2.5e-4, 5e-4, 1e-3, 5e-3, 0.05, 0.5]

/** Seconds. The shortest times are refusals by the ingress itself. The longest are phones that ring for two minutes. */
const FINAL_RESPONSE_BUCKETS = [5e-4, 1e-3, 2.5e-3, 5e-3, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120]

/** Seconds from the INVITE to the first response: what callers know as the post-dial delay. */
const FIRST_RESPONSE_BUCKETS = [5e-3, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30]

/** The description of each label in docs/metrics.md. */
export const LABELS = {
  outcome: `What became of the INVITE: ${listOf(OUTCOMES)}.`,
  trunk: '`namespace/name` of the SipTrunk from the table; empty where no trunk admitted the call.',
  status: 'Exact final status that the caller got; `none` where nothing was sent.',
  reason: 'Why. The values are listed with the metric.',
  method: `SIP method, or \`response\`: ${listOf(METHODS)}.`,
  sender: `Who sent the request: ${listOf(SHED_SENDERS)}.`,
  rule: '`namespace/name` of the DispatchRule from the table, or `(other)` beyond `--rule-series`.',
  backend:
    "The backend's URI as the rule writes it, or `namespace/name:port` of a Service: never an endpoint's address.",
  limit: `What the limit counts: ${listOf(LIMIT_KINDS)}.`,
  result: `How the attempt ended: ${listOf(ATTEMPT_RESULTS)}. Of a probe: ${listOf(PROBE_RESULTS)}. Of a look-up, the values are listed with the metric.`,
  name: "The part of a backend's URI that is looked up: host, port and transport, as the rule writes them.",
  change: 'Whether the address became a peer (`added`) or stopped being one (`removed`).',
  version: 'Version of sip-dispatch.',
  installation: 'What `--installation` says, the same for operator and ingress of one release; empty without it.',
  engine: 'SIP engine: `native` or `drachtio`.',
  datagrams:
    'How UDP is read and written: `batched` (many datagrams per system call), `node` (one), empty with `drachtio`.',
} as const

export type LabelName = keyof typeof LABELS

export interface MetricDeclaration {
  readonly name: `sip_dispatch_${string}`
  readonly type: 'counter' | 'gauge' | 'histogram'
  readonly labels: readonly LabelName[]
  readonly help: string
  /** Upper bounds in seconds, ascending, without +Inf. Only histograms have buckets. */
  readonly buckets?: readonly number[]
}

export const METRICS = {
  invites: {
    name: 'sip_dispatch_invites_total',
    type: 'counter',
    labels: ['outcome', 'trunk', 'status'],
    help: 'Decided INVITEs, each counted once with its exact final status, dropped ones included.',
  },
  dropped: {
    name: 'sip_dispatch_dropped_total',
    type: 'counter',
    labels: ['reason', 'method'],
    help: `Packets that got no answer; reason is ${listOf(DROP_REASONS)}.`,
  },
  shed: {
    name: 'sip_dispatch_shed_total',
    type: 'counter',
    labels: ['sender'],
    help: 'Requests that were not handled because more came than the pod could do; repeats included. Known peers got 503, strangers nothing, and a proxy that named a stranger 403.',
  },
  unread: {
    name: 'sip_dispatch_unread_datagrams_total',
    type: 'counter',
    labels: [],
    help: 'Datagrams that the kernel dropped at the listening sockets, because more came than the pod could do. Their senders repeat them.',
  },
  nearMisses: {
    name: 'sip_dispatch_near_misses_total',
    type: 'counter',
    labels: ['trunk', 'reason', 'method'],
    help: `Dropped requests that a trunk almost admitted; reason is what did not fit: ${listOf(NEAR_MISS_REASONS)}.`,
  },
  noRule: {
    name: 'sip_dispatch_no_rule_total',
    type: 'counter',
    labels: ['trunk', 'reason'],
    help: `Calls without a matching rule; reason is the first failing predicate of the nearest rule: ${listOf(NO_RULE_REASONS)}.`,
  },
  overLimit: {
    name: 'sip_dispatch_over_limit_total',
    type: 'counter',
    labels: ['trunk', 'reason'],
    help: `Calls of the outcome over_limit; reason is the limit that refused: ${listOf(OVER_LIMIT_REASONS)}. With overload no trunk was looked up, and trunk is empty.`,
  },
  trunkLimitUse: {
    name: 'sip_dispatch_trunk_limit_used_ratio',
    type: 'gauge',
    labels: ['trunk', 'limit'],
    help: "Use of a trunk's limit in this pod, as a part of the limit, or of the pod's share of it with scope Installation: calls of the busiest second of the last minute or two, and calls at the same time. A burst may be above 1.",
  },
  ruleLimitUse: {
    name: 'sip_dispatch_rule_limit_used_ratio',
    type: 'gauge',
    labels: ['rule', 'limit'],
    help: "The same of a rule's limit. Beyond --rule-series the rules share the series (other), which has the highest value.",
  },
  numberRepeated: {
    name: 'sip_dispatch_number_repeated_total',
    type: 'counter',
    labels: ['trunk'],
    help: `Numbers that the trunk called more than ${REPEAT_CALLS} times in ${REPEAT_WINDOW_MS / 1000} seconds, counted once for each such time: calls may go in a circle.`,
  },
  unanswered: {
    name: 'sip_dispatch_invites_unanswered_total',
    type: 'counter',
    labels: ['trunk'],
    help: 'Admitted INVITEs that ended without a final response. Always 0.',
  },
  ruleCalls: {
    name: 'sip_dispatch_rule_calls_total',
    type: 'counter',
    labels: ['rule'],
    help: 'Calls that a rule won. Beyond --rule-series the rules share the series (other).',
  },
  lastForwarded: {
    name: 'sip_dispatch_last_forwarded_timestamp_seconds',
    type: 'gauge',
    labels: ['trunk'],
    help: 'When a call of the trunk was last forwarded, seconds since 1970. Absent until the first one.',
  },
  decision: {
    name: 'sip_dispatch_decision_seconds',
    type: 'histogram',
    labels: [],
    help: 'Time from an INVITE to the decision about it.',
    buckets: DECISION_BUCKETS,
  },
  finalResponse: {
    name: 'sip_dispatch_final_response_seconds',
    type: 'histogram',
    labels: ['outcome'],
    help: 'Time from an INVITE to its final response. INVITEs that got none are left out.',
    buckets: FINAL_RESPONSE_BUCKETS,
  },
  firstResponse: {
    name: 'sip_dispatch_first_response_seconds',
    type: 'histogram',
    labels: ['trunk'],
    help: 'Time from an INVITE to the first response of a backend that was relayed to the caller.',
    buckets: FIRST_RESPONSE_BUCKETS,
  },
  backendRequests: {
    name: 'sip_dispatch_backend_requests_total',
    type: 'counter',
    labels: ['backend', 'result'],
    help: 'INVITEs sent to a backend, by how the attempt ended; no_socket: not sent, as the pod has no address of that family and transport.',
  },
  backendUp: {
    name: 'sip_dispatch_backend_up',
    type: 'gauge',
    labels: ['backend'],
    help: '1 if the backend answers calls or probes, 0 if the last call to it found nobody, silence or a 503 and none of the last 5 seconds was answered, or while it is passed over: ejected, failing its health check, paused, or without an address for its name. Absent until a call or a probe of this pod has tried it.',
  },
  backendEjections: {
    name: 'sip_dispatch_backend_ejections_total',
    type: 'counter',
    labels: ['backend', 'reason'],
    help: `How often an address of the backend was taken out of use; reason is ${listOf(EJECTION_REASONS)}. unavailable: 503 for several callers; probe: its health check failed; retry_after: it asked for a pause.`,
  },
  backendProbes: {
    name: 'sip_dispatch_backend_probes_total',
    type: 'counter',
    labels: ['backend', 'result'],
    help: `OPTIONS sent to addresses of the backend by its health check; result is ${listOf(PROBE_RESULTS)}. failed: it answered with a status that counts as down; unsent: the pod could not send it.`,
  },
  names: {
    name: 'sip_dispatch_names',
    type: 'gauge',
    labels: [],
    help: 'Host names of backends in the route table, each with its port and transport.',
  },
  namesUnresolved: {
    name: 'sip_dispatch_names_unresolved',
    type: 'gauge',
    labels: [],
    help: 'Host names of backends that have been looked up and have no address. Their backends count as down.',
  },
  nameStale: {
    name: 'sip_dispatch_name_stale_timestamp_seconds',
    type: 'gauge',
    labels: ['name'],
    help: 'Since when the addresses of a name are those of an old answer, seconds since 1970. Absent while its answer is fresh.',
  },
  nameResolutions: {
    name: 'sip_dispatch_name_resolutions_total',
    type: 'counter',
    labels: ['result'],
    help: `Look-ups of backends' names, by result: ${listOf(NAME_RESULTS)}.`,
  },
  namePeerChanges: {
    name: 'sip_dispatch_name_peer_changes_total',
    type: 'counter',
    labels: ['change'],
    help: 'Addresses that became or stopped being known peers because a name of a backend points elsewhere.',
  },
  nameAddressesRefused: {
    name: 'sip_dispatch_name_addresses_refused_total',
    type: 'counter',
    labels: ['reason'],
    help: `Addresses in answers of DNS that are not used: ${listOf(ADDRESS_FAULTS)}.`,
  },
  tableVersion: {
    name: 'sip_dispatch_route_table_version',
    type: 'gauge',
    labels: [],
    help: 'Version of the route table in use; 0 before the first one.',
  },
  tableEntries: {
    name: 'sip_dispatch_route_table_entries',
    type: 'gauge',
    labels: [],
    help: 'Trunks, rules and Services in the route table in use.',
  },
  tableLoaded: {
    name: 'sip_dispatch_route_table_loaded',
    type: 'gauge',
    labels: [],
    help: '1 once a route table has been loaded.',
  },
  tableSync: {
    name: 'sip_dispatch_route_table_sync_timestamp_seconds',
    type: 'gauge',
    labels: [],
    help: 'When the source of the route table last confirmed it, seconds since 1970. Absent until the first time.',
  },
  tableKept: {
    name: 'sip_dispatch_route_table_kept',
    type: 'gauge',
    labels: [],
    help: '1 while the table file holds the route table that this pod reports, 0 while it cannot be written. Absent without --snapshot.',
  },
  buildInfo: {
    name: 'sip_dispatch_build_info',
    type: 'gauge',
    labels: ['version', 'engine', 'datagrams', 'installation'],
    help: 'What is running, and which installation it belongs to. Always 1.',
  },
} as const satisfies Readonly<Record<string, MetricDeclaration>>

function listOf(names: Readonly<Record<string, number>>): string {
  return Object.keys(names)
    .map((name) => `\`${name}\``)
    .join(', ')
}
