/** The alerts of the chart: what wakes somebody, and what can wait until the morning. */
import { ADMITTED, IMMEDIATE, REFUSED } from './outcomes.ts'

export interface Alert {
  /** Without the prefix `SipDispatch`. Two of one name differ in severity, so that the worse one silences the other. */
  readonly name: string
  readonly severity: 'critical' | 'warning'
  /** How long it must hold: `5m`. */
  readonly for: string
  readonly expr: string
  /** One sentence without a variable: what is wrong. */
  readonly summary: string
  /** With what of it: labels and value. */
  readonly description: string
  /** The dashboard to look at first. */
  readonly dashboard: 'calls' | 'rules' | 'operator'
}

/** Of 1,000 refusals one may take longer than half a second. */
const ERROR_BUDGET = 0.001

const BY_TRUNK = 'by (namespace, job, trunk)'

const rate = (range: string, selector: string): string =>
  `sum ${BY_TRUNK} (rate(sip_dispatch_invites_total{trunk!="", ${selector}}[${range}]))`

const increase = (range: string, selector: string): string =>
  `sum ${BY_TRUNK} (increase(sip_dispatch_invites_total{trunk!="", ${selector}}[${range}]))`

/** The part of refusals that took longer than half a second, above `factor` times what the budget allows. */
const slow = (range: string, factor: number): string =>
  `1 - sum by (namespace, job) (rate(sip_dispatch_final_response_seconds_bucket{${IMMEDIATE}, le="0.5"}[${range}])) / sum by (namespace, job) (rate(sip_dispatch_final_response_seconds_count{${IMMEDIATE}}[${range}])) > ${round(factor * ERROR_BUDGET)}`

/** Both windows: the long one says that it matters, the short one that it still goes on. */
const burning = (long: string, short: string, factor: number): string =>
  `(${slow(long, factor)} and ${slow(short, factor)})`

const round = (value: number): number => Number(value.toPrecision(6))

const ON_TRUNK = '{{ $labels.trunk }}'

const SLOW_REFUSALS = {
  name: 'SlowRefusals',
  summary: 'Refusals take longer than half a second.',
  dashboard: 'calls',
} as const

const TRUNK_REFUSED = {
  name: 'TrunkRefused',
  summary: 'Calls of a trunk are refused.',
  description: `{{ $value | humanizePercentage }} of the calls of trunk ${ON_TRUNK} are refused.`,
  dashboard: 'calls',
} as const

