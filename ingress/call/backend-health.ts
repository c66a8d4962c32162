import type { CallEvent } from './call-events.ts'
import { MAX_BACKEND_PAUSE_MS } from './limits.ts'

/**
 * Backends that asked to be left alone: a 503 with Retry-After means that nothing SHOULD be sent for that time
 * (RFC 3261 §21.5.4). Knows only backends of the table.
 */
export interface BackendHealth {
  isUp(backend: string): boolean
  /** `seconds`: the Retry-After of a 503. */
  pause(backend: string, seconds: number): void
  /** The backends that the table has now; others are forgotten. */
  retain(backends: ReadonlySet<string>): void
}

export function createBackendHealth(now: () => number, emit: (event: CallEvent) => void): BackendHealth {
  const pausedUntil = new Map<string, number>()
  let known: ReadonlySet<string> = new Set()
  const resume = (backend: string): void => {
    pausedUntil.delete(backend)
    emit({ type: 'backend-health', backend, up: true, reason: 'pause_over' })
  }
  return {
    isUp: (backend) => {
      const until = pausedUntil.get(backend)
      if (until === undefined) return true
      if (until > now()) return false
      resume(backend)
      return true
    },
    pause: (backend, seconds) => {
      if (!known.has(backend) || seconds === 0) return
      const news = !pausedUntil.has(backend)
      pausedUntil.set(backend, now() + Math.min(seconds * 1000, MAX_BACKEND_PAUSE_MS))
      if (news) emit({ type: 'backend-health', backend, up: false, reason: 'retry_after' })
    },
    retain: (backends) => {
      known = backends
      for (const backend of pausedUntil.keys()) if (!backends.has(backend)) pausedUntil.delete(backend)
    },
  }
}
