/**
 * Limits how many lines of one kind are written per second, and counts the lines that are left out. A timer runs only after
 * a line was left out.
 */
import type { Clock, Timer } from '../time/clock.ts'
import { WINDOW_MS } from './limits.ts'

export interface LineBudgetOptions {
  readonly linesPerSecond: number
  readonly clock: Clock
  /**
   * Called at the end of each window in which lines were left out. `leftOut` says for each kind how many lines were left
   * out.
   */
  readonly report: (leftOut: Readonly<Record<string, number>>) => void
}

export interface LineBudget {
  /**
   * Whether the line may be written. A line that may not be written is counted under `kind`. Callers must use a small,
   * fixed set of kinds.
   */
  take(kind: string): boolean
  /** Reports the lines that were left out so far, and stops the timer. */
  close(): void
}

/**
 * Creates a budget. A window begins with the first line after the previous window. At the start of each window, the budget
 * is full again.
 */
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
