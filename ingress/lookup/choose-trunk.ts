import { olderFirst } from '../route-table/age-order.ts'
import type { NumberPolicy, TrunkEntry } from '../route-table/route-table.ts'
import type { UserFault } from '../route-table/user-reading.ts'
import type { CallFacts } from './call-facts.ts'
import { placeOnPath, recordedPath } from './judged-source.ts'
import type { LiveTable } from './live-table.ts'
import { type Admission, admittedBy, type PeerFacts } from './peer-index.ts'
import { type CanonicalUser, NOBODY, toCanonical } from './phone-number.ts'

/**
 * The trunk to which a call belongs, or the reason why it belongs to no trunk. Numbers have the form that the trunk's
 * policy gives them.
 */
export type TrunkVerdict =
  | {
      readonly type: 'admitted'
      readonly trunk: TrunkEntry
      readonly called: string
      readonly calling: string
      /** Why the calling number cannot be read. Undefined if it can be read. */
      readonly callingFault: UserFault | undefined
    }
  /**
   * The packet is admitted, and the called number cannot be read. So it is unknown which trunk owns the number and which
   * rules match it.
   */
  | { readonly type: 'unreadable'; readonly trunk: TrunkEntry; readonly called: string; readonly fault: UserFault }
  /**
   * The packet is admitted, and no trunk owns the called number. `trunk` comes first among the trunks that admit the
   * packet.
   */
  | { readonly type: 'not_owned'; readonly trunk: TrunkEntry; readonly called: string }
  /** The sender is a peer that no trunk admits: a backend, or a trusted proxy that recorded a stranger as the source. */
  | { readonly type: 'known' }
  | { readonly type: 'stranger'; readonly nearMisses: readonly NearMiss[] }

/** The trunk to which the call belongs. Undefined if no trunk admits the call. */
export function trunkOf(verdict: TrunkVerdict): TrunkEntry | undefined {
  switch (verdict.type) {
    case 'admitted':
    case 'unreadable':
    case 'not_owned':
      return verdict.trunk
    case 'known':
    case 'stranger':
      return undefined
  }
}

/** A trunk that almost admitted a stranger. */
export interface NearMiss {
  readonly trunk: TrunkEntry
  readonly reason: 'transport' | 'called'
}

const NO_MISSES: TrunkVerdict = { type: 'stranger', nearMisses: [] }
const KNOWN: TrunkVerdict = { type: 'known' }

/**
 * Chooses the trunk of a new call among the trunks that admit the packet and own the called number. The oldest of them
 * decides the namespace. In this namespace, the most specific trunk is chosen. A trunk with a `called` list comes before a
 * trunk without one. Then the longer source prefix comes first, then the older trunk.
 */
export function chooseTrunk(table: LiveTable, call: CallFacts): TrunkVerdict {
  const peer = table.peer(call.peer.address)
  if (!peer.known) return NO_MISSES
  const admitted = admissions(table, peer, call)
  if (admitted.length === 0) return refusal(peer)
  const called = new CalledNumber(call)
  const owning = owners(admitted, called)
  const first = firstOf(owning.length > 0 ? owning : admitted)
  if (first === undefined) return refusal(peer)
  const { entry } = first.trunk
  const { number, fault } = called.by(entry.numbers)
  if (fault !== undefined) return { type: 'unreadable', trunk: entry, called: number, fault }
  if (owning.length === 0) return { type: 'not_owned', trunk: entry, called: number }
  const calling = callingNumber(call, entry.numbers)
  return { type: 'admitted', trunk: entry, called: number, calling: calling.number, callingFault: calling.fault }
}

/**
 * The verdict if no trunk admits the packet. Trusted proxies and backends are still peers. For any other sender, a trunk is
 * a near miss if it has the source and lacks the transport.
 */
function refusal(peer: PeerFacts): TrunkVerdict {
  if (peer.isBackend || peer.proxyOf.size > 0) return KNOWN
  return {
    type: 'stranger',
    nearMisses: Array.from(peer.sourceOf.keys(), ({ entry }) => ({ trunk: entry, reason: 'transport' })),
  }
}

