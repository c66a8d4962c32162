/** When each alert fires and when it does not, with traffic enough: samples a minute apart unless told otherwise. */
import type { Alert } from '../../monitoring/alerts.ts'

/** Series and values in the notation of `promtool test rules`: `0+1x10`. */
export type Samples = Readonly<Record<string, string>>

export interface Firing {
  readonly severity: Alert['severity']
  /** Beside severity and installation. */
  readonly labels: Readonly<Record<string, string>>
  readonly summary: string
  readonly description: string
}

export interface AlertCase {
  readonly name: string
  readonly title: string
  readonly interval?: string
  readonly samples: Samples
  readonly at: string
  /** None: it does not fire. */
  readonly firing: readonly Firing[]
}

export const POD = 'namespace="voice", job="in", instance="a"'
const CALLS = `sip_dispatch_invites_total{${POD}, trunk="voice/carrier"`
export const TRUNK = { namespace: 'voice', job: 'in', trunk: 'voice/carrier' }
export const JOB = { namespace: 'voice', job: 'in' }

const UP = (instance: string): string =>
  `sip_dispatch_backend_up{namespace="voice", job="in", instance="${instance}", backend="sip:10.0.0.5"}`

const LIMITED = (reason: string): string =>
  `sip_dispatch_over_limit_total{${POD}, trunk="voice/carrier", reason="${reason}"}`

const SHED = (sender: string): string => `sip_dispatch_shed_total{${POD}, sender="${sender}"}`

export const invites = (outcome: string, status: string): string =>
  `${CALLS}, outcome="${outcome}", status="${status}"}`

/** Refusals of which some take less than half a second. */
const refusals = (all: string, quick: string): Samples => ({
  [`sip_dispatch_final_response_seconds_count{${POD}, outcome="no_rule"}`]: all,
  [`sip_dispatch_final_response_seconds_bucket{${POD}, outcome="no_rule", le="0.5"}`]: quick,
})

const traffic = (refused: string, forwarded: string, outcome = 'no_rule'): Samples => ({
  [invites(outcome, '503')]: refused,
  [invites('forwarded', '200')]: forwarded,
})

export const refusedTrunk = (severity: Firing['severity'], share: string, outcome = 'no_rule'): Firing => ({
  ...{ severity, labels: TRUNK, summary: `Calls of trunk voice/carrier are refused: ${outcome}.` },
  description: `${share} of the calls of trunk voice/carrier are refused, most of them as ${outcome}.`,
})

export const unroutedTrunk = (severity: Firing['severity'], share: string): Firing => ({
  ...{ severity, labels: TRUNK, summary: 'Calls of trunk voice/carrier that a rule routes find no backend.' },
  description: `${share} of the routed calls of trunk voice/carrier find no backend.`,
})

export const unmatchedTrunk = (share: string): Firing => ({
  ...{ severity: 'warning', labels: TRUNK, summary: 'No rule matches calls of trunk voice/carrier.' },
  description: `No rule matches ${share} of the calls of trunk voice/carrier.`,
})

export const behind = (versions: number, instance = 'a'): Firing => ({
  ...{ severity: 'warning', labels: { ...JOB, instance } },
  summary: `Ingress ${instance} does not get changes of the rules.`,
  description: `Ingress ${instance} is ${versions} versions of the rules behind.`,
})

const DOWN: readonly AlertCase[] = [
  {
    ...{ name: 'Down', title: 'nothing of it is scraped', samples: { up: '1x10' }, at: '5m' },
    firing: [
      {
        ...{ severity: 'critical', labels: {} },
        summary: 'No ingress of INSTALLATION is scraped.',
        description: 'No ingress of INSTALLATION is scraped: none runs, or Prometheus does not find them.',
      },
    ],
  },
  {
    ...{ name: 'Down', title: 'one ingress is scraped', at: '5m', firing: [] },
    samples: { [`sip_dispatch_build_info{${POD}}`]: '1x10' },
  },
]

const UNANSWERED = `sip_dispatch_invites_unanswered_total{${POD}, trunk="voice/carrier"}`

