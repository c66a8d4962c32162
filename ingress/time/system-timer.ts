import type { TimerHost } from './timer-wheel.ts'

/** The system's monotonic time and timers. They do not keep the process alive: open sockets do that. */
export function systemTimerHost(): TimerHost {
  return {
    now: () => performance.now(),
    setTimer: (delayMs, fire) => {
      // Node cuts off the fraction of a delay, and the timer would fire before the tick.
      const timer = setTimeout(fire, Math.ceil(delayMs)).unref()
      return () => clearTimeout(timer)
    },
  }
}
