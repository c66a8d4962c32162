/**
 * The same question for every alert: what of a trunk with few calls, a series that begins late or not at all, a restart, two
 * installations, and no traffic?
 */
import {
  type AlertCase,
  behind,
  type Firing,
  invites,
  JOB,
  POD,
  refusedTrunk,
  type Samples,
  TRUNK,
  unmatchedTrunk,
  unroutedTrunk,
} from './alert-cases.ts'

const OWN = 'installation="INSTALLATION"'
const OTHER = 'installation="voice/other"'
const OTHER_POD = 'namespace="voice", job="other", instance="z"'

const build = (pod: string, owner: string): string => `sip_dispatch_build_info{${pod}, version="1", ${owner}}`
const operatorBuild = (pod: string, owner: string): string =>
  `sip_dispatch_operator_build_info{${pod}, version="1", ${owner}}`

const REFUSED = invites('no_rule', '404')
const FORWARDED = invites('forwarded', '200')
const NO_BACKEND = invites('no_backend', '503')

/** One at each of these minutes. */
function callsAt(...minutes: readonly number[]): string {
  const last = 24 * 60
  const steps = Array.from({ length: last }, (_, minute) => minutes.filter((at) => at <= minute).length)
  return steps.join(' ')
}

const HOURLY = callsAt(...Array.from({ length: 24 }, (_, hour) => hour * 60 + 30))

const silent = (name: string, title: string, at: string, samples: Samples): AlertCase => ({
  ...{ name, title, at, samples, firing: [] },
})

const FEW_CALLS: readonly AlertCase[] = [
  {
    ...{ name: 'TrunkRefused', title: 'six calls in an hour, all of them', at: '70m' },
    samples: { [REFUSED]: callsAt(5, 15, 25, 35, 45, 55), [FORWARDED]: '0x1440' },
    firing: [refusedTrunk('critical', '100%'), refusedTrunk('warning', '100%')],
  },
  {
    ...{ name: 'TrunkRefused', title: 'a call an hour, all of them', at: '4h' },
    samples: { [REFUSED]: HOURLY, [FORWARDED]: '0x1440' },
    firing: [refusedTrunk('warning', '100%')],
  },
  {
    ...{ name: 'TrunkRefused', title: 'a call an hour, in two ways', at: '6h' },
    samples: { [REFUSED]: callsAt(50), [NO_BACKEND]: callsAt(110, 170, 230), [FORWARDED]: '0x1440' },
    firing: [refusedTrunk('warning', '100%', 'no_backend')],
  },
  silent('TrunkRefused', 'one call', '4h', { [REFUSED]: callsAt(100), [FORWARDED]: '0x1440' }),
  silent('TrunkRefused', 'one of two calls in six hours', '4h', { [REFUSED]: callsAt(60), [FORWARDED]: callsAt(90) }),
  silent('TrunkRefused', 'no call', '4h', { [REFUSED]: '0x1440', [FORWARDED]: '0x1440' }),
  {
    ...{ name: 'NoRule', title: 'a call an hour, all of them', at: '4h', firing: [unmatchedTrunk('100%')] },
    samples: { [REFUSED]: HOURLY, [FORWARDED]: '0x1440' },
  },
  silent('NoRule', 'no call', '4h', { [REFUSED]: '0x1440', [FORWARDED]: '0x1440' }),
  {
    ...{ name: 'NoBackend', title: 'three calls in an hour, all of them', at: '70m' },
    samples: { [NO_BACKEND]: callsAt(15, 35, 55), [FORWARDED]: '0x1440' },
    firing: [unroutedTrunk('critical', '100%'), unroutedTrunk('warning', '100%')],
  },
  {
    ...{
      name: 'NoBackend',
      title: 'a call an hour, all of them',
      at: '4h',
      firing: [unroutedTrunk('warning', '100%')],
    },
    samples: { [NO_BACKEND]: HOURLY, [FORWARDED]: '0x1440' },
  },
  silent('NoBackend', 'one call of two', '70m', { [NO_BACKEND]: callsAt(15), [FORWARDED]: callsAt(35) }),
  silent('NoBackend', 'no call', '4h', { [NO_BACKEND]: '0x1440', [FORWARDED]: '0x1440' }),
]

