/**
 * Two installations in one namespace, as their pods would tell it: every number that a dashboard shows can be worked out from
 * here by hand. Counters rise evenly, so that a rate is what stands here.
 */

export interface Process {
  readonly job: string
  readonly instance: string
  readonly installation: string
}

const process = (job: string, instance: string, installation: string): Process => ({ job, instance, installation })

export const INGRESSES = {
  a0: process('voice/a-ingress', '10.0.0.1:9090', 'voice/a'),
  a1: process('voice/a-ingress', '10.0.0.2:9090', 'voice/a'),
  b0: process('voice/b-ingress', '10.0.0.3:9090', 'voice/b'),
} as const

export const OPERATORS = {
  a: process('voice/a-operator', '10.0.1.1:9091', 'voice/a'),
  standby: process('voice/a-operator', '10.0.1.2:9091', 'voice/a'),
  b: process('voice/b-operator', '10.0.1.3:9091', 'voice/b'),
} as const

export type Ingress = keyof typeof INGRESSES
export type Operator = keyof typeof OPERATORS

/** Calls a second. `a0` refuses one in six calls of `bad`'s installation, `b0` finds no backend for every other. */
export const CALLS = [
  { pod: 'a0', trunk: 'voice/good', outcome: 'forwarded', status: '200', rate: 2 },
  { pod: 'a1', trunk: 'voice/good', outcome: 'forwarded', status: '486', rate: 2 },
  { pod: 'a0', trunk: 'voice/good', outcome: 'no_rule', status: '404', rate: 0 },
  { pod: 'a0', trunk: 'voice/bad', outcome: 'no_rule', status: '404', rate: 0.4 },
  { pod: 'a1', trunk: 'voice/bad', outcome: 'no_rule', status: '404', rate: 0.1 },
  { pod: 'a1', trunk: 'voice/bad', outcome: 'no_backend', status: '503', rate: 0.05 },
  { pod: 'a0', trunk: '', outcome: 'auth_drop', status: 'none', rate: 1 },
  { pod: 'b0', trunk: 'voice/other', outcome: 'forwarded', status: '200', rate: 0.5 },
  { pod: 'b0', trunk: 'voice/other', outcome: 'no_backend', status: '503', rate: 0.5 },
] as const satisfies readonly { pod: Ingress; trunk: string; outcome: string; status: string; rate: number }[]

/** The moment at which it is looked at, in seconds, and for how long it has been so. */
export const NOW = 1_700_000_000
const AGE = 5400
const STEP = 15

/** A value for each moment; `age`: seconds since it began. */
type Course = (age: number, at: number) => number | undefined

const rising =
  (rate: number): Course =>
  (age) =>
    rate * age
const steady =
  (value: number): Course =>
  () =>
    value
/** A time that lies so long before the moment of the scrape. */
const before =
  (seconds: number): Course =>
  (_, at) =>
    at - seconds

interface Series {
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  readonly course: Course
}

type Add = (name: string, course: Course, labels?: Readonly<Record<string, string>>) => Series

const of =
  ({ job, instance }: Process): Add =>
  (name, course, labels = {}) => ({ name, course, labels: { namespace: 'voice', job, instance, ...labels } })

/** All of a histogram's observations between two of its bounds. */
function histogram(
  add: Add,
  name: string,
  [below, upTo]: readonly [string, string],
  options: { rate: number; labels?: Readonly<Record<string, string>> },
): Series[] {
  const { rate, labels = {} } = options
  return [
    add(`${name}_bucket`, steady(0), { ...labels, le: below }),
    add(`${name}_bucket`, rising(rate), { ...labels, le: upTo }),
    add(`${name}_bucket`, rising(rate), { ...labels, le: '+Inf' }),
    add(`${name}_count`, rising(rate), labels),
  ]
}

const VERSIONS: Readonly<Record<Ingress, Course>> = {
  // Changed a minute ago.
  a0: (age) => (age < AGE - 60 ? 6 : 7),
  a1: steady(6),
  b0: steady(900),
}

const BACKENDS = [
  ['a0', 'sip:10.9.0.1:5060', 1],
  ['a1', 'sip:10.9.0.1:5060', 0],
  ['a0', 'sip:10.9.0.2:5060', 0],
  ['a1', 'sip:10.9.0.2:5060', 0],
  ['b0', 'sip:10.9.0.3:5060', 1],
] as const

