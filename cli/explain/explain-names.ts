/** What `explain` reports about the names of backends. */
import { hostText } from '../../ingress/address/ip-address.ts'
import type { Location } from '../../ingress/resolve/locate-servers.ts'
import type { LocatedServer } from '../../ingress/resolve/located-server.ts'
import type { NamedPlace, RuleEntry } from '../../ingress/route-table/route-table.ts'
import { MAX_LISTED_SERVERS } from '../limits.ts'

/** What DNS says about a name. */
export interface NameShare {
  /** `address:port`, transport, and the SRV record that led there. Those with the lowest priority number come first. */
  readonly servers: readonly string[]
  /** Servers and addresses beyond the limit of this list. */
  readonly leftOut: number
  /** Seconds for which a pod would keep the answer. Absent if there is no answer. */
  readonly ttlSeconds?: number
  /** Why there is no answer. Absent if there is one. */
  readonly fault?: string
}

/** The names of a rule's backends. */
export function namesOf({ action }: RuleEntry): NamedPlace[] {
  return action.type === 'Route' ? action.backends.filter((backend) => 'host' in backend) : []
}

export function nameShare(location: Location): NameShare {
  switch (location.type) {
    case 'found':
      return foundShare(location)
    case 'denied':
    case 'failed':
      return { servers: [], leftOut: 0, fault: `${location.fault}: ${location.detail}` }
  }
}

function foundShare({ servers: located, leftOut, ttlSeconds }: Extract<Location, { type: 'found' }>): NameShare {
  const servers = located.toSorted((a, b) => a.priority - b.priority).flatMap(serverTexts)
  return {
    servers: servers.slice(0, MAX_LISTED_SERVERS),
    leftOut: Math.max(0, servers.length - MAX_LISTED_SERVERS) + leftOut,
    ttlSeconds,
  }
}

function serverTexts({ target, priority, weight, port, transport, addresses }: LocatedServer): string[] {
  const way = transport === undefined ? 'UDP, or TCP if large' : transport
  return addresses.map(
    (address) => `${hostText(address)}:${port} by ${way} (${target}, priority ${priority}, weight ${weight})`,
  )
}
