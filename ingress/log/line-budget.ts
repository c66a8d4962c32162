/**
 * So many lines per second of one sort, and a count of those that were left out. A timer runs only while lines are
 * being left out.
 */
import type { Clock, Timer } from '../time/clock.ts'
import { WINDOW_MS } from './limits.ts'

export interface LineBudgetOptions {
  readonly linesPerSecond: number
  readonly clock: Clock
  /** Called once per window in which lines were left out, with how many by kind. */
  readonly report: (leftOut: Readonly<Record<string, number>>) => void
}

export interface LineBudget {
  /** Whether the line may be written. If not, it is counted under `kind`, which must be one of a closed set. */
  take(kind: string): boolean
  /** Reports what was left out so far and stops the timer. */
  close(): void
}

/** A budget that is full again one window after the first line that was taken from it. */
export function createLineBudget({ linesPerSecond, clock, report }: LineBudgetOptions): LineBudget {
  const leftOut = new Map<string, number>()
  let windowStart = Number.NEGATIVE_INFINITY
  let taken = 0
  let timer: Timer | undefined
  const reportLeftOut = () => {
    timer = undefined
    if (leftOut.size === 0) return
    report(Object.fromEntries(leftOut))
    leftOut.clear()
  }
  const take = (kind: string): boolean => {
    const now = clock.now()
    if (now - windowStart >= WINDOW_MS) {
      windowStart = now
      taken = 0
    }
    if (taken < linesPerSecond) {
      taken++
      return true
    }
    leftOut.set(kind, (leftOut.get(kind) ?? 0) + 1)
    timer ??= clock.after(windowStart + WINDOW_MS - now, reportLeftOut, undefined)
    return false
  }
  const close = () => {
    if (timer) clock.cancel(timer)
    reportLeftOut()
  }
  return { take, close }
}
