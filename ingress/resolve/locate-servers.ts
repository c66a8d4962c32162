/** Locates the servers of a SIP URI whose host is a name (RFC 3263 §4). */
import { parseIpAddress } from '../address/ip-address.ts'
import { SIP_PORT } from '../address/port.ts'
import type { TransportName } from '../address/transport-name.ts'
import type { NamedPlace } from '../route-table/route-table.ts'
import { type AddressFault, type AddressRule, addressFault } from './address-rule.ts'
import { type Ask, type Denial, type Failure, isAskable, type RecordOf } from './dns-client.ts'
import { MAX_ADDRESSES, MAX_SERVERS } from './limits.ts'
import type { LocatedServer } from './located-server.ts'

export type Location = Found | Denial | Failure

export interface Found {
  readonly type: 'found'
  /** At least one. */
  readonly servers: readonly LocatedServer[]
  readonly ttlSeconds: number
  /** Addresses that are not used, because a name must not have them. */
  readonly refused: readonly RefusedAddress[]
  /** How many records were beyond the limits. */
  readonly leftOut: number
}

export interface RefusedAddress {
  readonly address: string
  readonly fault: AddressFault
}

export interface Locating {
  readonly ask: Ask
  readonly rule: AddressRule
  /** The names to try, in this order. */
  readonly candidates: readonly string[]
}

/** Locates the servers of a place under the first of its candidate names that has some. Never rejects. */
export async function locateServers(place: NamedPlace, { ask, rule, candidates }: Locating): Promise<Location> {
  let last: Location = NOT_THERE
  for (const [at, name] of candidates.entries()) {
    const isLast = at === candidates.length - 1
    last = await locate(name, place, { ask, rule, trusting: !isLast })
    // A server that fails says nothing about the name, and with another candidate the calls might go to another host.
    if (last.type !== 'denied') return last
  }
  return last
}

const NOT_THERE: Denial = { type: 'denied', fault: 'nxdomain', detail: 'the name is too long for the search domains' }

interface Search extends Pick<Locating, 'ask' | 'rule'> {
  /**
   * RFC 8020: if a name does not exist, nothing below it exists. Some servers deny a name that has only SRV records, so this
   * is used only for names of search domains, where it spares most questions.
   */
  readonly trusting: boolean
}

/** RFC 3263 §4.1 and §4.2. A port in the URI means: addresses only. */
async function locate(name: string, { port, transport }: NamedPlace, search: Search): Promise<Location> {
  if (port !== undefined) return addressesOnly(name, { port, transport }, search)
  if (transport === undefined) {
    const byPointer = await byNaptr(name, search)
    if (byPointer) return byPointer
  }
  for (const one of transport === undefined ? SUPPORTED : [transport]) {
    const found = await bySrv(`_sip._${one.toLowerCase()}.${name}`, transportFor(one, transport), search)
    if (found.type !== 'denied') return found
  }
  return addressesOnly(name, { port: SIP_PORT, transport }, search)
}

/** UDP first: RFC 3263 §4.1 leaves the choice to the client, and every SIP element understands UDP. */
const SUPPORTED: readonly TransportName[] = ['UDP', 'TCP']

/**
 * The transport of a server. If the URI did not choose UDP, a request that is too large for a datagram may still go over TCP
 * (RFC 3261 §18.1.1).
 */
function transportFor(found: TransportName, chosen: TransportName | undefined): TransportName | undefined {
  return found === 'UDP' ? chosen : found
}

const NAPTR_SERVICES: ReadonlyMap<string, TransportName> = new Map([
  ['SIP+D2U', 'UDP'],
  ['SIP+D2T', 'TCP'],
])

/**
 * RFC 3263 §4.1: the NAPTR records that name a transport of ours, by order and preference. Undefined if there is none. Then SRV
 * records are asked for directly.
 */
async function byNaptr(name: string, search: Search): Promise<Location | undefined> {
  const answer = await search.ask(name, 'NAPTR')
  switch (answer.type) {
    case 'failed':
      // Some resolvers of home routers refuse types that they do not know.
      return answer.fault === 'refused' ? undefined : answer
    case 'denied':
      return answer.fault === 'nxdomain' && search.trusting ? answer : undefined
    case 'records':
      return byPointers(answer.records, answer.ttlSeconds, search)
  }
}

async function byPointers(
  records: readonly RecordOf<'NAPTR'>[],
  ttlSeconds: number,
  search: Search,
): Promise<Location | undefined> {
  const usable = records
    .filter(({ flags, services }) => /^s$/i.test(flags) && NAPTR_SERVICES.has(services.toUpperCase()))
    .toSorted((a, b) => a.order - b.order || a.preference - b.preference)
  for (const { services, replacement } of usable.slice(0, MAX_POINTERS)) {
    const transport = NAPTR_SERVICES.get(services.toUpperCase()) ?? 'UDP'
    const found = await bySrv(replacement, transportFor(transport, undefined), search)
    if (found.type !== 'denied') return shortened(found, ttlSeconds)
  }
  return undefined
}

/** A location that was found by a record with this time to live is not used longer than the record. */
function shortened(location: Location, ttlSeconds: number): Location {
  if (location.type !== 'found') return location
  return { ...location, ttlSeconds: Math.min(location.ttlSeconds, ttlSeconds) }
}

