/** The alerts of the chart. Critical ones wake a person; warnings can wait until the morning. */
import {
  BY_TRUNK,
  burning,
  calls,
  nearMisses,
  notOfOtherOperators,
  notOfOthers,
  OWN,
  recorded,
  risen,
  share,
  type Window,
} from './alert-expressions.ts'
import { ADMITTED, IMMEDIATE, REFUSED } from './outcomes.ts'
import { type DashboardName, INSTALLATION } from './placeholders.ts'

export interface Alert {
  /**
   * Without the prefix `SipDispatch`. Two alerts with the same name differ in severity, so that the worse one can silence
   * the other.
   */
  readonly name: string
  readonly severity: 'critical' | 'warning'
  /** How long it must hold: `5m`. */
  readonly for: string
  readonly expr: string
  /** One sentence: the fault, and the part that has it. */
  readonly summary: string
  /** The same with numbers. */
  readonly description: string
  /** The dashboard to look at first. */
  readonly dashboard: DashboardName
}

/** Of 1,000 refusals one may take longer than half a second. */
const ERROR_BUDGET = 0.001

const budget = (factor: number): number => Number((factor * ERROR_BUDGET).toPrecision(6))

const ON_TRUNK = '{{ $labels.trunk }}'

/** Calls that a trunk must have had a week ago, so that silence now is not a coincidence. */
const MIN_CALLS_BEFORE = 10

const refused = (range: Window, above: number, atLeast: number): string =>
  share({ part: REFUSED, of: ADMITTED, range, above, atLeast })

const unmatched = (range: Window, above: number, atLeast: number): string =>
  share({ part: 'outcome="no_rule"', of: ADMITTED, range, above, atLeast })

const unanswerable = (range: Window, above: number, atLeast: number): string =>
  share({ part: 'outcome="no_backend"', of: 'outcome=~"forwarded|no_backend"', range, above, atLeast })

const silent = (range: Window): string =>
  `(${calls(range, ADMITTED, '1w')} >= ${MIN_CALLS_BEFORE} and ${calls(range, ADMITTED)} == 0)`

/**
 * A query that runs when the alert's text is made. The outcome is not a label, so that a trunk whose calls fail in two ways
 * gives only one alert.
 */
const MAIN_OUTCOME = [
  '{{ with printf "topk(1, sum by (outcome) (',
  recorded('invites', '1d'),
  `{installation='${INSTALLATION}', namespace='%s', job='%s', trunk='%s', ${REFUSED.replaceAll('"', "'")}}) > 0)" `,
  '$labels.namespace $labels.job $labels.trunk | query }}{{ . | first | label "outcome" }}{{ end }}',
].join('')

const SLOW_REFUSALS = {
  name: 'SlowRefusals',
  summary: `Refusals of ${INSTALLATION} take longer than half a second.`,
  description: '{{ $value | humanizePercentage }} of the refusals take longer than half a second.',
  dashboard: 'calls',
} as const

const TRUNK_REFUSED = {
  name: 'TrunkRefused',
  summary: `Calls of trunk ${ON_TRUNK} are refused: ${MAIN_OUTCOME}.`,
  description: `{{ $value | humanizePercentage }} of the calls of trunk ${ON_TRUNK} are refused, most of them as ${MAIN_OUTCOME}.`,
  dashboard: 'calls',
} as const

const NO_BACKEND = {
  name: 'NoBackend',
  summary: `Calls of trunk ${ON_TRUNK} that a rule routes find no backend.`,
  description: `{{ $value | humanizePercentage }} of the routed calls of trunk ${ON_TRUNK} find no backend.`,
  dashboard: 'calls',
} as const