/** How near the limits of each pod are. */
export const LIMIT_USES: Readonly<Record<Ingress, number>> = { a0: 0.25, a1: 0.5, b0: 1 }

function ingressSeries(pod: Ingress): Series[] {
  const own = INGRESSES[pod]
  const add = of(own)
  const isB = pod === 'b0'
  const calls = CALLS.filter((one) => one.pod === pod)
  return [
    add('sip_dispatch_build_info', steady(1), { version: '1', engine: 'native', installation: own.installation }),
    ...calls.map(({ trunk, outcome, status, rate }) =>
      add('sip_dispatch_invites_total', rising(rate), { trunk, outcome, status }),
    ),
    ...calls
      .filter(({ outcome }) => outcome === 'no_rule')
      .map(({ trunk, rate }) => add('sip_dispatch_no_rule_total', rising(rate), { trunk, reason: 'called' })),
    ...calls
      .filter(({ outcome }) => outcome === 'forwarded')
      .flatMap(({ trunk, rate }) =>
        histogram(add, 'sip_dispatch_first_response_seconds', ['0.25', '0.5'], { rate, labels: { trunk } }),
      ),
    ...[...new Set(calls.map(({ outcome }) => outcome))].flatMap((outcome) =>
      histogram(add, 'sip_dispatch_final_response_seconds', ['0.25', '0.5'], { rate: 1, labels: { outcome } }),
    ),
    add('sip_dispatch_last_forwarded_timestamp_seconds', before(isB ? 1 : 5), {
      trunk: isB ? 'voice/other' : 'voice/good',
    }),
    ...(pod === 'a0'
      ? [add('sip_dispatch_last_forwarded_timestamp_seconds', steady(NOW - 1800), { trunk: 'voice/bad' })]
      : []),
    add('sip_dispatch_invites_unanswered_total', rising(isB ? 0.01 : 0), { trunk: isB ? 'voice/other' : 'voice/bad' }),
    add('sip_dispatch_near_misses_total', rising(pod === 'a0' ? 0.2 : 0), {
      trunk: isB ? 'voice/other' : 'voice/bad',
      reason: 'transport',
      method: 'INVITE',
    }),
    add('sip_dispatch_over_limit_total', rising(isB ? 0.5 : 0), {
      trunk: isB ? 'voice/other' : 'voice/bad',
      reason: 'trunk_calls_per_second',
    }),
    add('sip_dispatch_trunk_limit_used_ratio', steady(LIMIT_USES[pod]), {
      trunk: isB ? 'voice/other' : 'voice/bad',
      limit: 'calls_per_second',
    }),
    add('sip_dispatch_rule_limit_used_ratio', steady(LIMIT_USES[pod]), {
      rule: isB ? 'voice/b' : 'voice/sales',
      limit: 'concurrent_calls',
    }),
    add('sip_dispatch_number_repeated_total', rising(isB ? 0.01 : 0), { trunk: isB ? 'voice/other' : 'voice/bad' }),
    add('sip_dispatch_shed_total', rising(2), { sender: 'stranger' }),
    add('sip_dispatch_dropped_total', rising(1), { reason: 'stranger', method: 'INVITE' }),
    add('sip_dispatch_rule_calls_total', rising(isB ? 0.5 : 2), { rule: isB ? 'voice/b' : 'voice/sales' }),
    add('sip_dispatch_rule_calls_total', steady(3), { rule: isB ? 'voice/b-unused' : 'voice/unused' }),
    add('sip_dispatch_route_table_version', VERSIONS[pod]),
    add('sip_dispatch_route_table_entries', steady(isB ? 0 : 12)),
    add('sip_dispatch_route_table_loaded', steady(isB ? 0 : 1)),
    add('sip_dispatch_route_table_sync_timestamp_seconds', before(pod === 'a1' ? 400 : 1)),
    ...nameSeries(add, isB),
    ...BACKENDS.filter(([one]) => one === pod).flatMap(([, backend, up]) => [
      add('sip_dispatch_backend_up', steady(up), { backend }),
      add('sip_dispatch_backend_requests_total', rising(0.25), { backend, result: up === 1 ? 'answered' : 'timeout' }),
      add('sip_dispatch_backend_ejections_total', rising(up === 1 ? 0 : 0.1), { backend, reason: 'timeout' }),
      add('sip_dispatch_backend_probes_total', rising(0.5), { backend, result: up === 1 ? 'answered' : 'timeout' }),
    ]),
  ]
}