const lockedOut = (calls: string): Firing => ({
  ...{ severity: 'warning', labels: TRUNK, summary: 'Calls that trunk voice/carrier almost admits are dropped.' },
  description: `${calls} calls were dropped that trunk voice/carrier almost admitted.`,
})
const NEAR_MISS = `sip_dispatch_near_misses_total{${POD}, trunk="voice/carrier", reason="transport", method="INVITE"}`
const REWRITTEN = `sip_dispatch_dropped_total{${POD}, reason="source_rewritten", method="INVITE"}`
const rewritten = (calls: string): Firing => ({
  ...{ severity: 'warning', labels: JOB, summary: 'Something in the cluster hides who calls INSTALLATION.' },
  description: `${calls} calls came from an address of the cluster itself and were dropped.`,
})
const silentTrunk = (calls: string): Firing => ({
  ...{ severity: 'warning', labels: TRUNK, summary: 'Trunk voice/carrier had calls a week ago and has none.' },
  description: `Trunk voice/carrier has no calls, and had ${calls} at this time a week ago.`,
})

const SLOW = (all: string, quick: string): Samples => ({
  [`sip_dispatch_final_response_seconds_count{${POD}, outcome="no_rule"}`]: all,
  [`sip_dispatch_final_response_seconds_bucket{${POD}, outcome="no_rule", le="0.5"}`]: quick,
})

const FEW_PACKETS: readonly AlertCase[] = [
  {
    ...{ name: 'PeerLockedOut', title: 'two calls in two hours, and none admitted', at: '200m' },
    samples: { [NEAR_MISS]: callsAt(45, 165), [FORWARDED]: '0x1440' },
    firing: [lockedOut('2')],
  },
  silent('PeerLockedOut', 'two calls of many', '200m', { [NEAR_MISS]: callsAt(45, 165), [FORWARDED]: '0+1x400' }),
  silent('PeerLockedOut', 'no call', '200m', { [NEAR_MISS]: '0x400', [FORWARDED]: '0x400' }),
  {
    ...{ name: 'SourceRewritten', title: 'two calls in two hours', at: '200m', firing: [rewritten('2')] },
    samples: { [REWRITTEN]: callsAt(45, 165) },
  },
  silent('SourceRewritten', 'one call', '200m', { [REWRITTEN]: callsAt(45) }),
  {
    ...{
      name: 'TrunkSilent',
      title: 'ten calls in a day, until a week ago',
      interval: '5m',
      at: '8d',
      firing: [silentTrunk('10')],
    },
    samples: { [FORWARDED]: `${Array.from({ length: 10 }, (_, call) => `${call}x27`).join(' ')} 10x2100` },
  },
  {
    ...{ name: 'TrunkSilent', title: 'five calls in a day, until a week ago', interval: '5m', at: '8d', firing: [] },
    samples: { [FORWARDED]: `${Array.from({ length: 5 }, (_, call) => `${call}x55`).join(' ')} 5x2100` },
  },
  silent('SlowRefusals', 'one of three', '80m', SLOW(callsAt(20, 50, 75), callsAt(20, 50))),
  silent('SlowRefusals', 'none at all', '80m', SLOW('0x90', '0x90')),
]

const UNANSWERED = `sip_dispatch_invites_unanswered_total{${POD}, trunk="voice/carrier"}`
const unanswered = (calls: number): Firing => ({
  ...{ severity: 'critical', labels: TRUNK, summary: 'Calls of trunk voice/carrier ended without a final response.' },
  description: `${calls} calls of trunk voice/carrier ended without a final response in 10 minutes.`,
})

