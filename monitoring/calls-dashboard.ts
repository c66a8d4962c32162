/** The first row answers without a click: are callers refused, on which trunk, since when, and why? */
import type { Dashboard } from './dashboard.ts'
import { ADMITTED, REFUSED_OR_LIMITED } from './outcomes.ts'

const S = 'job=~"$job", instance=~"$instance"'
const T = `${S}, trunk=~"$trunk"`

/** Calls per second, summed by a label. With an empty label, of all calls. */
const calls = (by: string, selector: string): string =>
  `sum by (${by}) (rate(sip_dispatch_invites_total{${T}, ${selector}}[$__rate_interval]))`

/** Restricts an expression to trunks of which calls are refused at this time. */
const ofRefused = (expr: string): string => `${expr} and on (trunk) (${calls('trunk', REFUSED_OR_LIMITED)} > 0)`

export const CALLS: Dashboard = {
  name: 'calls',
  description: 'Are callers being refused, by which trunk, since when, and why.',
  byTrunk: true,
  presence: 'sip_dispatch_build_info',
  withOperators: false,
  annotations: [
    {
      name: 'Rules changed',
      expr: `max(changes(sip_dispatch_route_table_version{${S}}[2m])) > 0`,
    },
  ],
  panels: [
    {
      title: 'Refused now',
      description:
        'Calls per second that were refused though their callers are known. A rule that says Reject is no refusal.',
      ...{ type: 'stat', unit: 'cps', size: [4, 6], colors: ['green', [0.01, 'yellow'], [0.1, 'red']] },
      links: [{ alert: 'SipDispatchTrunkRefused' }, { dashboard: 'rules' }],
      queries: [{ expr: calls('', REFUSED_OR_LIMITED) }],
    },
    {
      title: 'Refused share',
      description: 'The part of all calls of known callers that was refused.',
      ...{ type: 'stat', unit: 'percentunit', size: [3, 6], colors: ['green', [0.01, 'yellow'], [0.05, 'red']] },
      ...{ empty: 'no calls', links: [{ alert: 'SipDispatchTrunkRefused' }] },
      queries: [{ expr: `${calls('', REFUSED_OR_LIMITED)} / (${calls('', ADMITTED)} > 0)` }],
    },
    {
      title: 'Never answered',
      description:
        'Calls of known callers that ended without a final response. Anything but 0 is a defect of sip-dispatch.',
      ...{ type: 'stat', unit: 'short', size: [3, 6], colors: ['green', [1, 'red']] },
      links: [{ alert: 'SipDispatchCallsUnanswered' }],
      queries: [{ expr: `sum(increase(sip_dispatch_invites_unanswered_total{${T}}[$__range]))` }],
    },
    {
      title: 'Which trunk, why, since when',
      description:
        'Trunks that are refused, with how often and why, and when a call of theirs last went through. No trunk: no rules are loaded, or too many calls came.',
      ...{ type: 'table', unit: 'cps', size: [14, 6] },
      queries: [
        { expr: `${calls('trunk, outcome', REFUSED_OR_LIMITED)} > 0` },
        { expr: ofRefused(`max by (trunk) (sip_dispatch_last_forwarded_timestamp_seconds{${T}}) * 1000`) },
        {
          expr: ofRefused(
            `topk by (trunk) (1, sum by (trunk, reason) (increase(sip_dispatch_no_rule_total{${T}}[15m])) > 0)`,
          ),
        },
      ],
      columns: {
        trunk: { name: 'trunk', toTrunk: true },
        outcome: { name: 'outcome' },
        reason: { name: 'reason' },
        'Value #A': { name: 'refused', unit: 'cps' },
        'Value #B': { name: 'last good call', unit: 'dateTimeFromNow' },
        'Value #C': { name: 'no rule, 15 min', unit: 'short' },
      },
      sorted: { by: 'refused', descending: true },
      links: [{ alert: 'SipDispatchTrunkRefused' }, { alert: 'SipDispatchNoRule' }, { dashboard: 'rules' }],
    },
    {
      title: 'Refused share by trunk',
      description:
        'When it began, trunk by trunk: green below 1 %, yellow from 1 %, red from 20 % of the calls refused.',
      ...{
        type: 'state-timeline',
        unit: 'percentunit',
        size: [24, 6],
        colors: ['green', [0.01, 'yellow'], [0.2, 'red']],
      },
      toTrunk: true,
      queries: [
        { expr: `${calls('trunk', REFUSED_OR_LIMITED)} / (${calls('trunk', ADMITTED)} > 0)`, legend: '{{trunk}}' },
      ],
    },
    {
      title: 'Calls by outcome',
      description: 'What became of the calls of known callers.',
      ...{ type: 'timeseries', unit: 'cps', size: [12, 8], links: [{ alert: 'SipDispatchTrunkSilent' }] },
      queries: [{ expr: calls('outcome', ADMITTED), legend: '{{outcome}}' }],
    },
    {
      title: 'Calls by final status',
      description: 'The status that callers got.',
      ...{ type: 'timeseries', unit: 'cps', size: [12, 8] },
      queries: [{ expr: calls('status', ADMITTED), legend: '{{status}}' }],
    },
    {
      title: 'Session establishment effectiveness',
      description:
        'RFC 6076 SEER: answered, busy, no answer or declined by the called side, of all calls that were not redirected.',
      ...{ type: 'timeseries', unit: 'percentunit', size: [8, 8] },
      queries: [
        {
          expr: `${calls('', 'status=~"2..|480|486|600|603"')} / ${calls('', 'status!~"3..|401|402|407|none"')}`,
          legend: 'SEER',
        },
      ],
    },
    {
      title: 'Post-dial delay',
      description: 'How long callers hear nothing: from the INVITE to the first response of a backend.',
      ...{ type: 'heatmap', unit: 's', size: [8, 8] },
      queries: [
        {
          expr: `sum by (le) (rate(sip_dispatch_first_response_seconds_bucket{${T}}[$__rate_interval]))`,
          legend: '{{le}}',
        },
      ],
    },
    {
      title: 'Final response, 99th percentile',
      description: 'From the INVITE to its final response. Refusals are made at once; forwarded calls ring.',
      ...{ type: 'timeseries', unit: 's', size: [8, 8], links: [{ alert: 'SipDispatchSlowRefusals' }] },
      queries: [
        {
          expr: `histogram_quantile(0.99, sum by (le, outcome) (rate(sip_dispatch_final_response_seconds_bucket{${S}}[$__rate_interval])))`,
          legend: '{{outcome}}',
        },
      ],
    },
    {
      title: 'Attempts by backend',
      description: 'INVITEs sent to backends, by how they ended.',
      ...{ type: 'timeseries', unit: 'cps', size: [12, 8], links: [{ alert: 'SipDispatchNoBackend' }] },
      queries: [
        {
          expr: `sum by (backend, result) (rate(sip_dispatch_backend_requests_total{${S}}[$__rate_interval]))`,
          legend: '{{backend}} {{result}}',
        },
      ],
    },
    {
      title: 'Backends that take calls',
      description:
        'The part of the pods whose last calls to the backend got through, of those that tried. Red: no pod gets through. Yellow: some do not.',
      ...{ type: 'state-timeline', unit: 'percentunit', size: [12, 8] },
      colors: ['red', [0.001, 'yellow'], [1, 'green']],
      links: [{ alert: 'SipDispatchBackendDown' }, { alert: 'SipDispatchNoBackend' }],
      queries: [{ expr: `avg by (backend) (sip_dispatch_backend_up{${S}})`, legend: '{{backend}}' }],
    },
    {
      title: 'Backends taken out of use',
      description:
        'How often pods began to pass over an address of a backend, and why. unavailable: 503; probe: its health check failed.',
      ...{ type: 'timeseries', unit: 'ops', size: [12, 8], links: [{ alert: 'SipDispatchBackendDown' }] },
      queries: [
        {
          expr: `sum by (backend, reason) (rate(sip_dispatch_backend_ejections_total{${S}}[$__rate_interval])) > 0`,
          legend: '{{backend}} {{reason}}',
        },
      ],
    },
    {
      title: 'Health checks',
      description: 'OPTIONS sent to backends, by what came back. Only backends with a health check are here.',
      ...{ type: 'timeseries', unit: 'reqps', size: [12, 8], links: [{ alert: 'SipDispatchBackendDown' }] },
      queries: [
        {
          expr: `sum by (backend, result) (rate(sip_dispatch_backend_probes_total{${S}}[$__rate_interval]))`,
          legend: '{{backend}} {{result}}',
        },
      ],
    },
    {
      title: 'Look-ups of names',
      description: 'Names of backends that were asked for, by what DNS said. Calls do not wait for it.',
      ...{ type: 'timeseries', unit: 'short', size: [8, 6], links: [{ alert: 'SipDispatchNameStale' }] },
      queries: [
        {
          expr: `sum by (result) (rate(sip_dispatch_name_resolutions_total{${S}}[$__rate_interval]))`,
          legend: '{{result}}',
        },
      ],
    },
    {
      title: 'Longest use of an old answer',
      description: 'How long DNS has given no new answer about a name whose addresses are still used.',
      ...{ type: 'timeseries', unit: 's', size: [8, 6], links: [{ alert: 'SipDispatchNameStale' }] },
      queries: [
        {
          expr: `max(time() - sip_dispatch_name_stale_timestamp_seconds{${S}}) or 0 * max(sip_dispatch_names{${S}})`,
          legend: 'longest',
        },
      ],
    },
    {
      title: 'Names and their addresses',
      description:
        'Names without an address, of all names; and addresses per second that became peers, stopped being peers, or were refused.',
      ...{ type: 'timeseries', unit: 'short', size: [8, 6], links: [{ alert: 'SipDispatchNameStale' }] },
      queries: [
        { expr: `max(sip_dispatch_names{${S}})`, legend: 'names' },
        { expr: `max(sip_dispatch_names_unresolved{${S}})`, legend: 'without an address' },
        {
          expr: `sum by (change) (rate(sip_dispatch_name_peer_changes_total{${S}}[$__rate_interval]))`,
          legend: '{{change}}',
        },
        {
          expr: `sum by (reason) (rate(sip_dispatch_name_addresses_refused_total{${S}}[$__rate_interval]))`,
          legend: 'refused: {{reason}}',
        },
      ],
    },
    {
      title: 'Overload',
      description:
        'Requests that were not handled because more came than the pod could do: known callers got 503, strangers nothing. Not read: what the kernel has dropped, which is sent again.',
      ...{ type: 'timeseries', unit: 'pps', size: [24, 6], links: [{ alert: 'SipDispatchOverloaded' }] },
      queries: [
        {
          expr: `sum by (sender, instance) (rate(sip_dispatch_shed_total{${S}}[$__rate_interval]))`,
          legend: '{{sender}} {{instance}}',
        },
        {
          expr: `sum by (instance) (rate(sip_dispatch_unread_datagrams_total{${S}}[$__rate_interval]))`,
          legend: 'not read {{instance}}',
        },
      ],
    },
    {
      title: 'Refused by limits',
      description:
        'Calls that a limit of a trunk or a rule refused, by which limit. With overload it was no limit: the pod had no time.',
      ...{ type: 'timeseries', unit: 'cps', size: [12, 8], links: [{ alert: 'SipDispatchOverLimit' }] },
      queries: [
        {
          expr: `sum by (trunk, reason) (rate(sip_dispatch_over_limit_total{${T}}[$__rate_interval]))`,
          legend: '{{trunk}} {{reason}}',
        },
      ],
    },
    {
      title: 'Use of limits',
      description:
        'How near each limit is in the pod that is nearest to it: the busiest second of the last minutes, and the calls at the same time.',
      ...{ type: 'timeseries', unit: 'percentunit', size: [12, 8], links: [{ alert: 'SipDispatchOverLimit' }] },
      queries: [
        {
          expr: `max by (trunk, limit) (sip_dispatch_trunk_limit_used_ratio{${T}})`,
          legend: '{{trunk}} {{limit}}',
        },
        {
          expr: `max by (rule, limit) (sip_dispatch_rule_limit_used_ratio{${S}})`,
          legend: '{{rule}} {{limit}}',
        },
      ],
    },
    {
      title: 'Numbers called very often',
      description:
        'How often one number of a trunk was called so often within a minute that the calls may go in a circle. The log names the number.',
      ...{ type: 'timeseries', unit: 'short', size: [24, 6] },
      queries: [
        {
          expr: `sum by (trunk) (increase(sip_dispatch_number_repeated_total{${T}}[$__range]))`,
          legend: '{{trunk}}',
        },
      ],
    },
    {
      title: 'Near misses',
      description:
        'Calls that a trunk almost admitted, by what did not fit: a carrier that is configured wrongly, not a scanner.',
      ...{ type: 'timeseries', unit: 'cps', size: [12, 8], links: [{ alert: 'SipDispatchPeerLockedOut' }] },
      queries: [
        {
          expr: `sum by (trunk, reason) (rate(sip_dispatch_near_misses_total{${T}, method="INVITE"}[$__rate_interval]))`,
          legend: '{{trunk}} {{reason}}',
        },
      ],
    },
    {
      title: 'Strangers',
      description: 'Packets that got no answer, by why. Scanners are always there; nobody needs to be woken for them.',
      ...{ type: 'timeseries', unit: 'pps', size: [12, 8], links: [{ alert: 'SipDispatchSourceRewritten' }] },
      queries: [
        {
          expr: `sum by (reason, method) (rate(sip_dispatch_dropped_total{${S}}[$__rate_interval]))`,
          legend: '{{reason}} {{method}}',
        },
      ],
    },
  ],
}