const CALLERS: readonly AlertCase[] = [
  {
    ...{ name: 'CallsUnanswered', title: 'one call', samples: { [UNANSWERED]: '0x4 1x10' }, at: '10m' },
    firing: [
      {
        ...{ severity: 'critical', labels: TRUNK },
        summary: 'Calls of trunk voice/carrier ended without a final response.',
        description: '1 calls of trunk voice/carrier ended without a final response in 10 minutes.',
      },
    ],
  },
  { name: 'CallsUnanswered', title: 'none', samples: { [UNANSWERED]: '0x15' }, at: '10m', firing: [] },
  {
    ...{ name: 'SlowRefusals', title: 'one of ten', samples: refusals('0+100x90', '0+90x90'), at: '80m' },
    firing: (['critical', 'warning'] as const).map((severity) => ({
      ...{
        severity,
        labels: JOB,
        summary: 'Refusals of INSTALLATION take longer than half a second.',
        description: '10% of the refusals take longer than half a second.',
      },
    })),
  },
  {
    ...{ name: 'SlowRefusals', title: 'two of a thousand', samples: refusals('0+1000x90', '0+998x90'), at: '80m' },
    firing: [
      {
        severity: 'warning',
        labels: JOB,
        summary: 'Refusals of INSTALLATION take longer than half a second.',
        description: '0.2% of the refusals take longer than half a second.',
      },
    ],
  },
  {
    ...{ name: 'SlowRefusals', title: 'one of ten thousand', at: '80m', firing: [] },
    samples: refusals('0+10000x90', '0+9999x90'),
  },
  {
    ...{ name: 'SlowRefusals', title: 'calls that ring for long', at: '80m', firing: [] },
    samples: {
      [`sip_dispatch_final_response_seconds_count{${POD}, outcome="forwarded"}`]: '0+100x90',
      [`sip_dispatch_final_response_seconds_bucket{${POD}, outcome="forwarded", le="0.5"}`]: '0x90',
    },
  },
  {
    ...{
      name: 'OverLimit',
      title: 'ten calls a minute',
      samples: { [LIMITED('rule_concurrent_calls')]: '0x4 0+10x20' },
      at: '20m',
    },
    firing: [
      {
        ...{ severity: 'warning', labels: { ...TRUNK, reason: 'rule_concurrent_calls' } },
        summary: 'A limit refuses calls of trunk voice/carrier: rule_concurrent_calls.',
        description: 'The limit rule_concurrent_calls refused 100 calls of trunk voice/carrier in 10 minutes.',
      },
    ],
  },
  {
    ...{ name: 'OverLimit', title: 'four calls in ten minutes', at: '20m', firing: [] },
    samples: { [LIMITED('trunk_calls_per_second')]: '0x15 4x10' },
  },
  {
    ...{ name: 'OverLimit', title: 'overload, which has an alert of its own', at: '20m', firing: [] },
    samples: { [LIMITED('overload')]: '0x4 0+10x20' },
  },
  {
    ...{ name: 'Overloaded', title: 'calls of known peers', samples: { [SHED('known')]: '0x4 0+10x20' }, at: '15m' },
    firing: [
      {
        ...{ severity: 'warning', labels: { ...JOB, instance: 'a' } },
        summary: 'More calls come than ingress a can do.',
        description: 'Ingress a refused 100 INVITEs in 10 minutes, because it had no time.',
      },
    ],
  },
  { name: 'Overloaded', title: 'strangers', samples: { [SHED('stranger')]: '0+10x20' }, at: '15m', firing: [] },
  {
    ...{ name: 'TrunkRefused', title: 'every call', samples: traffic('0+10x20', '0x20'), at: '16m' },
    firing: [refusedTrunk('critical', '100%'), refusedTrunk('warning', '100%')],
  },
  {
    ...{ name: 'TrunkRefused', title: 'three of ten', samples: traffic('0+3x30', '0+7x30'), at: '25m' },
    firing: [refusedTrunk('warning', '30%')],
  },
  {
    name: 'TrunkRefused',
    title: 'fifteen of a hundred',
    samples: traffic('0+15x30', '0+85x30'),
    at: '25m',
    firing: [],
  },
  {
    ...{ name: 'TrunkRefused', title: 'all, by a rule that says Reject', at: '25m', firing: [] },
    samples: { [invites('rejected', '403')]: '0+10x30' },
  },
  {
    ...{ name: 'BackendDown', title: 'every pod that tried finds it down', at: '10m' },
    samples: { [UP('a')]: '1x2 0x20', [UP('b')]: '0x22' },
    firing: [
      {
        ...{ severity: 'warning', labels: { ...JOB, backend: 'sip:10.0.0.5' } },
        summary: 'Backend sip:10.0.0.5 is down.',
        description: 'Every ingress of INSTALLATION that has tried backend sip:10.0.0.5 finds it down.',
      },
    ],
  },
  {
    ...{ name: 'BackendDown', title: 'one pod of two reaches it', at: '20m', firing: [] },
    samples: { [UP('a')]: '0x30', [UP('b')]: '1x30' },
  },
  {
    ...{ name: 'BackendDown', title: 'it comes and goes', at: '20m', firing: [] },
    samples: { [UP('a')]: '0x3 1x2 0x3 1x2 0x3 1x2 0x3 1x2 0x10' },
  },
  {
    ...{ name: 'NoBackend', title: 'one of ten', samples: traffic('0+1x15', '0+9x15', 'no_backend'), at: '10m' },
    firing: [unroutedTrunk('critical', '10%')],
  },
  {
    ...{ name: 'NoBackend', title: 'one of a hundred', at: '10m', firing: [] },
    samples: traffic('0+1x15', '0+99x15', 'no_backend'),
  },
]

