/** Looks up the names of backends once, for the commands that make no call. */
import type { Nameserver } from '../ingress/resolve/dns-exchange.ts'
import { createGate } from '../ingress/resolve/gate.ts'
import { MAX_LOOKUPS_AT_ONCE } from '../ingress/resolve/limits.ts'
import type { Location } from '../ingress/resolve/locate-servers.ts'
import { createSystemResolver } from '../ingress/resolve/system-resolver.ts'
import { type NamedPlace, placeText } from '../ingress/route-table/route-table.ts'
import { NAME_LOOK_UP_MS } from './limits.ts'

/** The results by the text of the place. */
export type LookedUpNames = ReadonlyMap<string, Location>

/** Looks up names at the nameservers, or at those of this machine if there are none. Never rejects, and ends in bounded time. */
export async function lookUpNames(
  places: Iterable<NamedPlace>,
  servers: readonly Nameserver[],
): Promise<LookedUpNames> {
  const byText = new Map(Array.from(places, (place) => [placeText(place), place]))
  // This machine is not the pod, so its own addresses say nothing. Loopback addresses are refused as they are in a pod.
  const locate = createSystemResolver(servers, () => ({ own: [], allowed: [] }))
  const gate = createGate(MAX_LOOKUPS_AT_ONCE)
  const signal = AbortSignal.timeout(NAME_LOOK_UP_MS)
  const found = Array.from(byText, async ([text, place]) => [text, await gate(() => locate(place, signal))] as const)
  return new Map(await Promise.all(found))
}
