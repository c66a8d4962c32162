/**
 * The limits of trunks and rules in one process. A call is judged from memory. What other pods do comes in from beside the
 * calls. Pure apart from the clock, which is handed in.
 */
import type { RuleEntry, TrunkEntry } from '../route-table/route-table.ts'
import { type CountedCall, createCountedCalls } from './counted-calls.ts'
import { NO_USE, type PodUse } from './limit-share.ts'
import {
  changeLimit,
  createLimitState,
  divideEqually,
  divideLimit,
  fillBucket,
  type LimitKind,
  type LimitState,
  passCall,
  refusingLimit,
  takeUse,
} from './limit-state.ts'
import { MAX_REPORTED_LIMITS, SHARE_KEPT_MS, SWEPT_STATES } from './limits.ts'
import { createMergedInvites, type MergedInvites } from './merged-invites.ts'
import { peakOf } from './rate-meter.ts'
import { createRepeatedNumbers } from './repeated-number.ts'
import type { BucketRate } from './token-bucket.ts'

type LimitedEntry = TrunkEntry | RuleEntry

/** The trunks and rules of the table that have limits, by name. `countsCalls`: a limit is on calls at the same time. */
export interface LimitedTable {
  readonly trunks: ReadonlyMap<string, TrunkEntry>
  readonly rules: ReadonlyMap<string, RuleEntry>
  readonly countsCalls: boolean
  readonly isShared: boolean
}

const NO_TABLE: LimitedTable = { trunks: new Map(), rules: new Map(), countsCalls: false, isShared: false }

/** The limit that refuses a call. */
export interface RefusingLimit {
  readonly of: 'trunk' | 'rule'
  readonly kind: LimitKind
}

/** How near a limit is: 1 is the limit of this process, or its share of it. A burst may be above 1. */
export interface LimitUse extends RefusingLimit {
  /** `namespace/name` of the trunk or the rule. */
  readonly name: string
  readonly ratio: number
}

/** The use of each limit of the whole installation in one pod, by the key of the table's entry. */
export type UseReport = ReadonlyMap<string, PodUse>

export interface CallLimits {
  /**
   * Which limit refuses a call of this trunk that this rule takes: the trunk's before the rule's. If none does, takes tokens. `key`
   * stands for the INVITE, whichever way it came. It is made only if it is needed. A copy of an INVITE that has passed costs
   * nothing.
   */
  refusing(trunk: TrunkEntry, rule: RuleEntry, key: () => number): RefusingLimit | undefined
  /**
   * Counts a call that is forwarded, until it ends. `key` is made only if it is needed. Undefined if no limit counts the call, or
   * if too many calls are counted already (`onFull`).
   */
  begin(trunk: TrunkEntry, rule: RuleEntry, key: () => number): CountedCall | undefined
  /** Ends a call that has not been answered. A call may be ended more than once. */
  end(call: CountedCall): void
  /** Ends a call that was hung up in this process. If another process may count it, that process is told. */
  hungUp(key: () => number): void
  /** Ends a call that was hung up in another process. */
  hungUpElsewhere(key: number): void
  /** Called after each change of the table. */
  tableChanged(limited: LimitedTable): void
  /** Called every `SWEEP_MS`: forgets calls whose time is over, limits that are gone, and shares that are too old. */
  sweep(): void
  /** Counts a call to a number. Returns true when that number has been called so often that calls may go in a circle. */
  isRepeated(key: number): boolean
  /** The use of the limits of all trunks, and of those rules that have had a call. */
  uses(): LimitUse[]
  /** The number of counted calls. */
  readonly countedCalls: number
  /** Whether some limit counts calls at the same time, so that other processes want to hear of calls that were hung up. */
  readonly countsCalls: boolean
  /** Whether some limit is for the whole installation. */
  readonly isShared: boolean
  /** What this process reports of the limits of the whole installation, and what has come since the last report. */
  takeReport(): UseReport
  /** Divides the limits of the whole installation by what the pods have reported. `own` is the place of this pod. */
  divide(reports: readonly UseReport[], own: number): void
}

export interface CallLimitsOptions {
  /** Monotonic milliseconds. */
  readonly now: () => number
  /** Called with the key of a call that was hung up here and is not counted here. */
  readonly tellOthers?: (key: number) => void
  /** Called when a call is not counted, because too many are. */
  readonly onFull?: () => void
  readonly maxCalls?: number
}