const DROPPED = (reason: string): string => `sip_dispatch_dropped_total{${POD}, reason="${reason}", method="INVITE"}`

const NEAR_MISSES = (method: string): string =>
  `sip_dispatch_near_misses_total{${POD}, trunk="voice/carrier", reason="transport", method="${method}"}`

const RULES: readonly AlertCase[] = [
  {
    ...{ name: 'NoRule', title: 'one of ten', samples: traffic('0+1x30', '0+9x30'), at: '25m' },
    firing: [unmatchedTrunk('10%')],
  },
  { name: 'NoRule', title: 'one of a hundred', samples: traffic('0+1x30', '0+99x30'), at: '25m', firing: [] },
  {
    ...{ name: 'PeerLockedOut', title: 'a call a minute', samples: { [NEAR_MISSES('INVITE')]: '0+1x30' }, at: '25m' },
    firing: [
      {
        ...{ severity: 'warning', labels: TRUNK },
        summary: 'Calls that trunk voice/carrier almost admits are dropped.',
        description: '20 calls were dropped that trunk voice/carrier almost admitted.',
      },
    ],
  },
  {
    ...{ name: 'PeerLockedOut', title: 'other requests', samples: { [NEAR_MISSES('OPTIONS')]: '0+1x30' }, at: '25m' },
    firing: [],
  },
  {
    ...{ name: 'SourceRewritten', title: 'a call a minute', samples: { [DROPPED('source_rewritten')]: '0+1x30' } },
    at: '25m',
    firing: [
      {
        ...{ severity: 'warning', labels: JOB },
        summary: 'Something in the cluster hides who calls INSTALLATION.',
        description: '15 calls came from an address of the cluster itself and were dropped.',
      },
    ],
  },
  {
    ...{ name: 'SourceRewritten', title: 'strangers', samples: { [DROPPED('stranger')]: '0+100x30' } },
    ...{ at: '25m', firing: [] },
  },
  {
    ...{ name: 'TrunkSilent', title: 'calls end after a week', interval: '5m', at: '1w65m' },
    samples: { [invites('forwarded', '200')]: '0+300x2016 604800x20' },
    firing: [
      {
        ...{ severity: 'warning', labels: TRUNK },
        summary: 'Trunk voice/carrier had calls a week ago and has none.',
        description: 'Trunk voice/carrier has no calls, and had 1.8k at this time a week ago.',
      },
    ],
  },
  {
    ...{ name: 'TrunkSilent', title: 'calls go on', interval: '5m', at: '1w1h', firing: [] },
    samples: { [invites('forwarded', '200')]: '0+300x2040' },
  },
]

const PUBLISHED = 'sip_dispatch_operator_published_version{namespace="voice", job="op", instance="o"}'
const STANDBY = 'sip_dispatch_operator_published_version{namespace="voice", job="op", instance="p"}'
const VERSION = `sip_dispatch_route_table_version{${POD}}`
const SYNC = `sip_dispatch_route_table_sync_timestamp_seconds{${POD}}`
const LOADED = `sip_dispatch_route_table_loaded{${POD}}`
const KEPT = `sip_dispatch_route_table_kept{${POD}}`
const PER_POD = { ...JOB, instance: 'a' }
const STALE_NAME = `sip_dispatch_name_stale_timestamp_seconds{${POD}, name="pbx.example"}`
const UNRESOLVED = `sip_dispatch_names_unresolved{${POD}}`
const nameStale = {
  severity: 'warning',
  labels: PER_POD,
  summary: 'DNS does not answer ingress a about names of backends.',
  description: 'Ingress a gets no usable answer about names of backends: it uses old addresses for them, or has none.',
} as const

