/** The targets of a call, in the order in which they are tried. */
import { parseIpAddress, sameAddress } from '../address/ip-address.ts'
import { type Backend, backendName, type UriBackend } from '../route-table/route-table.ts'
import type { InboundCall, ProxyTarget } from '../sip/port/engine.ts'
import type { BackendHealth } from './backend-health.ts'
import { backendOrder } from './backend-order.ts'
import type { CallDeps } from './call-deps.ts'
import type { PassedOver } from './call-events.ts'
import { MAX_ENDPOINT_TRIES, MAX_TARGETS } from './limits.ts'
import { nameTargets } from './name-targets.ts'
import { drawn } from './random-order.ts'
import { type FoundTargets, foundTargets, targetOrder } from './target-order.ts'

export interface CallTarget extends ProxyTarget {
  /** The backend's name again, or `address:port` of one endpoint of a Service or one address of a name. Logs name it by this. */
  readonly place: string
}

type Deps = Pick<CallDeps, 'table' | 'fraction'> & {
  readonly health: Pick<BackendHealth, 'quiet' | 'standing' | 'share'>
}

/** Whether the engine has a socket from which a target can be reached. */
export type CanReach = InboundCall['canReach']

const ANYWHERE: CanReach = () => true

export interface CallTargets {
  readonly targets: readonly CallTarget[]
  /**
   * Backends that were passed over, completely or with some of their endpoints. If a backend has two values of `result`, it
   * is listed twice.
   */
  readonly passedOver: readonly PassedOver[]
}

export const NOTHING_PASSED_OVER: readonly PassedOver[] = []

/**
 * The targets of a call: its backends by tier and weight. A Service is replaced by its ready endpoints in a random order, and
 * a name by its servers in the order of RFC 2782. A target is left out if it is paused, or if no socket of this process reaches it. Ejected targets come after all others
 * (`target-order.ts`). The other backends stay in the same order. So they share the calls by their own weights.
 */
export function callTargets(backends: readonly Backend[], deps: Deps, canReach: CanReach = ANYWHERE): CallTargets {
  let passedOver = NOTHING_PASSED_OVER
  const found = backendOrder(backends, deps.fraction).map((backend): FoundTargets<CallTarget> => {
    const there = targetsOf(backend, deps)
    const up = upOnes(there, deps.health)
    const reached = those(up, canReach)
    if (reached.length === 0 || reached.length < there.length) {
      passedOver = [...passedOver, ...missed(backend, { there, up, reached }, passedOver)]
    }
    return foundTargets(backend, reached, deps.health)
  })
  const drawEach = (backend: Backend, some: readonly CallTarget[]) =>
    'service' in backend ? drawn(some, MAX_ENDPOINT_TRIES, deps.fraction) : some.slice(0, MAX_ENDPOINT_TRIES)
  const { ordered, ejected } = targetOrder(found, drawEach, deps)
  for (const backend of ejected) passedOver = [...passedOver, { backend, result: 'ejected' }]
  return { targets: firstOfEach(ordered), passedOver }
}

/** All targets of a backend. Only those of a name are in the order in which they are tried. */
export function targetsOf(
  backend: Backend,
  { table, fraction }: Pick<Deps, 'table' | 'fraction'>,
): readonly CallTarget[] {
  if ('service' in backend) return table.readyEndpoints(backend.service)
  return 'host' in backend ? nameTargets(backend, table, fraction) : addressTargets(backend)
}

/** The targets without repeats, as many as one call may have. */
function firstOfEach(ordered: readonly CallTarget[]): readonly CallTarget[] {
  if (ordered.length < 2) return ordered
  const targets: CallTarget[] = []
  for (const target of ordered) {
    if (targets.length === MAX_TARGETS) return targets
    // A target is used only once (RFC 3261 §16.5). Several backends of the rule may lead to the same target.
    if (!hasPlace(targets, target)) targets.push(target)
  }
  return targets
}

/** The targets that are not paused. */
function upOnes(targets: readonly CallTarget[], health: Deps['health']): readonly CallTarget[] {
  return health.quiet ? targets : those(targets, (target) => health.standing(target) !== 'paused')
}

/** The targets for which `passes` is true. Usually this is so for all of them, and then no new list is made. */
function those(targets: readonly CallTarget[], passes: (target: CallTarget) => boolean): readonly CallTarget[] {
  return targets.every(passes) ? targets : targets.filter(passes)
}

interface Places {
  readonly there: readonly CallTarget[]
  readonly up: readonly CallTarget[]
  readonly reached: readonly CallTarget[]
}

/**
 * The results for a backend that was passed over, completely or with some of its endpoints. A rule may name a backend
 * twice. So results that are already in `known` are left out.
 */
function missed(backend: Backend, { there, up, reached }: Places, known: readonly PassedOver[]): PassedOver[] {
  const name = backendName(backend)
  const results: PassedOver['result'][] = []
  if (there.length === 0) results.push('host' in backend ? 'unresolved' : 'no_endpoint')
  if (up.length < there.length) results.push('paused')
  if (reached.length < up.length) results.push('no_socket')
  return results
    .filter((result) => !known.some((other) => other.backend === name && other.result === result))
    .map((result) => ({ backend: name, result }))
}

/** The targets of backends that are addresses. They are made once for all calls. */
const addressed = new WeakMap<UriBackend, readonly CallTarget[]>()

/**
 * The target of a backend that is an address. The operator writes only valid addresses. If other software wrote an invalid
 * address, the backend has no target.
 */
function addressTargets(backend: UriBackend): readonly CallTarget[] {
  const known = addressed.get(backend)
  if (known) return known
  const { uri, port, transport, uriParameters } = backend
  const address = parseIpAddress(backend.address)
  const targets = address ? [{ id: uri, place: uri, address, port, transport, uriParameters }] : []
  addressed.set(backend, targets)
  return targets
}

function hasPlace(targets: readonly CallTarget[], target: CallTarget): boolean {
  for (const other of targets) if (samePlace(other, target)) return true
  return false
}

function samePlace(a: CallTarget, b: CallTarget): boolean {
  const sameSocket = a.port === b.port && a.transport === b.transport && sameAddress(a.address, b.address)
  return sameSocket && a.uriParameters === b.uriParameters
}
