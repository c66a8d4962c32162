/** Shows whether the pods run the applied rules, and which rules are used. */
import type { Dashboard } from './dashboard.ts'

const S = 'job=~"$job", instance=~"$instance"'

/** Selects the operators, which depend only on the selected installation. */
const OPERATORS = 'instance=~"$operator"'

const WITH_INSTALLATION = '* on (namespace, job, instance) group_left (installation)'

/** The published version of each installation. Versions of different installations are unrelated. */
const PUBLISHED = `max by (namespace, installation) (sip_dispatch_operator_published_version{${OPERATORS}} ${WITH_INSTALLATION} sip_dispatch_operator_build_info{${OPERATORS}})`

const RUNNING = `sip_dispatch_route_table_version{${S}} ${WITH_INSTALLATION} sip_dispatch_build_info{${S}}`

/** Conditions that are good when they are True; others are good when they are False. */
const BAD = 'Conflicted|Shadowed'

export const RULES: Dashboard = {
  name: 'rules',
  description: 'Do the pods run what was applied, which rules are used, and what is wrong with the others.',
  byTrunk: true,
  presence: 'sip_dispatch_build_info',
  withOperators: true,
  annotations: [{ name: 'Rules changed', expr: `max(changes(sip_dispatch_route_table_version{${S}}[2m])) > 0` }],
  panels: [
    {
      title: 'Pods with the newest rules',
      description: 'The part of the ingress pods that runs what the operator has published last.',
      ...{ type: 'stat', unit: 'percentunit', size: [6, 5], colors: ['red', [0.5, 'yellow'], [1, 'green']] },
      ...{ empty: 'no operator', links: [{ alert: 'SipDispatchTableBehind' }, { dashboard: 'operator' }] },
      queries: [{ expr: `avg(${RUNNING} >= bool on (namespace, installation) group_left () ${PUBLISHED})` }],
    },
    {
      title: 'Longest since the cache was heard of',
      description: 'Calls go on without the cache; changes do not arrive.',
      ...{ type: 'stat', unit: 's', size: [6, 5], colors: ['green', [60, 'yellow'], [300, 'red']] },
      ...{ empty: 'never', links: [{ alert: 'SipDispatchTableStale' }] },
      queries: [{ expr: `max(time() - sip_dispatch_route_table_sync_timestamp_seconds{${S}})` }],
    },
    {
      title: 'Pods without any rules',
      description: 'They answer every call with 503.',
      ...{ type: 'stat', unit: 'short', size: [6, 5], colors: ['green', [1, 'red']] },
      links: [{ alert: 'SipDispatchTableMissing' }],
      queries: [{ expr: `sum(1 - sip_dispatch_route_table_loaded{${S}})` }],
    },
    {
      title: 'Entries in the table',
      description: 'Trunks, rules and Services that the pods decide calls from.',
      ...{ type: 'stat', unit: 'short', size: [6, 5], colors: ['red', [1, 'green']] },
      queries: [{ expr: `max(sip_dispatch_route_table_entries{${S}})` }],
    },
    {
      title: 'Objects that want a look',
      description:
        'SipTrunks and DispatchRules whose status says that something is not as written, most of a kind first.',
      ...{ type: 'table', unit: 'short', size: [24, 8] },
      queries: [
        {
          expr: `sum by (kind, condition, status, reason) (sip_dispatch_operator_resources{${OPERATORS}, condition!~"${BAD}", status!="True"} or sip_dispatch_operator_resources{${OPERATORS}, condition=~"${BAD}", status="True"}) > 0`,
        },
      ],
      columns: {
        kind: { name: 'kind' },
        condition: { name: 'condition' },
        status: { name: 'status' },
        reason: { name: 'reason' },
        Value: { name: 'objects' },
      },
      sorted: { by: 'objects', descending: true },
    },
    {
      title: 'Why no rule matched',
      description: 'The first condition that failed of the rule that came nearest.',
      ...{ type: 'timeseries', unit: 'cps', size: [12, 8], toTrunk: true, links: [{ alert: 'SipDispatchNoRule' }] },
      queries: [
        {
          expr: `sum by (trunk, reason) (rate(sip_dispatch_no_rule_total{${S}, trunk=~"$trunk"}[$__rate_interval]))`,
          legend: '{{trunk}} {{reason}}',
        },
      ],
    },
    {
      title: 'Version of the table by pod',
      description: 'Lines that stay apart are pods that changes do not reach.',
      ...{ type: 'timeseries', unit: 'short', size: [12, 8], links: [{ alert: 'SipDispatchTableBehind' }] },
      queries: [{ expr: `sip_dispatch_route_table_version{${S}}`, legend: '{{instance}}' }],
    },
    {
      title: 'Rules with most calls',
      description: 'Calls that a rule won in the time shown.',
      ...{ type: 'barchart', unit: 'short', size: [12, 9] },
      queries: [{ expr: `topk(10, sum by (rule) (increase(sip_dispatch_rule_calls_total{${S}}[$__range])))` }],
    },
    {
      title: 'Rules without a call',
      description: 'Not used in the time shown: forgotten, or hidden by another rule.',
      ...{ type: 'table', unit: 'short', size: [12, 9] },
      queries: [{ expr: `sum by (rule) (increase(sip_dispatch_rule_calls_total{${S}}[$__range])) == 0` }],
      ...{
        columns: { rule: { name: 'rule' } },
        sorted: { by: 'rule', descending: false },
        links: [{ dashboard: 'calls' }],
      },
    },
  ],
}