/** There are two transports, so a name with more than a few usable records repeats itself. */
const MAX_POINTERS = 4

async function bySrv(name: string, transport: TransportName | undefined, search: Search): Promise<Location> {
  if (!isAskable(name)) return { type: 'failed', fault: 'malformed', detail: 'a NAPTR record names no domain' }
  const answer = await search.ask(name, 'SRV')
  if (answer.type !== 'records') return answer
  const [only] = answer.records
  // RFC 2782: a single target of "." says that the service is decidedly not there.
  if (answer.records.length === 1 && only?.target === '') {
    return { type: 'failed', fault: 'not_available', detail: `${name} says that there is no such service (target .)` }
  }
  const records = answer.records.toSorted((a, b) => a.priority - b.priority).filter(isUsable)
  const used = records.slice(0, MAX_SERVERS)
  const located = await Promise.all(used.map((record) => serverOf(record, transport, search)))
  const leftOut = answer.leftOut + records.length - used.length
  return merged(located, { name, ttlSeconds: answer.ttlSeconds, leftOut })
}

function isUsable({ target, port }: RecordOf<'SRV'>): boolean {
  return port > 0 && isAskable(target)
}

async function serverOf(
  { target, priority, weight, port }: RecordOf<'SRV'>,
  transport: TransportName | undefined,
  search: Search,
): Promise<Location> {
  const found = await addressesOnly(target, { port, transport }, search)
  if (found.type !== 'found') return found
  return { ...found, servers: found.servers.map((server) => ({ ...server, priority, weight })) }
}

/** Joins the servers of one name. What fails for one of them makes the whole answer short-lived, so that it is asked again soon. */
function merged(
  located: readonly Location[],
  { name, ttlSeconds, leftOut }: { readonly name: string; readonly ttlSeconds: number; readonly leftOut: number },
): Location {
  const found = located.filter((one) => one.type === 'found')
  const failed = located.find((one) => one.type === 'failed')
  if (found.length === 0) {
    return failed ?? { type: 'failed', fault: 'bad_address', detail: `no server of ${name} has an address` }
  }
  const ttl = Math.min(ttlSeconds, ...found.map((one) => one.ttlSeconds))
  const all = {
    refused: found.flatMap(({ refused }) => refused),
    leftOut: leftOut + found.reduce((sum, one) => sum + one.leftOut, 0),
  }
  const servers: LocatedServer[] = []
  let room = MAX_ADDRESSES
  for (const server of found.flatMap((one) => one.servers)) {
    const addresses = server.addresses.slice(0, room)
    room -= addresses.length
    all.leftOut += server.addresses.length - addresses.length
    if (addresses.length > 0) servers.push({ ...server, addresses })
  }
  return { type: 'found', servers, ttlSeconds: failed ? 0 : ttl, ...all }
}

interface PortAndTransport {
  readonly port: number
  readonly transport: TransportName | undefined
}

/** The addresses of a name. Both families are asked for at the same time. */
async function addressesOnly(target: string, { port, transport }: PortAndTransport, search: Search): Promise<Location> {
  const answers = await Promise.all([search.ask(target, 'A'), search.ask(target, 'AAAA')])
  const found = answers.filter((one) => one.type === 'records')
  const failed = answers.find((one) => one.type === 'failed')
  if (found.length === 0) return failed ?? deniedAddress(target, answers)
  const { addresses, refused } = judged(
    found.flatMap((one) => one.records.map(({ address }) => address)),
    search.rule,
  )
  const used = addresses.slice(0, MAX_ADDRESSES)
  if (used.length === 0) {
    const list = refused.map(({ address, fault }) => `${address} (${fault})`).slice(0, NAMED_ADDRESSES)
    return {
      type: 'failed',
      fault: 'bad_address',
      detail: `${target} has only addresses that a name must not have: ${list.join(', ')}`,
    }
  }
  const leftOut = found.reduce((sum, one) => sum + one.leftOut, 0) + addresses.length - used.length
  const ttlSeconds = failed ? 0 : Math.min(...found.map((one) => one.ttlSeconds))
  const server = { target, priority: 0, weight: 0, port, transport, addresses: used }
  return { type: 'found', servers: [server], ttlSeconds, refused, leftOut }
}

/** A detail shows at most this many addresses. */
const NAMED_ADDRESSES = 3

function deniedAddress(target: string, answers: readonly { readonly type: string; readonly fault?: string }[]): Denial {
  return answers.some(({ fault }) => fault === 'nxdomain')
    ? { type: 'denied', fault: 'nxdomain', detail: `${target} does not exist` }
    : { type: 'denied', fault: 'empty', detail: `${target} has no address` }
}

function judged(texts: readonly string[], rule: AddressRule) {
  const refused: RefusedAddress[] = []
  const addresses = [...new Set(texts)].flatMap((text) => {
    const address = parseIpAddress(text)
    const fault = address ? addressFault(address, rule) : 'unusable'
    if (address && fault === undefined) return [address]
    refused.push({ address: text, fault: fault ?? 'unusable' })
    return []
  })
  return { addresses, refused }
}
