/** The choice of a trunk and of a rule, written as the design describes it, slow and simple: the other matcher is compared with it. */
import { type IpAddress, parseIpPrefix, prefixContains } from '../../ingress/address/ip-address.ts'
import type { CallFacts } from '../../ingress/lookup/call-facts.ts'
import { type CanonicalUser, toCanonical } from '../../ingress/lookup/phone-number.ts'
import type { HeaderPredicate, NumberPredicate, RuleEntry, TrunkEntry } from '../../ingress/route-table/route-table.ts'
import { compareRules } from '../../ingress/route-table/rule-order.ts'
import type { UserFault } from '../../ingress/route-table/user-reading.ts'
import { naiveHolds } from './naive-schedule.ts'

export interface NaiveVerdict {
  readonly rule: string | undefined
  readonly reason: string | undefined
  readonly nearest: string | undefined
}

export interface NaiveMatch {
  readonly trunk: TrunkEntry
  readonly called: string
  readonly calling: string
  readonly callingFault?: UserFault | undefined
  readonly call: CallFacts
  readonly at: number
}

export function naiveRule(rules: readonly RuleEntry[], match: NaiveMatch): NaiveVerdict {
  const applicable = rules
    .filter((rule) => rule.namespace === match.trunk.namespace)
    .filter((rule) => rule.trunks.length === 0 || rule.trunks.includes(match.trunk.name))
    .sort(compareRules)
  if (applicable.length === 0) return { rule: undefined, reason: 'no_rules', nearest: undefined }
  const unreadable = applicable.find((rule) => match.callingFault !== undefined && asksForCalling(rule, match))
  const before = unreadable === undefined ? applicable : applicable.slice(0, applicable.indexOf(unreadable))
  const early = before.find((rule) => firstFailing(rule, match) === undefined)
  if (unreadable !== undefined && early === undefined) {
    return { rule: undefined, reason: 'calling_unreadable', nearest: unreadable.name }
  }
  const failures = applicable.map((rule) => ({ rule, failed: firstFailing(rule, match) }))
  const winner = failures.find(({ failed }) => failed === undefined)
  if (winner !== undefined) return { rule: winner.rule.name, reason: undefined, nearest: undefined }
  for (const reason of ['schedule', 'header', 'calling', 'called']) {
    const nearest = failures.find(({ failed }) => failed === reason)
    if (nearest !== undefined) return { rule: undefined, reason, nearest: nearest.rule.name }
  }
  throw new Error('a rule failed at nothing')
}

function asksForCalling(rule: RuleEntry, { called }: NaiveMatch): boolean {
  return rule.calling.length > 0 && oneHolds(rule.called, called)
}

function firstFailing(rule: RuleEntry, { called, calling, call, at }: NaiveMatch): string | undefined {
  if (!oneHolds(rule.called, called)) return 'called'
  if (!oneHolds(rule.calling, calling)) return 'calling'
  if (!rule.headers.every((header) => headerHolds(header, call.header(header.name)))) return 'header'
  return rule.schedule.every((schedule) => naiveHolds(schedule, at)) ? undefined : 'schedule'
}

function oneHolds(predicates: readonly NumberPredicate[], number: string): boolean {
  return predicates.length === 0 || predicates.some((predicate) => numberHolds(predicate, number))
}

/** The regular expressions of the tests have the same meaning in JavaScript and in RE2. */
function numberHolds(predicate: NumberPredicate, number: string): boolean {
  if (predicate.type === 'exact') return number === predicate.value
  if (predicate.type === 'prefix') return number.startsWith(predicate.value)
  if (predicate.type === 'regex') return new RegExp(predicate.pattern).test(number)
  if (number.length !== predicate.from.length || !/^\+?\d+$/.test(number)) return false
  return predicate.from <= number && number <= predicate.to
}

function headerHolds(header: HeaderPredicate, values: readonly string[]): boolean {
  if (header.type === 'present') return header.present === values.length > 0
  if (header.type === 'exact') return values.some((value) => value === header.value)
  if (header.type === 'prefix') return values.some((value) => value.startsWith(header.value))
  return values.some((value) => new RegExp(header.pattern).test(value))
}

export interface NaiveTrunk {
  readonly type: 'admitted' | 'unreadable' | 'not_owned' | 'known' | 'stranger'
  readonly trunk: string | undefined
  readonly nearMisses: readonly string[]
}

/** For trunks without a default region only. `backends` are addresses. */
export function naiveTrunk(trunks: readonly TrunkEntry[], backends: readonly string[], call: CallFacts): NaiveTrunk {
  const packet = call.peer.address
  const near = trunks.filter((trunk) => admittingLength(trunk, call) !== undefined)
  const admitted = near.filter((trunk) => trunk.transports.includes(call.peer.transport))
  const owning = admitted.filter((trunk) => oneHolds(trunk.called, calledUser(trunk, call).number))
  const first = preferred(owning.length > 0 ? owning : admitted, call)
  const entry = trunks.find(({ name }) => name === first)
  if (entry !== undefined && calledUser(entry, call).fault !== undefined) {
    return { type: 'unreadable', trunk: first, nearMisses: [] }
  }
  if (owning.length > 0) return { type: 'admitted', trunk: preferred(owning, call), nearMisses: [] }
  if (admitted.length > 0) return { type: 'not_owned', trunk: preferred(admitted, call), nearMisses: [] }
  const proxy = trunks.some((trunk) => isIn(trunk.trustedProxies, packet))
  if (proxy || backends.includes(packet.text)) return { type: 'known', trunk: undefined, nearMisses: [] }
  return { type: 'stranger', trunk: undefined, nearMisses: near.map((trunk) => trunk.name).sort() }
}

function calledUser({ numbers }: TrunkEntry, call: CallFacts): CanonicalUser {
  return toCanonical(numbers.calledFrom === 'To' ? call.toUser : call.requestUri.user, numbers)
}

/** The longest source network with the source as the trunk sees it; undefined: the trunk does not admit the source. */
function admittingLength(trunk: TrunkEntry, call: CallFacts): number | undefined {
  const recorded = call.recordedSources().map((source) => (source === 'ambiguous' ? undefined : source))
  const path = [call.peer.address, ...recorded]
  const end = path.findIndex((address) => address === undefined || !isIn(trunk.trustedProxies, address))
  const source = end === -1 ? path.at(-1) : path[end]
  if (source === undefined) return undefined
  const lengths = networks(trunk.sources).filter((network) => prefixContains(network, source))
  return lengths.length === 0 ? undefined : Math.max(...lengths.map((network) => network.length))
}

function isIn(list: readonly string[], address: IpAddress): boolean {
  return networks(list).some((network) => prefixContains(network, address))
}

function networks(list: readonly string[]) {
  return list.map((text) => parseIpPrefix(text)).filter((prefix) => prefix !== undefined)
}

function preferred(trunks: readonly TrunkEntry[], call: CallFacts): string | undefined {
  const byAge = trunks.toSorted((a, b) => a.createdAt - b.createdAt || (a.name < b.name ? -1 : 1))
  const namespace = byAge[0]?.namespace
  const length = (trunk: TrunkEntry) => admittingLength(trunk, call) ?? 0
  return byAge
    .filter((trunk) => trunk.namespace === namespace)
    .sort((a, b) => Number(b.called.length > 0) - Number(a.called.length > 0) || length(b) - length(a))[0]?.name
}