interface Division {
  readonly reports: readonly UseReport[]
  /** The place of this pod. */
  readonly own: number
  readonly at: number
}

interface Limits {
  readonly options: CallLimitsOptions
  readonly calls: ReturnType<typeof createCountedCalls>
  /** By the name of the trunk or the rule. A state begins with the first call. */
  readonly states: Readonly<Record<LimitedEntry['kind'], Map<string, LimitState>>>
  /** The states that the sweep has not looked at yet. */
  unswept: Iterator<readonly [LimitedEntry['kind'], string]>
  readonly merged: MergedInvites
  limited: LimitedTable
  pods: number
  /** The last reports of the pods. Undefined while nothing is known of them. */
  division: Division | undefined
  reportedAt: number
}

export function createCallLimits(options: CallLimitsOptions): CallLimits {
  const limits: Limits = {
    options,
    calls: createCountedCalls(options.maxCalls),
    states: { trunk: new Map(), rule: new Map() },
    merged: createMergedInvites(),
    unswept: [].values(),
    limited: NO_TABLE,
    pods: 1,
    division: undefined,
    reportedAt: options.now(),
  }
  const { calls } = limits
  const repeated = createRepeatedNumbers()
  return {
    refusing: (trunk, rule, key) => ((trunk.limits ?? rule.limits) ? judge(limits, trunk, rule, key()) : undefined),
    begin: (trunk, rule, key) => begin(limits, trunk, rule, key),
    end: (call) => calls.end(call),
    hungUp: (key) => hungUp(limits, key),
    hungUpElsewhere: (key) => void calls.endKey(key),
    tableChanged: (limited) => {
      limits.limited = limited
    },
    sweep: () => sweep(limits),
    isRepeated: (key) => repeated.isTooOften(key, options.now()),
    uses: () => usesOf(limits),
    get countedCalls() {
      return calls.size
    },
    get countsCalls() {
      return limits.limited.countsCalls
    },
    get isShared() {
      return limits.limited.isShared
    },
    takeReport: () => takeReport(limits),
    divide: (reports, own) => divide(limits, reports, own),
  }
}

function judge(limits: Limits, trunk: TrunkEntry, rule: RuleEntry, invite: number): RefusingLimit | undefined {
  const now = limits.options.now()
  if (limits.merged.isCopy(invite, now)) return undefined
  const isForwarded = rule.action.type === 'Route'
  const ofTrunk = stateOf(limits, trunk, now)
  const byTrunk = ofTrunk && refusingLimit(ofTrunk, isForwarded, now)
  if (byTrunk) return { of: 'trunk', kind: byTrunk }
  const ofRule = stateOf(limits, rule, now)
  const byRule = ofRule && refusingLimit(ofRule, isForwarded, now)
  // The rule's refusal takes nothing from the trunk, so that other rules of the trunk can use it.
  if (byRule) return { of: 'rule', kind: byRule }
  if (ofTrunk) passCall(ofTrunk, now)
  if (ofRule) passCall(ofRule, now)
  limits.merged.remember(invite, now)
  return undefined
}

/** The state of an entry that has limits. It begins with the share that the last reports give to this pod. */
function stateOf(limits: Limits, entry: LimitedEntry, now: number): LimitState | undefined {
  const { kind, name, limits: limit } = entry
  if (limit === undefined) return undefined
  const known = limits.states[kind].get(name)
  if (known?.limit === limit) return known
  const state = known ?? createLimitState(limit, limits.pods, now)
  if (known) changeLimit(known, limit, limits.pods)
  else limits.states[kind].set(name, state)
  if (limits.division) applyDivision(state, `${kind}/${name}`, limits.division)
  if (!known) fillBucket(state, now)
  return state
}

function begin(limits: Limits, trunk: TrunkEntry, rule: RuleEntry, key: () => number): CountedCall | undefined {
  if (!trunk.limits?.concurrent && !rule.limits?.concurrent) return undefined
  const { options, calls } = limits
  const now = options.now()
  const counting = [trunk, rule].filter((entry) => entry.limits?.concurrent !== undefined)
  const counts = counting.flatMap((entry) => stateOf(limits, entry, now) ?? [])
  // If both count the call, it leaves both counts at the shorter time.
  const seconds = Math.min(...counting.flatMap((entry) => entry.limits?.concurrent?.maxCallSeconds ?? []))
  const call = calls.begin(key(), counts, now + seconds * 1000)
  if (call === undefined) options.onFull?.()
  return call
}

