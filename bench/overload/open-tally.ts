/** Counts what happens inside the window of an order. What happens before or after it does not count. */
import type { Scenario } from '../load/load-order.ts'
import { IN_TIME_MS, MAX_ANSWERS } from './limits.ts'
import type { OpenResult } from './open-order.ts'

/** A final answer to an INVITE. */
export interface FinalAnswer {
  readonly status: number
  /** Milliseconds since the first INVITE of the call. */
  readonly milliseconds: number
  /** Whether the response says that it was sent for overload. */
  readonly overload: boolean
}

type Counter = 'started' | 'lost' | 'hanging' | 'resent' | 'answeredAgain' | 'strangers'

export type WindowCounts = Omit<OpenResult, 'ownDrops' | 'strangerBytes'>

export interface OpenTally {
  count(what: Counter): void
  /** Counts the final answer to an INVITE. A 200 ends nothing yet: `hungUp` does. */
  answered(answer: FinalAnswer): void
  /** Counts the final answer to the BYE of a call whose 200 took so many milliseconds. */
  hungUp(status: number, milliseconds: number): void
  /** A call was begun so many milliseconds after its time. */
  behind(milliseconds: number): void
  result(): WindowCounts
}

interface Counts extends Record<Counter, number> {
  well: number
  wellInTime: number
  late: number
  shed: number
  answers: number
  behind: number
}

interface Counting {
  readonly scenario: Scenario
  readonly counts: Counts
  readonly unexpected: Record<string, number>
  readonly times: Float64Array
}

/** `inWindow` says whether it counts what happens now; `seconds`: how long that is true. */
export function createOpenTally(scenario: Scenario, seconds: number, inWindow: () => boolean): OpenTally {
  const none = { started: 0, lost: 0, hanging: 0, resent: 0, answeredAgain: 0, strangers: 0 }
  const counts: Counts = { ...none, well: 0, wellInTime: 0, late: 0, shed: 0, answers: 0, behind: 0 }
  const counting: Counting = { scenario, counts, unexpected: {}, times: new Float64Array(MAX_ANSWERS) }
  return {
    count: (what) => {
      if (inWindow()) counts[what]++
    },
    answered: (answer) => {
      if (inWindow()) countAnswer(counting, answer)
    },
    hungUp: (status, milliseconds) => {
      if (inWindow()) countHangUp(counting, status, milliseconds)
    },
    behind: (milliseconds) => {
      if (inWindow()) counts.behind = Math.max(counts.behind, milliseconds)
    },
    result: () => {
      const { answers, ...shown } = counts
      const latency = latencyOf(counting.times.subarray(0, answers))
      return { ...shown, seconds, unexpected: counting.unexpected, latency }
    },
  }
}

/**
 * A refusal that comes late is no goodput: the caller has begun to repeat. To a call that should be forwarded, a 503 is the
 * server's own; to one that should be refused, a 503 is the answer in any case.
 */
function countAnswer(counting: Counting, { status, milliseconds, overload }: FinalAnswer): void {
  const { scenario, counts, times } = counting
  const late = milliseconds > IN_TIME_MS
  times[counts.answers++] = milliseconds
  if (late) counts.late++
  if (status === 503 && (overload || scenario === 'forwarded')) counts.shed++
  if (scenario === 'refused' && status === 503) {
    if (!late) countWell(counts, milliseconds)
  } else if (status !== 503 && (scenario === 'refused' || status >= 300)) countUnexpected(counting, status)
}

/** The 200 to a call that should be refused was counted as unexpected; its BYE changes nothing. */
function countHangUp(counting: Counting, status: number, milliseconds: number): void {
  if (counting.scenario === 'refused') return
  if (status === 200) countWell(counting.counts, milliseconds)
  else countUnexpected(counting, status)
}

function countWell(counts: Counts, milliseconds: number): void {
  counts.well++
  if (milliseconds <= IN_TIME_MS) counts.wellInTime++
}

function countUnexpected({ unexpected }: Counting, status: number): void {
  unexpected[status] = (unexpected[status] ?? 0) + 1
}

function latencyOf(times: Float64Array): OpenResult['latency'] {
  const sorted = times.toSorted()
  const at = (share: number) => sorted[Math.floor((sorted.length - 1) * share)] ?? 0
  return { p50: at(0.5), p99: at(0.99), max: at(1) }
}
