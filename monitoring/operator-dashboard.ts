/** Shows whether the operator does its work, and how fast. */
import type { Dashboard } from './dashboard.ts'

const S = 'job=~"$job", instance=~"$instance"'

/** Adds the installation of each operator to a metric, because each installation has its own leader and versions. */
const owned = (metric: string): string =>
  `${metric}{${S}} * on (namespace, job, instance) group_left (installation) sip_dispatch_operator_build_info{${S}}`

export const OPERATOR: Dashboard = {
  name: 'operator',
  description: 'Does the operator do its work, and how fast.',
  byTrunk: false,
  presence: 'sip_dispatch_operator_build_info',
  withOperators: false,
  annotations: [],
  panels: [
    {
      title: 'Leaders',
      description: 'One. None: nothing is published. Two: for a moment only; the cache takes from one of them.',
      ...{ type: 'stat', unit: 'short', size: [6, 5], colors: ['red', [1, 'green'], [2, 'yellow']] },
      links: [{ alert: 'SipDispatchNoLeader' }],
      queries: [
        { expr: `sum by (installation) (${owned('leader_election_master_status')})`, legend: '{{installation}}' },
      ],
    },
    {
      title: 'Change held',
      description: 'A change that removes most of the table waits until somebody allows it.',
      ...{
        type: 'stat',
        unit: 'short',
        size: [6, 5],
        colors: ['green', [1, 'red']],
        texts: { '0': 'no', '1': 'held' },
      },
      links: [{ alert: 'SipDispatchPublishHeld' }, { dashboard: 'rules' }],
      queries: [{ expr: `max(sip_dispatch_operator_publish_held{${S}})` }],
    },
    {
      title: 'Published version',
      description: 'Rises with every change of the rules.',
      ...{ type: 'stat', unit: 'short', size: [6, 5], colors: ['red', [1, 'green']] },
      links: [{ alert: 'SipDispatchTableBehind' }, { dashboard: 'rules' }],
      queries: [
        {
          expr: `max by (installation) (${owned('sip_dispatch_operator_published_version')})`,
          legend: '{{installation}}',
        },
      ],
    },
    {
      title: 'Versions',
      description: 'What is running.',
      ...{ type: 'table', unit: 'short', size: [6, 5] },
      queries: [{ expr: `sum by (installation, version) (sip_dispatch_operator_build_info{${S}})` }],
      columns: { installation: { name: 'installation' }, version: { name: 'version' }, Value: { name: 'operators' } },
      sorted: { by: 'installation', descending: false },
    },
    {
      title: 'From a change to the pods, 99th percentile',
      description: 'Until 99 % of the ingress pods run a published change. The goal is a second.',
      ...{ type: 'timeseries', unit: 's', size: [12, 8] },
      queries: [
        {
          expr: `histogram_quantile(0.99, sum by (le) (rate(sip_dispatch_operator_propagation_seconds_bucket{${S}}[$__rate_interval])))`,
          legend: 'p99',
        },
      ],
    },
    {
      title: 'Work by result',
      description: 'Pieces of work of every controller. Errors are repeated with a growing pause.',
      ...{ type: 'timeseries', unit: 'ops', size: [12, 8] },
      queries: [
        {
          expr: `sum by (controller, result) (rate(controller_runtime_reconcile_total{${S}}[$__rate_interval]))`,
          legend: '{{controller}} {{result}}',
        },
      ],
    },
    {
      title: 'Since the API server was heard of',
      description: 'By what is watched. A watch that works hears of it every minute.',
      ...{ type: 'timeseries', unit: 's', size: [12, 8] },
      queries: [
        { expr: `max by (resource) (sip_dispatch_operator_watch_last_contact_seconds{${S}})`, legend: '{{resource}}' },
      ],
    },
    {
      title: 'Requests to the API server',
      description: 'By status. 403 is a right that is missing, 429 a server that asks for less.',
      ...{ type: 'timeseries', unit: 'reqps', size: [12, 8] },
      queries: [
        {
          expr: `sum by (code, method) (rate(rest_client_requests_total{${S}}[$__rate_interval]))`,
          legend: '{{method}} {{code}}',
        },
      ],
    },
    {
      title: 'Waiting work',
      description: 'Keys in the queues.',
      ...{ type: 'timeseries', unit: 'short', size: [12, 8] },
      queries: [{ expr: `sum by (name) (workqueue_depth{${S}})`, legend: '{{name}}' }],
    },
    {
      title: 'Longest standstill',
      description: 'For how long the process could do nothing else: compiling a large table.',
      ...{ type: 'timeseries', unit: 's', size: [12, 8] },
      queries: [{ expr: `max(sip_dispatch_operator_event_loop_delay_seconds{${S}})`, legend: 'longest' }],
    },
  ],
}