/** Series that come to the world with more than 0, and processes that begin anew. */
const BEGINNINGS: readonly AlertCase[] = [
  {
    ...{ name: 'CallsUnanswered', title: 'a first series that begins at 3', at: '23m', firing: [unanswered(3)] },
    samples: { [build(POD, OWN)]: '1x60', [UNANSWERED]: '_x20 3x40' },
  },
  silent('CallsUnanswered', 'a pod with a past that is scraped for the first time', '23m', {
    ...{ [build(POD, OWN)]: '_x20 1x40', [UNANSWERED]: '_x20 3x40' },
  }),
  silent('CallsUnanswered', 'a pod that begins anew', '23m', {
    ...{ [build(POD, OWN)]: '1x60', [UNANSWERED]: '3x20 0x40' },
  }),
  {
    ...{ name: 'TrunkRefused', title: 'ten calls, each with a status of its own', at: '27m' },
    samples: {
      ...{ [build(POD, OWN)]: '1x60', [FORWARDED]: '0x60' },
      ...Object.fromEntries(
        Array.from({ length: 10 }, (_, i) => [invites('no_backend', `${500 + i}`), `_x${20 - i} 1x60`]),
      ),
    },
    firing: [refusedTrunk('critical', '100%', 'no_backend')],
  },
  {
    ...{ name: 'TrunkRefused', title: 'all, by pods that begin anew every five minutes', at: '27m' },
    samples: { [REFUSED]: Array(8).fill('0 2 4 6 8').join(' '), [FORWARDED]: '0x60' },
    firing: [refusedTrunk('critical', '100%'), refusedTrunk('warning', '100%')],
  },
  {
    ...{ name: 'TableStale', title: 'a pod that never heard of the cache', at: '12m' },
    samples: { [`sip_dispatch_route_table_loaded{${POD}}`]: '1x20' },
    firing: [
      {
        ...{ severity: 'warning', labels: { ...JOB, instance: 'a' } },
        summary: 'Ingress a does not hear of the rules cache.',
        description: 'Ingress a has not heard of the rules cache since it began.',
      },
    ],
  },
  silent('TableStale', 'a pod that has no table either', '12m', {
    [`sip_dispatch_route_table_loaded{${POD}}`]: '0x20',
  }),
]

const version = (pod: string): string => `sip_dispatch_route_table_version{${pod}}`
const published = (pod: string): string => `sip_dispatch_operator_published_version{${pod}}`
const OPERATOR = 'namespace="voice", job="op", instance="o"'
const OTHER_OPERATOR = 'namespace="voice", job="other-op", instance="p"'
const leads = (pod: string): string => `leader_election_master_status{${pod}, name="lease"}`

const TWO_RELEASES: Samples = {
  ...{ [build(POD, OWN)]: '1x60', [operatorBuild(OPERATOR, OWN)]: '1x60' },
  ...{ [build(OTHER_POD, OTHER)]: '1x60', [operatorBuild(OTHER_OPERATOR, OTHER)]: '1x60' },
}

