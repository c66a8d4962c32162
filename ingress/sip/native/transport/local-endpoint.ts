import { isLoopback } from '../../../address/address-kind.ts'
import { type IpAddress, isUnspecified } from '../../../address/ip-address.ts'
import { MAX_PORT } from '../../../address/port.ts'
import type { LocalEndpoint } from './transport.ts'

/**
 * The endpoint to send from. It has the destination's family. If several have it, the endpoint that most likely has a route to
 * the destination is chosen. Undefined if no endpoint has the family.
 */
export function chooseLocal<T extends { readonly endpoint: LocalEndpoint }>(
  listeners: readonly T[],
  to: IpAddress,
): T | undefined {
  let best: T | undefined
  let bestFitness = 0
  for (const listener of listeners) {
    const fitness = fitnessFor(listener.endpoint.address, to)
    if (fitness > bestFitness) {
      best = listener
      bestFitness = fitness
    }
  }
  return best
}

/** Whether a packet can be sent to this port number. A datagram's source port may be forged to 0. */
export function isPort(port: number): boolean {
  return port > 0 && port <= MAX_PORT
}

/**
 * How well packets from one address can reach another. 0: they cannot. Loopback addresses and other addresses do not reach each
 * other. A wildcard address reaches both.
 */
function fitnessFor(from: IpAddress, to: IpAddress): number {
  if (from.family !== to.family) return 0
  if (isUnspecified(from)) return 2
  return isLoopback(from) === isLoopback(to) ? 3 : 1
}
