/** Limits the lines of one kind per second, and counts the lines that are left out. A timer runs only if lines were left out. */
import type { Clock, Timer } from '../time/clock.ts'
import { WINDOW_MS } from './limits.ts'

export interface LineBudgetOptions {
  readonly linesPerSecond: number
  readonly clock: Clock
  /** Called at the end of each window in which lines were left out. `leftOut` contains their number for each kind. */
  readonly report: (leftOut: Readonly<Record<string, number>>) => void
}

export interface LineBudget {
  /** Whether the line may be written. If not, the line is counted under `kind`. The kinds must be a closed set. */
  take(kind: string): boolean
  /** Reports the lines that were left out so far, and stops the timer. */
  close(): void
}

/** Creates a budget. The budget is full again one window after the first line was taken from it. */
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