function nameSeries(add: ReturnType<typeof of>, isB: boolean): Series[] {
  return [
    add('sip_dispatch_names', steady(isB ? 1 : 4)),
    add('sip_dispatch_names_unresolved', steady(isB ? 1 : 2)),
    add('sip_dispatch_name_stale_timestamp_seconds', before(120), { name: isB ? 'b.example' : 'pbx.example' }),
    add('sip_dispatch_name_resolutions_total', rising(isB ? 1 : 0.5), { result: 'resolved' }),
    add('sip_dispatch_name_peer_changes_total', rising(0.25), { change: 'added' }),
    add('sip_dispatch_name_addresses_refused_total', rising(0.5), { reason: 'loopback' }),
  ]
}

function operatorSeries(name: Operator): Series[] {
  const own = OPERATORS[name]
  const add = of(own)
  const isB = name === 'b'
  const leads = name === 'a'
  const resources = (count: number, state: string): Series => {
    const [kind = '', condition = '', status = '', reason = ''] = state.split(' ')
    return add('sip_dispatch_operator_resources', steady(count), { kind, condition, status, reason })
  }
  return [
    add('sip_dispatch_operator_build_info', steady(1), { version: isB ? '2' : '1', installation: own.installation }),
    add('leader_election_master_status', steady(leads ? 1 : 0), { name: 'lease' }),
    add('sip_dispatch_operator_published_version', steady({ a: 7, standby: 0, b: 900 }[name])),
    add('sip_dispatch_operator_publish_held', steady(isB ? 1 : 0)),
    ...histogram(add, 'sip_dispatch_operator_propagation_seconds', ['0.5', '1'], { rate: 0.1 }),
    add('controller_runtime_reconcile_total', rising(3), { controller: 'status', result: 'success' }),
    add('sip_dispatch_operator_watch_last_contact_seconds', steady(isB ? 90 : 20), { resource: 'siptrunks' }),
    add('rest_client_requests_total', rising(5), { code: '200', method: 'GET', host: 'api' }),
    add('workqueue_depth', steady(4), { name: 'status', controller: 'status' }),
    add('sip_dispatch_operator_event_loop_delay_seconds', steady(isB ? 0.5 : 0.25)),
    ...(leads
      ? [
          resources(10, 'DispatchRule Accepted True Accepted'),
          resources(2, 'DispatchRule Accepted False InvalidMatch'),
          resources(3, 'DispatchRule Shadowed True Shadowed'),
          resources(9, 'DispatchRule Shadowed False NotShadowed'),
          resources(0, 'SipTrunk Conflicted True SourceTaken'),
        ]
      : []),
    ...(isB ? [resources(1, 'DispatchRule ResolvedRefs False BackendNotFound')] : []),
  ]
}

const PODS = Object.keys(INGRESSES) as Ingress[]
const OPERATOR_NAMES = Object.keys(OPERATORS) as Operator[]

/** The state as `promtool tsdb create-blocks-from openmetrics` reads it. */
export function knownState(): string {
  const series = [...PODS.flatMap(ingressSeries), ...OPERATOR_NAMES.flatMap(operatorSeries)]
  const names = [...new Set(series.map(({ name }) => name))]
  const lines = names.flatMap((name) => [
    `# TYPE ${name} unknown`,
    ...series.filter((one) => one.name === name).flatMap(samplesOf),
  ])
  return `${lines.join('\n')}\n# EOF\n`
}

function samplesOf({ name, labels, course }: Series): string[] {
  const written = Object.entries(labels).map(([label, value]) => `${label}="${value}"`)
  const ages = Array.from({ length: AGE / STEP + 1 }, (_, i) => i * STEP)
  return ages.map((age) => {
    const at = NOW - AGE + age
    return `${name}{${written.join(',')}} ${course(age, at)} ${at}`
  })
}
