/** The state of the limits of one trunk or one rule in this process. Pure; times are monotonic milliseconds. */
import type { CallLimit } from '../route-table/route-table.ts'
import type { CallCount } from './counted-calls.ts'
import { callShares, type PodUse, rateParts } from './limit-share.ts'
import { countCall, createRateMeter, type RateMeter } from './rate-meter.ts'
import { type BucketRate, createTokenBucket, hasToken, type TokenBucket, takeToken } from './token-bucket.ts'

export type LimitKind = 'calls_per_second' | 'concurrent_calls'

/** What this process may let pass: the limit itself, or its share of it. Undefined: no limit of this kind. */
export interface Allowance {
  readonly rate: BucketRate | undefined
  readonly calls: number | undefined
}

export interface LimitState extends CallCount {
  limit: CallLimit
  allowance: Allowance
  bucket: TokenBucket
  /** Calls that came since the last report, the refused ones included. */
  offered: number
  /** Calls per second that were reported last. */
  demand: number
  /** Measures the calls that passed. */
  readonly passed: RateMeter
}

/** `pods`: among so many pods a limit of the whole installation is divided, until something better is known. */
export function createLimitState(limit: CallLimit, pods: number, now: number): LimitState {
  const allowance = equalAllowance(limit, pods)
  return {
    limit,
    allowance,
    bucket: createTokenBucket(allowance.rate ?? NO_RATE, now),
    active: 0,
    offered: 0,
    demand: 0,
    passed: createRateMeter(now),
  }
}

const NO_RATE: BucketRate = { callsPerSecond: 0, burst: 0 }

/** Fills the bucket with what this process may have. */
export function fillBucket(state: LimitState, now: number): void {
  state.bucket = createTokenBucket(state.allowance.rate ?? NO_RATE, now)
}

/** Takes over a limit of a newer table. What was counted stays. A share stays as well if the limit says the same as before. */
export function changeLimit(state: LimitState, limit: CallLimit, pods: number): void {
  const { rate, concurrent, scope } = state.limit
  const hadRate = rate !== undefined
  const isSame =
    rate?.callsPerSecond === limit.rate?.callsPerSecond &&
    rate?.burst === limit.rate?.burst &&
    concurrent?.calls === limit.concurrent?.calls &&
    scope === limit.scope
  state.limit = limit
  if (isSame) return
  state.allowance = equalAllowance(limit, pods)
  if (!hadRate && state.allowance.rate) state.bucket.tokens = state.allowance.rate.burst
}

/** Which limit refuses a call that comes now. Undefined if none does. Counts that the call came, and takes no token. */
export function refusingLimit(state: LimitState, isForwarded: boolean, now: number): LimitKind | undefined {
  const { rate, calls } = state.allowance
  state.offered++
  if (rate && !hasToken(state.bucket, rate, now)) return 'calls_per_second'
  if (isForwarded && calls !== undefined && state.active >= calls) return 'concurrent_calls'
  return undefined
}

/** Lets a call pass that no limit has refused. */
export function passCall(state: LimitState, now: number): void {
  if (state.allowance.rate) takeToken(state.bucket)
  countCall(state.passed, now)
}

/**
 * The use to report, after `elapsedMs` since the last report. A growing demand is reported at once, and a falling one half at a
 * time, because the calls of a quiet trunk come unevenly.
 */
export function takeUse(state: LimitState, elapsedMs: number): PodUse {
  const latest = (state.offered * 1000) / Math.max(1, elapsedMs)
  state.demand = Math.max(latest, (state.demand + latest) / 2)
  state.offered = 0
  return { demand: Math.round(state.demand * 1000) / 1000, active: state.active }
}

/** Sets the share of the pod at `own` in a limit of the whole installation. */
export function divideLimit(state: LimitState, uses: readonly PodUse[], own: number): void {
  const { rate, concurrent, scope } = state.limit
  if (scope === 'Pod') return
  const part = rate && rateParts(rate.callsPerSecond, uses)[own]
  state.allowance = {
    rate: rate && part !== undefined ? partOf(rate, part) : undefined,
    calls: concurrent && callShares(concurrent.calls, uses)[own],
  }
}

/** Sets equal shares, because nothing is known about the use of the other pods. */
export function divideEqually(state: LimitState, pods: number): void {
  state.allowance = equalAllowance(state.limit, pods)
}

function equalAllowance({ rate, concurrent, scope }: CallLimit, pods: number): Allowance {
  if (scope === 'Pod' || pods < 2) return { rate, calls: concurrent?.calls }
  return { rate: rate && partOf(rate, 1 / pods), calls: concurrent && Math.max(1, Math.floor(concurrent.calls / pods)) }
}

/** A bucket of less than one token would let no call pass. */
function partOf({ callsPerSecond, burst }: BucketRate, part: number): BucketRate {
  return { callsPerSecond: callsPerSecond * part, burst: Math.max(1, burst * part) }
}
