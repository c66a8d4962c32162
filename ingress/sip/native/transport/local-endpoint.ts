import { isLoopback } from '../../../address/address-kind.ts'
import { type IpAddress, isUnspecified } from '../../../address/ip-address.ts'
import { MAX_PORT } from '../../../address/port.ts'
import type { LocalEndpoint } from './transport.ts'

/**
 * Chooses the endpoint to send from. Its family must be the family of the destination. If several endpoints fit, the one that
 * most likely has a route to the destination is chosen. Undefined if no endpoint fits.
 */
export function chooseLocal<T extends { readonly endpoint: LocalEndpoint }>(
  listeners: readonly T[],
  to: IpAddress,
): T | undefined {
  let best: T | undefined
  let bestFitness = 0
  for (let at = 0; at < listeners.length; at++) {
    const listener = listeners[at]
    if (listener === undefined) continue
    const fitness = fitnessFor(listener.endpoint.address, to)
    if (fitness > bestFitness) {
      best = listener
      bestFitness = fitness
    }
  }
  return best
}

/**
 * Whether a packet can be sent to this port number. The source port of a forged datagram may be 0, and then no answer can be
 * sent.
 */
export function isPort(port: number): boolean {
  return port > 0 && port <= MAX_PORT
}

/**
 * How likely packets from one address reach another. 0: the families differ. 1: one of the two is a loopback address, so a
 * route is unlikely. 2: `from` is `0.0.0.0` or `::`, from which every address can be reached. 3: both are loopback addresses,
 * or neither is.
 */
function fitnessFor(from: IpAddress, to: IpAddress): number {
  if (from.family !== to.family) return 0
  if (isUnspecified(from)) return 2
  return isLoopback(from) === isLoopback(to) ? 3 : 1
}
