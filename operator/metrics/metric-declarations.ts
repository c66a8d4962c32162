/**
 * All metrics of the operator. Each has a name, a type, labels and a meaning; values are in base units. If controller-runtime
 * or client-go has a metric for the same fact, its name is used here, so that existing dashboards and alerts work.
 * docs/operator-metrics.md is generated from this file.
 */

/**
 * Upper bounds of the histogram buckets for the time that a piece of work takes, in seconds. The shortest work is a status
 * write inside the cluster. The longest is a status write that must wait for the rate limit.
 */
const WORK_BUCKETS = [1e-3, 2.5e-3, 5e-3, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60]

/**
 * Upper bounds of the histogram buckets for the time from a change of an object until nearly all pods run the change, in
 * seconds. The goal is one second.
 */
const PROPAGATION_BUCKETS = [0.05, 0.1, 0.2, 0.3, 0.5, 0.75, 1, 1.5, 2, 3, 5, 10, 30, 60, 300]

/** What docs/operator-metrics.md says about each label. */
export const LABELS = {
  name: 'Name of the work queue, or of the Lease.',
  controller: 'What works on the queue; the same as its name.',
  result: 'How it ended. The values are listed with the metric.',
  code: 'HTTP status, or `<error>` where the API server did not answer; of a publication, the code of its error.',
  method: 'HTTP method.',
  host: 'Host and port of the API server.',
  kind: '`SipTrunk` or `DispatchRule`.',
  condition:
    'Type of the condition: `Ready`, `Accepted`, `ResolvedRefs`, `Programmed`, `Conflicted`, `Shadowed` or `BackendsHealthy`.',
  status: '`True` or `False`.',
  reason: 'Reason of the condition, or why a watch was opened anew.',
  resource: 'The collection that is watched: plural and group.',
  version: 'Version of sip-dispatch.',
  installation: 'What `--installation` says, the same for operator and ingress of one release; empty without it.',
} as const

export type LabelName = keyof typeof LABELS

export interface OperatorMetricDeclaration {
  readonly name: string
  readonly type: 'counter' | 'gauge' | 'histogram'
  readonly labels: readonly LabelName[]
  readonly help: string
  /** The upper bounds in seconds, in ascending order, without +Inf. Only histograms have bounds. */
  readonly buckets?: readonly number[]
}

const QUEUE = ['name', 'controller'] as const

const QUEUE_METRICS = {
  queueDepth: {
    name: 'workqueue_depth',
    type: 'gauge',
    labels: QUEUE,
    help: 'Keys that are ready to be worked on.',
  },
  queueAdds: {
    name: 'workqueue_adds_total',
    type: 'counter',
    labels: QUEUE,
    help: 'Keys added; one that waits already is not added again.',
  },
  queueDuration: {
    name: 'workqueue_queue_duration_seconds',
    type: 'histogram',
    labels: QUEUE,
    help: 'Time from the addition of a key to the start of the work on it.',
    buckets: WORK_BUCKETS,
  },
  workDuration: {
    name: 'workqueue_work_duration_seconds',
    type: 'histogram',
    labels: QUEUE,
    help: 'Time that the work on a key took.',
    buckets: WORK_BUCKETS,
  },
  unfinishedWork: {
    name: 'workqueue_unfinished_work_seconds',
    type: 'gauge',
    labels: QUEUE,
    help: 'Time that all work in progress has taken so far.',
  },
  longestWork: {
    name: 'workqueue_longest_running_processor_seconds',
    type: 'gauge',
    labels: QUEUE,
    help: 'Time that the longest work in progress has taken so far.',
  },
  queueRetries: {
    name: 'workqueue_retries_total',
    type: 'counter',
    labels: QUEUE,
    help: 'Keys that came back after a failure.',
  },
} as const satisfies Readonly<Record<string, OperatorMetricDeclaration>>

const CONTROLLER_METRICS = {
  reconciles: {
    name: 'controller_runtime_reconcile_total',
    type: 'counter',
    labels: ['controller', 'result'],
    help: 'Pieces of work; result is `success`, `error`, `terminal` or `requeue_after`.',
  },
  reconcileErrors: {
    name: 'controller_runtime_reconcile_errors_total',
    type: 'counter',
    labels: ['controller'],
    help: 'Pieces of work that failed.',
  },
  terminalErrors: {
    name: 'controller_runtime_terminal_reconcile_errors_total',
    type: 'counter',
    labels: ['controller'],
    help: 'Pieces of work that failed and are not repeated.',
  },
  reconcileTime: {
    name: 'controller_runtime_reconcile_time_seconds',
    type: 'histogram',
    labels: ['controller'],
    help: 'Time that a piece of work took.',
    buckets: WORK_BUCKETS,
  },
  activeWorkers: {
    name: 'controller_runtime_active_workers',
    type: 'gauge',
    labels: ['controller'],
    help: 'Keys that are being worked on.',
  },
  leader: {
    name: 'leader_election_master_status',
    type: 'gauge',
    labels: ['name'],
    help: '1 for the operator that leads, 0 for a standby.',
  },
  requests: {
    name: 'rest_client_requests_total',
    type: 'counter',
    labels: ['code', 'method', 'host'],
    help: 'Requests to the API server.',
  },
  requestDuration: {
    name: 'rest_client_request_duration_seconds',
    type: 'histogram',
    labels: ['method', 'host'],
    help: 'Time from a request to the head of its answer.',
    buckets: WORK_BUCKETS,
  },
} as const satisfies Readonly<Record<string, OperatorMetricDeclaration>>

