/** Where a call goes, in the order in which it is tried. */
import { parseIpAddress, sameAddress } from '../address/ip-address.ts'
import { type Backend, backendName, type UriBackend } from '../route-table/route-table.ts'
import type { InboundCall, ProxyTarget } from '../sip/engine.ts'
import { backendOrder } from './backend-order.ts'
import type { CallDeps } from './call-deps.ts'
import { MAX_ENDPOINT_TRIES, MAX_TARGETS } from './limits.ts'

export interface CallTarget extends ProxyTarget {
  /** Whose health is at stake: the backend itself, or one endpoint of a Service. */
  readonly place: string
}

type Deps = Pick<CallDeps, 'table' | 'health' | 'fraction'>

/** Which targets the engine has a socket for. */
export type CanReach = InboundCall['canReach']

const ANYWHERE: CanReach = () => true

/**
 * The targets of a call: backends by tier and weight, a Service as its ready endpoints in a random order. Who asked to
 * be left alone is left out, and so is whom no socket of this process reaches: what is left shares the calls by its weights,
 * because who is left out of a draw without putting back changes nothing in the order of the others.
 */
export function callTargets(backends: readonly Backend[], deps: Deps, canReach: CanReach = ANYWHERE): CallTarget[] {
  const targets: CallTarget[] = []
  for (const backend of backendOrder(backends, deps.fraction)) {
    const up = upTargets(backend, deps).filter(canReach)
    const found = 'uri' in backend ? up : drawEndpoints(up, deps.fraction)
    for (const target of found) {
      if (targets.length === MAX_TARGETS) return targets
      // RFC 3261 §16.5: a target is used once, though a rule may reach it in several ways.
      if (!targets.some((other) => samePlace(other, target))) targets.push(target)
    }
  }
  return targets
}

/** The backends that are up and that no socket of this process reaches, by name: why a call has no target. */
export function unreachableBackends(backends: readonly Backend[], deps: Deps, canReach: CanReach): string[] {
  const names = backends
    .filter(({ weight }) => weight > 0)
    .filter((backend) => {
      const up = upTargets(backend, deps)
      return up.length > 0 && !up.some(canReach)
    })
    .map(backendName)
  return [...new Set(names)]
}

function upTargets(backend: Backend, deps: Deps): CallTarget[] {
  if ('uri' in backend) return addressTargets(backend, deps)
  return deps.table.readyEndpoints(backend.service).filter(({ place }) => deps.health.isUp(place))
}

/** The compiler writes addresses only; an entry of a foreign hand that holds none is a backend that is not there. */
function addressTargets(backend: UriBackend, { health }: Deps): CallTarget[] {
  const { uri, port, transport, uriParameters } = backend
  const address = parseIpAddress(backend.address)
  return address && health.isUp(uri) ? [{ id: uri, place: uri, address, port, transport, uriParameters }] : []
}

/** Each endpoint is as likely as any other to be the first, and to be the next when one fails. */
function drawEndpoints(up: CallTarget[], fraction: () => number): CallTarget[] {
  const tries = Math.min(up.length, MAX_ENDPOINT_TRIES)
  for (let i = 0; i < tries && i < up.length - 1; i++) swap(up, i, i + Math.floor(fraction() * (up.length - i)))
  up.length = tries
  return up
}

function swap(list: CallTarget[], i: number, j: number): void {
  const [a, b] = [list[i], list[j]]
  if (a === undefined || b === undefined) return
  list[i] = b
  list[j] = a
}

function samePlace(a: CallTarget, b: CallTarget): boolean {
  const sameSocket = a.port === b.port && a.transport === b.transport && sameAddress(a.address, b.address)
  return sameSocket && a.uriParameters === b.uriParameters
}