const TABLE: readonly AlertCase[] = [
  {
    ...{ name: 'TableBehind', title: 'two versions', at: '5m' },
    samples: { [PUBLISHED]: '5x10', [STANDBY]: '0x10', [VERSION]: '3x10' },
    firing: [behind(2)],
  },
  {
    ...{ name: 'TableBehind', title: 'the same version', at: '5m', firing: [] },
    samples: { [PUBLISHED]: '5x10', [STANDBY]: '0x10', [VERSION]: '5x10' },
  },
  {
    ...{ name: 'TableStale', title: 'for twelve minutes', samples: { [SYNC]: '0x20' }, at: '12m' },
    firing: [
      {
        ...{ severity: 'warning', labels: PER_POD, summary: 'Ingress a does not hear of the rules cache.' },
        description: 'Ingress a last heard of the rules cache 12m 0s ago.',
      },
    ],
  },
  { name: 'TableStale', title: 'heard of all the time', samples: { [SYNC]: '0+60x20' }, at: '12m', firing: [] },
  {
    ...{ name: 'NameStale', title: 'a name whose answer is old', samples: { [STALE_NAME]: '0x40' }, at: '22m' },
    firing: [nameStale],
  },
  {
    ...{ name: 'NameStale', title: 'a name that never resolved', samples: { [UNRESOLVED]: '1x40' }, at: '22m' },
    firing: [nameStale],
  },
  { name: 'NameStale', title: 'a failure of a moment', samples: { [STALE_NAME]: '0+60x40' }, at: '22m', firing: [] },
  { name: 'NameStale', title: 'names that all resolve', samples: { [UNRESOLVED]: '0x40' }, at: '22m', firing: [] },
  {
    ...{ name: 'TableNotKept', title: 'a disk that takes nothing', samples: { [KEPT]: '0x20' }, at: '8m' },
    firing: [
      {
        ...{ severity: 'warning', labels: PER_POD },
        summary: 'Ingress a cannot write its rules to its disk.',
        description: 'Ingress a cannot write its rules to its disk: restarted without the cache, it serves older ones.',
      },
    ],
  },
  { name: 'TableNotKept', title: 'a disk that is well', samples: { [KEPT]: '1x20' }, at: '8m', firing: [] },
  {
    ...{ name: 'TableMissing', title: 'no table', samples: { [LOADED]: '0x10' }, at: '3m' },
    firing: [
      {
        ...{ severity: 'critical', labels: PER_POD },
        summary: 'Ingress a has no rules and refuses every call.',
        description: 'Ingress a has no rules and refuses every call with 503.',
      },
    ],
  },
  { name: 'TableMissing', title: 'a table', samples: { [LOADED]: '1x10' }, at: '3m', firing: [] },
]

const HELD = 'sip_dispatch_operator_publish_held{namespace="voice", job="op", instance="o"}'
const LEADER = (instance: string): string =>
  `leader_election_master_status{namespace="voice", job="op", instance="${instance}", name="phone-operator"}`
const BUILD = (instance: string): string =>
  `sip_dispatch_operator_build_info{namespace="voice", job="op", instance="${instance}", version="1"}`
const OTHERS = 'leader_election_master_status{namespace="voice", job="other", instance="x", name="other"}'
const NOBODY_LEADS = {
  severity: 'warning',
  summary: 'Not exactly one operator of INSTALLATION leads.',
  description: 'Not exactly one operator leads: changes of rules do not arrive.',
} as const

const OPERATOR: readonly AlertCase[] = [
  {
    ...{ name: 'PublishHeld', title: 'a change', samples: { [HELD]: '1x10' }, at: '6m' },
    firing: [
      {
        ...{ severity: 'warning', labels: { namespace: 'voice', job: 'op' } },
        summary: 'A change of INSTALLATION that removes most of the rules is held.',
        description: 'A change that removes most of the rules waits until somebody allows it or takes it back.',
      },
    ],
  },
  { name: 'PublishHeld', title: 'no change', samples: { [HELD]: '0x10' }, at: '6m', firing: [] },
  {
    ...{ name: 'NoLeader', title: 'two standbys', at: '5m' },
    samples: { [LEADER('o')]: '0x10', [LEADER('p')]: '0x10', [BUILD('o')]: '1x10', [BUILD('p')]: '1x10' },
    firing: [{ ...NOBODY_LEADS, labels: { namespace: 'voice', job: 'op' } }],
  },
  {
    ...{ name: 'NoLeader', title: 'no operator', samples: { up: '1x10' }, at: '5m' },
    firing: [{ ...NOBODY_LEADS, labels: {} }],
  },
  {
    ...{ name: 'NoLeader', title: 'a leader and a standby, beside another program', at: '5m', firing: [] },
    samples: {
      ...{ [LEADER('o')]: '1x10', [LEADER('p')]: '0x10', [BUILD('o')]: '1x10', [BUILD('p')]: '1x10' },
      [OTHERS]: '1x10',
    },
  },
]

export const ALERT_CASES: readonly AlertCase[] = [...DOWN, ...CALLERS, ...RULES, ...TABLE, ...OPERATOR]