/** In one namespace, scraped by one Prometheus: each alert is about its own. */
const TWO_INSTALLATIONS: readonly AlertCase[] = [
  silent('TableBehind', 'the other one has published more', '20m', {
    ...TWO_RELEASES,
    ...{ [published(OPERATOR)]: '5x60', [version(POD)]: '5x60' },
    ...{ [published(OTHER_OPERATOR)]: '900x60', [version(OTHER_POD)]: '900x60' },
  }),
  {
    ...{ name: 'TableBehind', title: 'both are behind', at: '20m', firing: [behind(2)] },
    samples: {
      ...TWO_RELEASES,
      ...{ [published(OPERATOR)]: '5x60', [version(POD)]: '3x60' },
      ...{ [published(OTHER_OPERATOR)]: '900x60', [version(OTHER_POD)]: '899x60' },
    },
  },
  silent('TableBehind', 'changes that come every minute', '20m', {
    ...{ [build(POD, OWN)]: '1x60', [operatorBuild(OPERATOR, OWN)]: '1x60' },
    ...{ [published(OPERATOR)]: '5+1x60', [version(POD)]: '4+1x60' },
  }),
  silent('TableBehind', 'nobody publishes', '20m', { [build(POD, OWN)]: '1x60', [version(POD)]: '3x60' }),
  {
    ...{ name: 'Down', title: 'the other one is there', at: '5m', samples: { [build(OTHER_POD, OTHER)]: '1x60' } },
    firing: [
      {
        ...{ severity: 'critical', labels: {}, summary: 'No ingress of INSTALLATION is scraped.' },
        description: 'No ingress of INSTALLATION is scraped: none runs, or Prometheus does not find them.',
      },
    ],
  },
  silent('Down', 'the other one is gone', '5m', { [build(POD, OWN)]: '1x60' }),
  {
    ...{ name: 'NoLeader', title: 'the other one leads', at: '5m' },
    samples: { [operatorBuild(OTHER_OPERATOR, OTHER)]: '1x60', [leads(OTHER_OPERATOR)]: '1x60' },
    firing: [
      {
        ...{ severity: 'warning', labels: {}, summary: 'Not exactly one operator of INSTALLATION leads.' },
        description: 'Not exactly one operator leads: changes of rules do not arrive.',
      },
    ],
  },
  silent('NoLeader', 'both lead, scraped as one job', '5m', {
    ...{ [operatorBuild(OPERATOR, OWN)]: '1x60', [leads(OPERATOR)]: '1x60' },
    [operatorBuild(OPERATOR.replace('"o"', '"p"'), OTHER)]: '1x60',
    [leads(OPERATOR.replace('"o"', '"p"'))]: '1x60',
  }),
  ...['route_table_loaded', 'route_table_kept'].map((metric) =>
    silent(metric.endsWith('kept') ? 'TableNotKept' : 'TableMissing', 'of the other one', '20m', {
      ...{ ...TWO_RELEASES, [`sip_dispatch_${metric}{${OTHER_POD}}`]: '0x60' },
    }),
  ),
  silent('BackendDown', 'of the other one', '20m', {
    ...{ ...TWO_RELEASES, [`sip_dispatch_backend_up{${OTHER_POD}, backend="sip:10.0.0.5"}`]: '0x60' },
  }),
  silent('TableStale', 'of the other one', '20m', {
    ...{ ...TWO_RELEASES, [`sip_dispatch_route_table_sync_timestamp_seconds{${OTHER_POD}}`]: '0x60' },
  }),
  silent('PublishHeld', 'of the other one', '20m', {
    ...{ ...TWO_RELEASES, [`sip_dispatch_operator_publish_held{${OTHER_OPERATOR}}`]: '1x60' },
  }),
  ...(
    [
      ['TrunkRefused', 'sip_dispatch_invites_total', 'outcome="no_rule", status="404"'],
      ['NoRule', 'sip_dispatch_invites_total', 'outcome="no_rule", status="404"'],
      ['NoBackend', 'sip_dispatch_invites_total', 'outcome="no_backend", status="503"'],
      ['CallsUnanswered', 'sip_dispatch_invites_unanswered_total', 'le=""'],
      ['PeerLockedOut', 'sip_dispatch_near_misses_total', 'reason="called", method="INVITE"'],
      ['SourceRewritten', 'sip_dispatch_dropped_total', 'reason="source_rewritten", method="INVITE"'],
      ['SlowRefusals', 'sip_dispatch_final_response_seconds_count', 'outcome="no_rule"'],
      ['Overloaded', 'sip_dispatch_shed_total', 'sender="known"'],
    ] as const
  ).map(([name, metric, labels]) =>
    silent(name, 'of the other one', '50m', {
      ...{ ...TWO_RELEASES, [`${metric}{${OTHER_POD}, trunk="voice/x", ${labels}}`]: '0+10x60' },
    }),
  ),
]

export const EDGE_CASES: readonly AlertCase[] = [...FEW_CALLS, ...FEW_PACKETS, ...BEGINNINGS, ...TWO_INSTALLATIONS]
