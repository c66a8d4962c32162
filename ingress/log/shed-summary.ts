/**
 * One log line a second about calls that are shed: refused or dropped without a decision, because more comes than the process
 * can do. A line for each call would cost more than its 503.
 */
import type { CallEvent, CallSource } from '../call/call-events.ts'
import type { Clock, Timer } from '../time/clock.ts'
import { WINDOW_MS } from './limits.ts'

export interface ShedLine {
  /** Calls of known peers that were refused since the last line. */
  readonly calls: number
  readonly longestWaitMs: number
  /** The sender of the last of these calls. */
  readonly source: CallSource
}

export interface ShedSummary {
  add(event: Extract<CallEvent, { type: 'shed' }>): void
  /** Writes the line about calls that were not reported yet, and stops the timer. */
  close(): void
}

/** `write` is called one second after the first shed call that a line counts. While no call is shed, `write` is not called. */
export function createShedSummary(clock: Clock, write: (line: ShedLine) => void): ShedSummary {
  let line: ShedLine | undefined
  let timer: Timer | undefined
  const writeLine = (): void => {
    timer = undefined
    if (line) write(line)
    line = undefined
  }
  return {
    add: ({ calls, longestWaitMs, source }) => {
      if (calls === 0) return
      const before = line ?? { calls: 0, longestWaitMs: 0 }
      line = { calls: before.calls + calls, longestWaitMs: Math.max(before.longestWaitMs, longestWaitMs), source }
      timer ??= clock.after(WINDOW_MS, writeLine, undefined)
    },
    close: () => {
      if (timer) clock.cancel(timer)
      writeLine()
    },
  }
}