/**
 * The trunks that admit the packet. If the packet's source is a trusted proxy of a trunk, this trunk judges the address
 * that the proxy recorded. If the proxy recorded no address, the trunk judges the proxy's own address.
 */
function admissions(table: LiveTable, peer: PeerFacts, call: CallFacts): readonly Admission[] {
  const { transport } = call.peer
  if (peer.proxyOf.size === 0) return admittedBy(peer, transport)
  const admitted = [...admittedBy(peer, transport)]
  const path = recordedPath(table, peer, call)
  for (const trunk of peer.proxyOf.keys()) {
    if (!trunk.entry.transports.includes(transport)) continue
    const prefixLength = path[placeOnPath(path, trunk)]?.facts?.sourceOf.get(trunk)
    if (prefixLength !== undefined) admitted.push({ trunk, prefixLength })
  }
  return admitted
}

/** The trunks that own the called number. If all of them do, as for most calls, no new list is made. */
function owners(admitted: readonly Admission[], called: CalledNumber): readonly Admission[] {
  for (let i = 0; i < admitted.length; i++) {
    const one = admitted[i]
    if (one !== undefined && !called.isOf(one)) return admitted.filter((other) => called.isOf(other))
  }
  return admitted
}

/**
 * The trunk that comes first. The oldest trunk decides the namespace. If the most specific trunk decided it, a trunk in
 * another namespace could take over the calls of a carrier.
 */
function firstOf(admitted: readonly Admission[]): Admission | undefined {
  const [some] = admitted
  if (some === undefined || admitted.length === 1) return some
  let oldest = some
  for (const other of admitted) if (olderFirst(other.trunk.entry, oldest.trunk.entry) < 0) oldest = other
  let first = oldest
  for (const other of admitted) {
    if (other.trunk.entry.namespace === oldest.trunk.entry.namespace && compareSpecific(other, first) < 0) first = other
  }
  return first
}

/** Negative if `a` is more specific than `b`, or if both are equally specific and `a` is older. */
function compareSpecific(a: Admission, b: Admission): number {
  return ownsSome(b) - ownsSome(a) || b.prefixLength - a.prefixLength || olderFirst(a.trunk.entry, b.trunk.entry)
}

function ownsSome({ trunk }: Admission): number {
  return trunk.owns === undefined ? 0 : 1
}

/**
 * The called number of a call. It is computed again only if the policy of a trunk differs from the policy that was used before.
 */
class CalledNumber {
  readonly #call: CallFacts
  #policy: NumberPolicy | undefined = undefined
  #user: CanonicalUser = NOBODY

  constructor(call: CallFacts) {
    this.#call = call
  }

  by(policy: NumberPolicy): CanonicalUser {
    if (this.#policy === undefined || !isSamePolicy(policy, this.#policy)) {
      const call = this.#call
      this.#user = toCanonical(policy.calledFrom === 'To' ? call.toUser : call.requestUri.user, policy)
      this.#policy = policy
    }
    return this.#user
  }

  /** Whether the trunk owns the number. */
  isOf({ trunk }: Admission): boolean {
    return trunk.owns === undefined || trunk.owns(this.by(trunk.entry.numbers).number)
  }
}

/** Whether the policies read a called number in the same way. */
function isSamePolicy(a: NumberPolicy, b: NumberPolicy): boolean {
  if (a === b) return true
  return a.calledFrom === b.calledFrom && a.defaultRegion === b.defaultRegion && a.unreadable === b.unreadable
}

/**
 * The calling number. If the policy wants the asserted identity, From is never used in its place, because anyone can write
 * any From.
 */
function callingNumber(call: CallFacts, policy: NumberPolicy): CanonicalUser {
  return toCanonical(policy.callingFrom === 'PAI' ? call.assertedUser : call.fromUser, policy)
}
