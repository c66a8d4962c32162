/** One log line a second about calls that are shed. A line for each call would cost more than its 503. */
import type { CallEvent, CallSource } from '../call/call-events.ts'
import type { Clock, Timer } from '../time/clock.ts'
import { WINDOW_MS } from './limits.ts'

export interface ShedLine {
  /** Calls of known peers that were refused since the last line. */
  readonly calls: number
  readonly longestWaitMs: number
  /** The sender of the last one. */
  readonly source: CallSource
}

export interface ShedSummary {
  add(event: Extract<CallEvent, { type: 'shed' }>): void
  /** Writes what was not written yet, and stops the timer. */
  close(): void
}

/** `write` is called a second after the first call of a line, and not at all while no call is shed. */
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