const WATCH_METRICS = {
  relistDrift: {
    name: 'informer_relist_drift_total',
    type: 'counter',
    labels: ['resource'],
    help: 'Objects of a full list that differ from what the watch had reported. Always 0, unless events were lost.',
  },
  watchRestarts: {
    name: 'sip_dispatch_operator_watch_restarts_total',
    type: 'counter',
    labels: ['resource', 'reason'],
    help: 'Watches that were opened again, by reason. Those that `ended` after their time are not a fault.',
  },
  watchEvents: {
    name: 'sip_dispatch_operator_watch_events_total',
    type: 'counter',
    labels: ['resource'],
    help: 'Events that watches have brought, without bookmarks.',
  },
  watchContact: {
    name: 'sip_dispatch_operator_watch_last_contact_seconds',
    type: 'gauge',
    labels: ['resource'],
    help: 'Time since data last arrived from the API server. A working watch receives some every minute. Absent before the first time.',
  },
} as const satisfies Readonly<Record<string, OperatorMetricDeclaration>>

const OPERATOR_METRICS = {
  publishedVersion: {
    name: 'sip_dispatch_operator_published_version',
    type: 'gauge',
    labels: [],
    help: 'Version of the rule table that this operator has published; 0 before the first one.',
  },
  publishHeld: {
    name: 'sip_dispatch_operator_publish_held',
    type: 'gauge',
    labels: [],
    help: '1 while a change is held because it removes most of the table.',
  },
  publishFailures: {
    name: 'sip_dispatch_operator_publish_failures_total',
    type: 'counter',
    labels: ['code'],
    help: 'Attempts to publish that the rules cache did not take; code says why.',
  },
  propagation: {
    name: 'sip_dispatch_operator_propagation_seconds',
    type: 'histogram',
    labels: [],
    help: 'Time from a change of an object to 99 % of the ingress pods running it.',
    buckets: PROPAGATION_BUCKETS,
  },
  resources: {
    name: 'sip_dispatch_operator_resources',
    type: 'gauge',
    labels: ['kind', 'condition', 'status', 'reason'],
    help: 'Objects by their conditions.',
  },
  statusWrites: {
    name: 'sip_dispatch_operator_status_writes_total',
    type: 'counter',
    labels: ['result'],
    help: 'Writes of statuses; result is `written` or `failed`.',
  },
  statusOverwrites: {
    name: 'sip_dispatch_operator_status_overwrites_total',
    type: 'counter',
    labels: [],
    help: 'Statuses that somebody else has overwritten, and that are put right.',
  },
  overlap: {
    name: 'sip_dispatch_operator_installation_overlap',
    type: 'gauge',
    labels: [],
    help: '1 while another installation watches the same namespaces, as far as statuses show.',
  },
  eventWrites: {
    name: 'sip_dispatch_operator_event_writes_total',
    type: 'counter',
    labels: ['result'],
    help: 'Events; result is `created`, `counted` (a repeat), `suppressed` (too many of one object) or `failed`.',
  },
  crdOutdated: {
    name: 'sip_dispatch_operator_crd_outdated',
    type: 'gauge',
    labels: ['kind'],
    help: '1 while the CustomResourceDefinition of the kind is older than this operator: it lacks fields, or drops those that it does not know.',
  },
  loopDelay: {
    name: 'sip_dispatch_operator_event_loop_delay_seconds',
    type: 'gauge',
    labels: [],
    help: 'Longest time since the last scrape for which the process could do nothing else.',
  },
  buildInfo: {
    name: 'sip_dispatch_operator_build_info',
    type: 'gauge',
    labels: ['version', 'installation'],
    help: 'What is running, and which installation it belongs to. Always 1.',
  },
} as const satisfies Readonly<Record<string, OperatorMetricDeclaration>>

export const METRICS = { ...OPERATOR_METRICS, ...WATCH_METRICS, ...CONTROLLER_METRICS, ...QUEUE_METRICS }
