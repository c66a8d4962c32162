/** Do the pods run what was applied, and which rules are used. */
import type { Dashboard } from './dashboard.ts'

const S = 'job=~"$job", instance=~"$instance"'

export const RULES: Dashboard = {
  uid: 'sip-dispatch-rules',
  title: 'sip-dispatch / Rules',
  description: 'Do the pods run what was applied, which rules are used, and what is wrong with the others.',
  byTrunk: true,
  presence: '{__name__=~"sip_dispatch_build_info|sip_dispatch_operator_build_info"}',
  annotations: [{ name: 'Rules changed', expr: `max(changes(sip_dispatch_route_table_version{${S}}[2m])) > 0` }],
  panels: [
    {
      title: 'Pods with the newest rules',
      description: 'The part of the ingress pods that runs what the operator has published last.',
      ...{ type: 'stat', unit: 'percentunit', size: [6, 5] },
      queries: [
        {
          expr: `(count(sip_dispatch_route_table_version{${S}} >= on () group_left () max(sip_dispatch_operator_published_version{${S}})) or vector(0)) / count(sip_dispatch_route_table_version{${S}})`,
        },
      ],
    },
    {
      title: 'Longest since the cache was heard of',
      description: 'Calls go on without the cache; changes do not arrive.',
      ...{ type: 'stat', unit: 's', size: [6, 5], limits: [60, 300] },
      queries: [{ expr: `max(time() - sip_dispatch_route_table_sync_timestamp_seconds{${S}})` }],
    },
    {
      title: 'Pods without any rules',
      description: 'They answer every call with 503.',
      ...{ type: 'stat', unit: 'short', size: [6, 5], limits: [1, 1] },
      queries: [{ expr: `sum(1 - sip_dispatch_route_table_loaded{${S}})` }],
    },
    {
      title: 'Entries in the table',
      description: 'Trunks, rules and Services that the pods decide calls from.',
      ...{ type: 'stat', unit: 'short', size: [6, 5] },
      queries: [{ expr: `max(sip_dispatch_route_table_entries{${S}})` }],
    },
    {
      title: 'Objects by condition',
      description:
        'What the status of SipTrunks and DispatchRules says: every row but the True ones of Ready, Accepted, ResolvedRefs and Programmed wants a look.',
      ...{ type: 'table', unit: 'short', size: [24, 8] },
      queries: [{ expr: `sum by (kind, condition, status, reason) (sip_dispatch_operator_resources{${S}}) > 0` }],
    },
    {
      title: 'Why no rule matched',
      description: 'The first condition that failed of the rule that came nearest.',
      ...{ type: 'timeseries', unit: 'cps', size: [12, 8] },
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
      ...{ type: 'timeseries', unit: 'short', size: [12, 8] },
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
    },
  ],
}
