/** The counts of each trunk. A call finds them with one lookup in a map. All counts are plain numbers. */
import type { CallDecided } from '../call/call-events.ts'
import type { TrunkEntry } from '../route-table/route-table.ts'
import { createFastHistogram, type FastHistogram } from './fast-histogram.ts'
import {
  METHODS,
  METRICS,
  NEAR_MISS_REASONS,
  NO_RULE_REASONS,
  OUTCOMES,
  OVER_LIMIT_REASONS,
} from './metric-declarations.ts'

/** The part of a trunk entry that metrics need. */
export type TrunkDescription = Pick<TrunkEntry, 'name' | 'responses'>

export interface TrunkCounters {
  /** Counts of INVITEs by outcome and status. The key is `outcome * STATUS_SPAN + status`. */
  readonly invites: Map<number, InviteCount>
  /** Counts of near misses: rows by `NEAR_MISS_REASONS`, columns by `METHODS`. */
  readonly nearMisses: Float64Array
  /** Counts of calls that no rule took. The index is the number of the reason in `NO_RULE_REASONS`. */
  readonly noRule: Float64Array
  /** Counts of calls that a limit refused. The index is the number of the reason in `OVER_LIMIT_REASONS`. */
  readonly overLimit: Float64Array
  readonly firstResponse: FastHistogram
  /** How often the trunk called one number so often that calls may go in a circle. */
  numbersRepeated: number
  unanswered: number
  /** When a call of this trunk was last forwarded, in monotonic milliseconds. Undefined before the first forwarded call. */
  lastForwardedAt: number | undefined
}

interface InviteCount {
  readonly outcome: CallDecided['outcome']
  readonly status: number
  count: number
}

export interface TrunkTable {
  /** The counts of a trunk. A call may end after its trunk has left the table. Such a call is still counted. */
  of(name: string): TrunkCounters
  /** Sets the trunks of the table. New trunks start at 0. Trunks that are no longer in the table lose their series. */
  replace(trunks: Iterable<TrunkDescription>): Iterable<void>
  entries(): Iterable<[string, TrunkCounters]>
}

/** The number of methods, which is the length of a row of near misses. */
export const METHOD_COUNT = Object.keys(METHODS).length

/**
 * Greater than every SIP status, because a status has three digits (RFC 3261 §25.1). So `outcome * STATUS_SPAN + status` is
 * a different number for each pair of outcome and status.
 */
const STATUS_SPAN = 1000

/** The trunk label of calls that no trunk admitted. */
const NO_TRUNK = ''

/** Counters by trunk. The counters of calls that no trunk admitted exist from the start. */
export function createTrunkTable(): TrunkTable {
  const trunks = new Map<string, TrunkCounters>()
  const of = (name: string): TrunkCounters => {
    const known = trunks.get(name)
    if (known) return known
    const fresh = createTrunkCounters()
    trunks.set(name, fresh)
    return fresh
  }
  startAtZero(of(NO_TRUNK), [
    ['auth_drop', 0],
    ['rules_unavailable', 503],
    ['malformed', 400],
    ['rejected', 403],
    ['over_limit', 503],
  ])
  function* replace(descriptions: Iterable<TrunkDescription>): Generator<void> {
    const present = new Set([NO_TRUNK])
    for (const trunk of descriptions) {
      present.add(trunk.name)
      startAtZero(of(trunk.name), expectedEnds(trunk))
      yield
    }
    for (const name of trunks.keys()) {
      if (!present.has(name)) trunks.delete(name)
      yield
    }
  }
  return { of, replace, entries: () => trunks }
}

/** Counts how one or more INVITEs of this trunk ended. */
export function countInvite(trunk: TrunkCounters, outcome: CallDecided['outcome'], status: number, invites = 1): void {
  inviteCount(trunk, outcome, status).count += invites
}

function createTrunkCounters(): TrunkCounters {
  return {
    invites: new Map(),
    nearMisses: new Float64Array(Object.keys(NEAR_MISS_REASONS).length * METHOD_COUNT),
    noRule: new Float64Array(Object.keys(NO_RULE_REASONS).length),
    overLimit: new Float64Array(Object.keys(OVER_LIMIT_REASONS).length),
    numbersRepeated: 0,
    firstResponse: createFastHistogram(METRICS.firstResponse.buckets),
    unanswered: 0,
    lastForwardedAt: undefined,
  }
}

type End = readonly [outcome: CallDecided['outcome'], status: number]

/**
 * How calls of a trunk usually end. The series of these ends exist at 0 before the first such call, so that Prometheus sees
 * this call as an increase.
 */
function expectedEnds({ responses }: TrunkDescription): End[] {
  return [
    ['forwarded', 200],
    ['no_rule', responses.noRule.status],
    ['no_backend', responses.noBackend.status],
    ['draining', responses.draining?.status ?? 503],
    ['over_limit', responses.overLimit?.status ?? 503],
    ['cancelled', 487],
    ['redirected', 302],
    ['malformed', 400],
  ]
}

function startAtZero(trunk: TrunkCounters, ends: readonly End[]): void {
  for (const [outcome, status] of ends) inviteCount(trunk, outcome, status)
}

function inviteCount(trunk: TrunkCounters, outcome: CallDecided['outcome'], status: number): InviteCount {
  const key = OUTCOMES[outcome] * STATUS_SPAN + status
  const known = trunk.invites.get(key)
  if (known) return known
  const fresh: InviteCount = { outcome, status, count: 0 }
  trunk.invites.set(key, fresh)
  return fresh
}