export const ALERTS: readonly Alert[] = [
  {
    ...{ name: 'Down', severity: 'critical', for: '2m', dashboard: 'calls' },
    expr: 'absent(sip_dispatch_build_info)',
    summary: 'No ingress is scraped.',
    description: 'No ingress is scraped: none runs, or Prometheus does not find them.',
  },
  {
    ...{ name: 'CallsUnanswered', severity: 'critical', for: '0m', dashboard: 'calls' },
    expr: `sum ${BY_TRUNK} (increase(sip_dispatch_invites_unanswered_total[10m])) > 0`,
    summary: 'Calls ended without a final response.',
    description: `{{ $value | humanize }} calls of trunk ${ON_TRUNK} ended without a final response in 10 minutes.`,
  },
  {
    ...{ ...SLOW_REFUSALS, severity: 'critical', for: '2m' },
    expr: `${burning('1h', '5m', 14.4)} or ${burning('6h', '30m', 6)}`,
    description: '{{ $value | humanizePercentage }} of the refusals take longer than half a second.',
  },
  {
    ...{ ...SLOW_REFUSALS, severity: 'warning', for: '15m' },
    expr: `${burning('1d', '2h', 3)} or ${burning('3d', '6h', 1)}`,
    description: '{{ $value | humanizePercentage }} of the refusals take longer than half a second.',
  },
  {
    ...{ ...TRUNK_REFUSED, severity: 'critical', for: '5m' },
    expr: `${rate('5m', REFUSED)} / ${rate('5m', ADMITTED)} > 0.9 and ${increase('10m', REFUSED)} >= 10`,
  },
  {
    ...{ ...TRUNK_REFUSED, severity: 'warning', for: '15m' },
    expr: `${rate('5m', REFUSED)} / ${rate('5m', ADMITTED)} > 0.2 and ${increase('10m', REFUSED)} >= 10`,
  },
  {
    ...{ name: 'NoRule', severity: 'warning', for: '10m', dashboard: 'rules' },
    expr: `${rate('10m', 'outcome="no_rule"')} / ${rate('10m', ADMITTED)} > 0.05 and ${increase('10m', 'outcome="no_rule"')} >= 5`,
    summary: 'No rule matches calls of a trunk.',
    description: `No rule matches {{ $value | humanizePercentage }} of the calls of trunk ${ON_TRUNK}.`,
  },
  {
    ...{ name: 'PeerLockedOut', severity: 'warning', for: '5m', dashboard: 'calls' },
    expr: `sum ${BY_TRUNK} (increase(sip_dispatch_near_misses_total{method="INVITE"}[15m])) >= 5`,
    summary: 'Calls that a trunk almost admits are dropped.',
    description: `{{ $value | humanize }} calls were dropped in 15 minutes that trunk ${ON_TRUNK} almost admitted.`,
  },
  {
    ...{ name: 'SourceRewritten', severity: 'warning', for: '5m', dashboard: 'calls' },
    expr: 'sum by (namespace, job) (increase(sip_dispatch_dropped_total{reason="source_rewritten", method="INVITE"}[15m])) >= 5',
    summary: 'Something in the cluster hides who calls.',
    description:
      '{{ $value | humanize }} calls came from an address of the cluster itself in 15 minutes and were dropped.',
  },
  {
    ...{ name: 'TrunkSilent', severity: 'warning', for: '15m', dashboard: 'calls' },
    expr: `${rate('30m', ADMITTED)} == 0 and ${rate('30m', ADMITTED).replace('[30m]', '[30m] offset 1w')} > 0.05`,
    summary: 'A trunk that had calls a week ago has none.',
    description: `Trunk ${ON_TRUNK} has had no call for half an hour, and had some at this time a week ago.`,
  },
  {
    ...{ name: 'NoBackend', severity: 'critical', for: '5m', dashboard: 'calls' },
    expr: `${rate('5m', 'outcome="no_backend"')} / ${rate('5m', 'outcome=~"forwarded|no_backend"')} > 0.05`,
    summary: 'Calls that a rule routes find no backend.',
    description: `{{ $value | humanizePercentage }} of the routed calls of trunk ${ON_TRUNK} find no backend.`,
  },
  {
    ...{ name: 'TableBehind', severity: 'warning', for: '2m', dashboard: 'rules' },
    expr: 'max by (namespace) (sip_dispatch_operator_published_version) - on (namespace) group_right () sip_dispatch_route_table_version > 0',
    summary: 'An ingress does not get changes of the rules.',
    description: 'Ingress {{ $labels.instance }} is {{ $value }} versions of the rules behind.',
  },
  {
    ...{ name: 'TableStale', severity: 'warning', for: '5m', dashboard: 'rules' },
    expr: 'time() - sip_dispatch_route_table_sync_timestamp_seconds > 300',
    summary: 'An ingress has lost the rules cache.',
    description: 'Ingress {{ $labels.instance }} last heard of the rules cache {{ $value | humanizeDuration }} ago.',
  },
  {
    ...{ name: 'TableNotKept', severity: 'warning', for: '5m', dashboard: 'rules' },
    expr: 'sip_dispatch_route_table_kept == 0',
    summary: 'An ingress cannot write its rules to its disk.',
    description:
      'Ingress {{ $labels.instance }} cannot write its rules to its disk: restarted without the cache, it serves older ones.',
  },
  {
    ...{ name: 'TableMissing', severity: 'critical', for: '1m', dashboard: 'rules' },
    expr: 'sip_dispatch_route_table_loaded == 0',
    summary: 'An ingress has no rules and refuses every call.',
    description: 'Ingress {{ $labels.instance }} has no rules and refuses every call with 503.',
  },
  {
    ...{ name: 'PublishHeld', severity: 'warning', for: '5m', dashboard: 'operator' },
    expr: 'max by (namespace, job) (sip_dispatch_operator_publish_held) == 1',
    summary: 'A change that removes most of the rules is held.',
    description: 'A change that removes most of the rules waits until somebody allows it or takes it back.',
  },
  {
    ...{ name: 'NoLeader', severity: 'warning', for: '3m', dashboard: 'operator' },
    expr: 'sum by (namespace, job) (leader_election_master_status * on (namespace, job, instance) group_left () sip_dispatch_operator_build_info) != 1 or absent(sip_dispatch_operator_build_info)',
    summary: 'Not exactly one operator leads.',
    description: 'Not exactly one operator leads: changes of rules do not arrive.',
  },
]
