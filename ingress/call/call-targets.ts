/** Where a call goes, in the order in which it is tried. */
import { parseIpAddress, sameAddress } from '../address/ip-address.ts'
import { type Backend, backendName, type UriBackend } from '../route-table/route-table.ts'
import type { InboundCall, ProxyTarget } from '../sip/port/engine.ts'
import { backendOrder } from './backend-order.ts'
import type { CallDeps } from './call-deps.ts'
import type { PassedOver } from './call-events.ts'
import { MAX_ENDPOINT_TRIES, MAX_TARGETS } from './limits.ts'

export interface CallTarget extends ProxyTarget {
  /** Whose health is at stake: the backend itself, or one endpoint of a Service. */
  readonly place: string
}

type Deps = Pick<CallDeps, 'table' | 'health' | 'fraction'>

/** Which targets the engine has a socket for. */
export type CanReach = InboundCall['canReach']

const ANYWHERE: CanReach = () => true

export interface CallTargets {
  readonly targets: readonly CallTarget[]
  /** Whose turn it would have been, or that of some of its endpoints; each backend once for each result. */
  readonly passedOver: readonly PassedOver[]
}

export const NOTHING_PASSED_OVER: readonly PassedOver[] = []

/**
 * The targets of a call: backends by tier and weight, a Service as its ready endpoints in a random order. Who asked to
 * be left alone is left out, and so is whom no socket of this process reaches: what is left shares the calls by its weights,
 * because who is left out of a draw without putting back changes nothing in the order of the others.
 */
export function callTargets(backends: readonly Backend[], deps: Deps, canReach: CanReach = ANYWHERE): CallTargets {
  const targets: CallTarget[] = []
  let passedOver = NOTHING_PASSED_OVER
  for (const backend of backendOrder(backends, deps.fraction)) {
    const there = 'uri' in backend ? addressTargets(backend) : deps.table.readyEndpoints(backend.service)
    const up = there.filter(({ place }) => deps.health.isUp(place))
    const reached = up.filter(canReach)
    if (reached.length === 0 || reached.length < there.length) {
      passedOver = [...passedOver, ...missed(backend, { there, up, reached }, passedOver)]
    }
    const found = 'uri' in backend ? reached : drawEndpoints(reached, deps.fraction)
    for (const target of found) {
      if (targets.length === MAX_TARGETS) return { targets, passedOver }
      // RFC 3261 §16.5: a target is used once, though a rule may reach it in several ways.
      if (!targets.some((other) => samePlace(other, target))) targets.push(target)
    }
  }
  return { targets, passedOver }
}

interface Places {
  readonly there: readonly CallTarget[]
  readonly up: readonly CallTarget[]
  readonly reached: readonly CallTarget[]
}

/** Why places of a backend are left out, as far as it is not known already: a rule may name a backend twice. */
function missed(backend: Backend, { there, up, reached }: Places, known: readonly PassedOver[]): PassedOver[] {
  const name = backendName(backend)
  const results: PassedOver['result'][] = []
  if (there.length === 0) results.push('no_endpoint')
  if (up.length < there.length) results.push('paused')
  if (reached.length < up.length) results.push('no_socket')
  return results
    .filter((result) => !known.some((other) => other.backend === name && other.result === result))
    .map((result) => ({ backend: name, result }))
}

/** The compiler writes addresses only; an entry of a foreign hand that holds none is a backend that is not there. */
function addressTargets(backend: UriBackend): CallTarget[] {
  const { uri, port, transport, uriParameters } = backend
  const address = parseIpAddress(backend.address)
  return address ? [{ id: uri, place: uri, address, port, transport, uriParameters }] : []
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