function hungUp({ calls, limited, options }: Limits, makeKey: () => number): void {
  if (!limited.countsCalls && calls.size === 0) return
  const key = makeKey()
  if (!calls.endKey(key)) options.tellOthers?.(key)
}

function sweep(limits: Limits): void {
  const now = limits.options.now()
  limits.calls.sweep(now)
  sweepStates(limits)
  if (limits.division === undefined || now - limits.division.at < SHARE_KEPT_MS) return
  limits.division = undefined
  for (const [, state] of sharedStates(limits)) divideEqually(state, limits.pods)
}

/** Forgets the states of limits that the table no longer has. Looks at some of them and goes on from there the next time. */
function sweepStates(limits: Limits): void {
  for (let i = 0; i < SWEPT_STATES; i++) {
    const next = limits.unswept.next()
    if (next.done) {
      limits.unswept = namesOf(limits)
      return
    }
    const [kind, name] = next.value
    if (!entryOf(limits, kind, name)) limits.states[kind].delete(name)
  }
}

function* namesOf({ states }: Limits): Generator<readonly [LimitedEntry['kind'], string]> {
  for (const name of states.trunk.keys()) yield ['trunk', name]
  for (const name of states.rule.keys()) yield ['rule', name]
}

/** The entry with limits. Undefined if the table has it no longer, or if it has no limits any more. */
function entryOf({ limited }: Limits, kind: LimitedEntry['kind'], name: string): LimitedEntry | undefined {
  return kind === 'trunk' ? limited.trunks.get(name) : limited.rules.get(name)
}

function usesOf(limits: Limits): LimitUse[] {
  const now = limits.options.now()
  const uses: LimitUse[] = []
  for (const trunk of limits.limited.trunks.values()) addUses(uses, limits, trunk, now)
  for (const name of limits.states.rule.keys()) {
    const rule = limits.limited.rules.get(name)
    if (rule) addUses(uses, limits, rule, now)
  }
  return uses
}

function addUses(uses: LimitUse[], limits: Limits, entry: LimitedEntry, now: number): void {
  const { kind: of, name } = entry
  const state = stateOf(limits, entry, now)
  if (!state) return
  const { rate, calls } = state.allowance
  if (rate) uses.push({ of, name, kind: 'calls_per_second', ratio: peakOf(state.passed, now) / atLeastOne(rate) })
  if (calls !== undefined) uses.push({ of, name, kind: 'concurrent_calls', ratio: ratioOf(state.active, calls) })
}

/** A share may be a part of one call per second. The one call that it lets pass is then the whole use. */
function atLeastOne({ callsPerSecond }: BucketRate): number {
  return Math.max(1, callsPerSecond)
}

/** A pod without a place of its own is at its limit. */
function ratioOf(active: number, calls: number): number {
  return calls === 0 ? 1 : active / calls
}

/** The states of limits of the whole installation, by the key of the table's entry. Limits without a call have no state. */
function* sharedStates(limits: Limits): Generator<readonly [string, LimitState]> {
  const now = limits.options.now()
  for (const [kind, name] of namesOf(limits)) {
    const entry = entryOf(limits, kind, name)
    if (entry?.limits?.scope !== 'Installation') continue
    const state = stateOf(limits, entry, now)
    if (state) yield [`${kind}/${name}`, state]
  }
}

function takeReport(limits: Limits): UseReport {
  const now = limits.options.now()
  const elapsed = now - limits.reportedAt
  limits.reportedAt = now
  const report = new Map<string, PodUse>()
  for (const [key, state] of sharedStates(limits)) {
    const use = takeUse(state, elapsed)
    const isUsed = use.demand > 0 || use.active > 0
    if (isUsed && report.size < MAX_REPORTED_LIMITS) report.set(key, use)
  }
  return report
}

function divide(limits: Limits, reports: readonly UseReport[], own: number): void {
  limits.pods = Math.max(1, reports.length)
  const division = { reports, own, at: limits.options.now() }
  limits.division = division
  for (const [key, state] of sharedStates(limits)) applyDivision(state, key, division)
}

function applyDivision(state: LimitState, key: string, { reports, own }: Division): void {
  divideLimit(
    state,
    reports.map((report) => report.get(key) ?? NO_USE),
    own,
  )
}
