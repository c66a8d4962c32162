import { parseBackendUri } from '../../crds/schema/backend-uri.ts'
import type { DispatchRule } from '../../crds/schema/dispatch-rule.ts'
import { durationMilliseconds } from '../../crds/schema/duration.ts'
import type { HealthCheckSpec } from '../../crds/schema/health-check.ts'
import type { RouteSpec } from '../../crds/schema/route.ts'
import { parseIpAddress } from '../../ingress/address/ip-address.ts'
import type {
  Action,
  Backend,
  BackendProbe,
  NameBackend,
  RouteAction,
  RuleEntry,
  UriBackend,
} from '../../ingress/route-table/route-table.ts'
import { callLimit } from './call-limit.ts'
import { COMPILER_ROWS } from './match-condition.ts'
import { createdAt, objectKey } from './object-name.ts'
import { serviceEntryName } from './service-resolution.ts'
import { networkText } from './source-network.ts'
import { statusLine } from './trunk-entry.ts'
import { unreadField } from './unread-field.ts'

/**
 * Makes the compiled form of a rule. `trunks` are the trunks that the rule serves, as `namespace/name`. An empty list stands
 * for every trunk of the rule's namespace.
 */
export function ruleEntry(rule: DispatchRule, trunks: readonly string[]): RuleEntry {
  const { spec, metadata } = rule
  return {
    kind: 'rule',
    name: objectKey(metadata),
    namespace: metadata.namespace,
    createdAt: createdAt(metadata),
    priority: spec.priority,
    trunks,
    called: COMPILER_ROWS.called.compile(spec.match),
    calling: COMPILER_ROWS.calling.compile(spec.match),
    headers: COMPILER_ROWS.headers.compile(spec.match),
    schedule: COMPILER_ROWS.schedule.compile(spec.match),
    action: actionOf(spec.action, metadata.namespace),
    ...(spec.limits === undefined ? {} : { limits: callLimit(spec.limits) }),
  }
}

function actionOf(
  { type, route, redirect, reject, ...rest }: DispatchRule['spec']['action'],
  namespace: string,
): Action {
  if (route) return routeAction(route, namespace)
  if (reject) return { type: 'Reject', ...statusLine(reject) }
  if (redirect) {
    const contacts = redirect.contacts.map(({ uri, q }) => (q === undefined ? { uri } : { uri, q }))
    return { type: 'Redirect', contacts }
  }
  throw unreadField(`an action of type ${type}`, rest)
}

function routeAction(spec: RouteSpec, namespace: string): RouteAction {
  return {
    type: 'Route',
    backends: spec.backends.map((backend) => ({
      ...backendOf(backend, namespace),
      ...probeOf(backend.healthCheck ?? spec.healthCheck),
    })),
    contactNetworks: spec.contactNetworks.map(networkText),
    ...(spec.requestUser === undefined ? {} : { requestUser: spec.requestUser }),
    setHeaders: spec.headers.set,
    removeHeaders: spec.headers.remove,
    backendTimeout: durationMilliseconds(spec.timeouts.backend),
    ringingTimeout: durationMilliseconds(spec.timeouts.ringing),
    failoverOn: spec.failoverOn,
    failover: spec.failover,
    ...(spec.ejectOn === undefined ? {} : { ejectOn: spec.ejectOn }),
  }
}

/** Makes the compiled form of a health check. Absent if the backend is not probed. */
function probeOf(spec: HealthCheckSpec | undefined): { readonly probe?: BackendProbe } {
  if (spec?.options === undefined) return {}
  const { interval, timeout, failures, successes, statuses, user } = spec.options
  return {
    probe: {
      intervalMs: durationMilliseconds(interval),
      timeoutMs: durationMilliseconds(timeout),
      failures,
      successes,
      statuses,
      ...(user === undefined ? {} : { user }),
    },
  }
}

type BackendSpec = RouteSpec['backends'][number]

/** Makes the compiled form of a backend. The schema has ensured that exactly one of `uri` and `service` is set. */
function backendOf(spec: BackendSpec, namespace: string): Backend {
  const { uri, service, weight, tier, healthCheck: _probed, ...rest } = spec
  if (service) return { service: serviceEntryName(namespace, service), weight, tier }
  if (uri !== undefined) return uriBackend(uri, spec)
  throw unreadField('a backend', rest)
}

function uriBackend(uri: string, { weight, tier }: BackendSpec): UriBackend | NameBackend {
  const parts = parseBackendUri(uri)
  if (!parts) throw unreadable(uri)
  const { port, transport, parameters } = parts
  const rest = { uriParameters: parameters, weight, tier, ...(transport && { transport }) }
  if ('name' in parts) return { uri, host: parts.name, ...(port !== undefined && { port }), ...rest }
  const address = parseIpAddress(parts.address)
  if (!address) throw unreadable(uri)
  return { uri, address: address.text, port: parts.port, ...rest }
}

function unreadable(uri: string): TypeError {
  return new TypeError(`${uri} cannot be called: read the rule by its schema first`)
}