const ON_CALLS: readonly Alert[] = [
  {
    ...{ name: 'Down', severity: 'critical', for: '2m', dashboard: 'calls' },
    expr: `absent(sip_dispatch_build_info{${OWN}})`,
    summary: `No ingress of ${INSTALLATION} is scraped.`,
    description: `No ingress of ${INSTALLATION} is scraped: none runs, or Prometheus does not find them.`,
  },
  {
    ...{ name: 'CallsUnanswered', severity: 'critical', for: '0m', dashboard: 'calls' },
    expr: `sum ${BY_TRUNK} (${risen('sip_dispatch_invites_unanswered_total', '10m')}) > 0`,
    summary: `Calls of trunk ${ON_TRUNK} ended without a final response.`,
    description: `{{ $value | humanize }} calls of trunk ${ON_TRUNK} ended without a final response in 10 minutes.`,
  },
  {
    ...{ ...SLOW_REFUSALS, severity: 'critical', for: '2m' },
    expr: `${burning(IMMEDIATE, ['1h', '5m'], budget(14.4))} or ${burning(IMMEDIATE, ['6h', '30m'], budget(6))}`,
  },
  {
    ...{ ...SLOW_REFUSALS, severity: 'warning', for: '15m' },
    expr: `${burning(IMMEDIATE, ['1d', '2h'], budget(3))} or ${burning(IMMEDIATE, ['3d', '6h'], budget(1))}`,
  },
  {
    ...{ name: 'Overloaded', severity: 'warning', for: '2m', dashboard: 'calls' },
    expr: `sum by (namespace, job, instance) (${risen('sip_dispatch_shed_total{sender="known"}', '10m')}) > 0`,
    summary: 'More calls come than ingress {{ $labels.instance }} can do.',
    description:
      'Ingress {{ $labels.instance }} refused {{ $value | humanize }} INVITEs in 10 minutes, because it had no time.',
  },
  {
    ...{ name: 'OverLimit', severity: 'warning', for: '5m', dashboard: 'calls' },
    expr: `sum by (namespace, job, trunk, reason) (${risen('sip_dispatch_over_limit_total{reason!="overload"}', '10m')}) >= 5`,
    summary: `A limit refuses calls of trunk ${ON_TRUNK}: {{ $labels.reason }}.`,
    description: `The limit {{ $labels.reason }} refused {{ $value | humanize }} calls of trunk ${ON_TRUNK} in 10 minutes.`,
  },
  {
    ...{ ...TRUNK_REFUSED, severity: 'critical', for: '5m' },
    expr: [refused('10m', 0.9, 10), refused('1h', 0.9, 5)].join(' or '),
  },
  {
    ...{ ...TRUNK_REFUSED, severity: 'warning', for: '15m' },
    expr: [refused('10m', 0.2, 10), refused('1h', 0.2, 5), refused('6h', 0.9, 2), refused('1d', 0.9, 2)].join(' or '),
  },
  {
    ...{ name: 'NoRule', severity: 'warning', for: '10m', dashboard: 'rules' },
    expr: [unmatched('10m', 0.05, 5), unmatched('1h', 0.05, 5), unmatched('1d', 0.5, 2)].join(' or '),
    summary: `No rule matches calls of trunk ${ON_TRUNK}.`,
    description: `No rule matches {{ $value | humanizePercentage }} of the calls of trunk ${ON_TRUNK}.`,
  },
  {
    ...{ name: 'PeerLockedOut', severity: 'warning', for: '5m', dashboard: 'calls' },
    expr: `${nearMisses('30m')} >= 5 or (${nearMisses('1d')} >= 2 unless ${nearMisses('1d')} < ${calls('1d', ADMITTED)})`,
    summary: `Calls that trunk ${ON_TRUNK} almost admits are dropped.`,
    description: `{{ $value | humanize }} calls were dropped that trunk ${ON_TRUNK} almost admitted.`,
  },
  {
    ...{ name: 'SourceRewritten', severity: 'warning', for: '5m', dashboard: 'calls' },
    expr: ['15m', '1d']
      .map((range) => risen('sip_dispatch_dropped_total{reason="source_rewritten", method="INVITE"}', range))
      .map((rise, i) => `sum by (namespace, job) (${rise}) >= ${[5, 2][i]}`)
      .join(' or '),
    summary: `Something in the cluster hides who calls ${INSTALLATION}.`,
    description: '{{ $value | humanize }} calls came from an address of the cluster itself and were dropped.',
  },
  {
    ...{ name: 'TrunkSilent', severity: 'warning', for: '15m', dashboard: 'calls' },
    expr: `${silent('30m')} or ${silent('1d')}`,
    summary: `Trunk ${ON_TRUNK} had calls a week ago and has none.`,
    description: `Trunk ${ON_TRUNK} has no calls, and had {{ $value | humanize }} at this time a week ago.`,
  },
  {
    ...{ ...NO_BACKEND, severity: 'critical', for: '5m' },
    expr: [unanswerable('10m', 0.05, 5), unanswerable('1h', 0.2, 3)].join(' or '),
  },
  {
    ...{ ...NO_BACKEND, severity: 'warning', for: '15m' },
    expr: [unanswerable('1h', 0.05, 3), unanswerable('1d', 0.5, 2)].join(' or '),
  },
  {
    ...{ name: 'BackendDown', severity: 'warning', for: '5m', dashboard: 'calls' },
    expr: `max by (namespace, job, backend) (${notOfOthers('sip_dispatch_backend_up')}) == 0`,
    summary: 'Backend {{ $labels.backend }} is down.',
    description: `Every ingress of ${INSTALLATION} that has tried backend {{ $labels.backend }} finds it down.`,
  },
]

