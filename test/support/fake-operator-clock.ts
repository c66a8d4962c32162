import type { DatedClock } from '../../ingress/time/dated-clock.ts'
import { FakeClock } from './fake-clock.ts'

/** The operator's clock, which stands still until it is advanced. */
export interface FakeOperatorClock extends DatedClock {
  /** Lets `ms` milliseconds pass: timers fire at exactly their deadline, in order. */
  advance(ms: number): void
  /** Number of pending timers. */
  pending(): number
}

const START = Date.UTC(2026, 0, 1)

/** A clock that starts at 2026-01-01T00:00:00Z. */
export function fakeOperatorClock(): FakeOperatorClock {
  const clock = new FakeClock()
  return {
    now: () => clock.now(),
    wallClock: () => START + clock.now(),
    after: (milliseconds, run) => {
      const timer = clock.after(milliseconds, () => run(), undefined)
      return () => clock.cancel(timer)
    },
    advance: (ms) => clock.advance(ms),
    pending: () => clock.pending,
  }
}
