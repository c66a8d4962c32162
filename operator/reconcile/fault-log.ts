import type { DatedClock } from '../../ingress/time/dated-clock.ts'
import { FAULT_REPEAT_MS } from './limits.ts'

/**
 * Reports a fault if it is new or its text has changed, and again after `FAULT_REPEAT_MS`. Without this limit, an action that
 * is tried five times a second could report its fault five times a second.
 */
export function createFaultLog(
  clock: Pick<DatedClock, 'now'>,
  report: (code: string, message: string, repeated: number) => void,
): (code: string, message: string) => void {
  const last = new Map<string, { message: string; at: number; repeated: number }>()
  return (code, message) => {
    const now = clock.now()
    const before = last.get(code)
    if (before?.message === message && now - before.at < FAULT_REPEAT_MS) {
      before.repeated++
      return
    }
    last.set(code, { message, at: now, repeated: 0 })
    report(code, message, before?.repeated ?? 0)
  }
}