/**
 * The version that was published a minute ago. Two processes are never scraped at the same moment, so the newest version
 * would raise false alerts.
 */
const PUBLISHED = `max by (namespace) (${notOfOtherOperators('sip_dispatch_operator_published_version offset 1m')})`

const INGRESS = '{{ $labels.instance }}'

const ON_TABLES: readonly Alert[] = [
  {
    ...{ name: 'TableBehind', severity: 'warning', for: '2m', dashboard: 'rules' },
    expr: `${PUBLISHED} - on (namespace) group_right () (${notOfOthers('sip_dispatch_route_table_version')}) > 0`,
    summary: `Ingress ${INGRESS} does not get changes of the rules.`,
    description: `Ingress ${INGRESS} is {{ $value }} versions of the rules behind.`,
  },
  {
    ...{ name: 'TableStale', severity: 'warning', for: '5m', dashboard: 'rules' },
    expr: notOfOthers(
      '(time() - sip_dispatch_route_table_sync_timestamp_seconds > 300 or (0 * (sip_dispatch_route_table_loaded == 1) unless sip_dispatch_route_table_sync_timestamp_seconds))',
    ),
    summary: `Ingress ${INGRESS} does not hear of the rules cache.`,
    description: `Ingress ${INGRESS} {{ if $value }}last heard of the rules cache {{ $value | humanizeDuration }} ago{{ else }}has not heard of the rules cache since it began{{ end }}.`,
  },
  {
    ...{ name: 'TableNotKept', severity: 'warning', for: '5m', dashboard: 'rules' },
    expr: notOfOthers('sip_dispatch_route_table_kept == 0'),
    summary: `Ingress ${INGRESS} cannot write its rules to its disk.`,
    description: `Ingress ${INGRESS} cannot write its rules to its disk: restarted without the cache, it serves older ones.`,
  },
  {
    ...{ name: 'TableMissing', severity: 'critical', for: '1m', dashboard: 'rules' },
    expr: notOfOthers('sip_dispatch_route_table_loaded == 0'),
    summary: `Ingress ${INGRESS} has no rules and refuses every call.`,
    description: `Ingress ${INGRESS} has no rules and refuses every call with 503.`,
  },
  {
    ...{ name: 'NameStale', severity: 'warning', for: '10m', dashboard: 'calls' },
    expr: notOfOthers(
      '(max by (namespace, job, instance) (time() - sip_dispatch_name_stale_timestamp_seconds) > 300 or max by (namespace, job, instance) (sip_dispatch_names_unresolved) > 0)',
    ),
    summary: `DNS does not answer ingress ${INGRESS} about names of backends.`,
    description: `Ingress ${INGRESS} gets no usable answer about names of backends: it uses old addresses for them, or has none.`,
  },
]

const LEADERS =
  'leader_election_master_status * on (namespace, job, instance) group_left () sip_dispatch_operator_build_info'

const ON_OPERATORS: readonly Alert[] = [
  {
    ...{ name: 'PublishHeld', severity: 'warning', for: '5m', dashboard: 'operator' },
    expr: `max by (namespace, job) (${notOfOtherOperators('sip_dispatch_operator_publish_held')}) == 1`,
    summary: `A change of ${INSTALLATION} that removes most of the rules is held.`,
    description: 'A change that removes most of the rules waits until somebody allows it or takes it back.',
  },
  {
    ...{ name: 'NoLeader', severity: 'warning', for: '3m', dashboard: 'operator' },
    expr: `sum by (namespace, job) (${LEADERS}{${OWN}}) != 1 or absent(sip_dispatch_operator_build_info{${OWN}})`,
    summary: `Not exactly one operator of ${INSTALLATION} leads.`,
    description: 'Not exactly one operator leads: changes of rules do not arrive.',
  },
]

export const ALERTS: readonly Alert[] = [...ON_CALLS, ...ON_TABLES, ...ON_OPERATORS]
