import type { TimerHost } from './timer-wheel.ts'

/** The system's monotonic time and timers. The timers do not keep the process alive. Open sockets keep the process alive. */
export function systemTimerHost(): TimerHost {
  return {
    now: () => performance.now(),
    setTimer: (delayMs, fire) => {
      // Node cuts off the fraction of a delay. Without rounding up, the timer would fire too early.
      const timer = setTimeout(fire, Math.ceil(delayMs)).unref()
      return () => clearTimeout(timer)
    },
  }
}
