import type { TimerHost } from '../../ingress/time/timer-wheel.ts'
import type { FakeClock } from './fake-clock.ts'

/** A host for a timer wheel whose time is a FakeClock's. */
export function hostOn(time: FakeClock): TimerHost {
  return {
    now: () => time.now(),
    setTimer: (delayMs, fire) => {
      const timer = time.after(delayMs, fire, undefined)
      return () => time.cancel(timer)
    },
  }
}
