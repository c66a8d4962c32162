import type { CallEvent } from './call-events.ts'
import { MAX_BACKEND_PAUSE_MS } from './limits.ts'

/** Who asked to be left alone. */
export interface PausedTarget {
  /** The backend's name. */
  readonly id: string
  /** The backend's name again, or `address:port` of one endpoint of a Service. */
  readonly place: string
}

/**
 * Backends that asked to be left alone: a 503 with Retry-After means that nothing SHOULD be sent for that time
 * (RFC 3261 §21.5.4). Of a Service only the endpoint that said so is left alone. Knows only backends of the table.
 */
export interface BackendHealth {
  isUp(place: string): boolean
  /** `seconds`: the Retry-After of a 503. */
  pause(target: PausedTarget, seconds: number): void
  /** The backends that the table has now, by name; others are forgotten. May be a view that changes with the table. */
  retain(backends: Pick<ReadonlySet<string>, 'has'>): void
}

interface Pause {
  readonly target: PausedTarget
  until: number
}

export function createBackendHealth(now: () => number, emit: (event: CallEvent) => void): BackendHealth {
  const pauses = new Map<string, Pause>()
  let known: Pick<ReadonlySet<string>, 'has'> = new Set()
  const resume = ({ target }: Pause): void => {
    pauses.delete(target.place)
    emit({ ...healthOf(target), up: true, reason: 'pause_over' })
  }
  return {
    isUp: (place) => {
      const pause = pauses.get(place)
      if (pause === undefined) return true
      if (pause.until > now()) return false
      resume(pause)
      return true
    },
    pause: (target, seconds) => {
      if (!known.has(target.id) || seconds === 0) return
      const until = now() + Math.min(seconds * 1000, MAX_BACKEND_PAUSE_MS)
      const pause = pauses.get(target.place)
      if (pause) {
        pause.until = until
        return
      }
      pauses.set(target.place, { target: { id: target.id, place: target.place }, until })
      emit({ ...healthOf(target), up: false, reason: 'retry_after' })
    },
    retain: (backends) => {
      known = backends
      for (const pause of pauses.values()) {
        if (!backends.has(pause.target.id)) pauses.delete(pause.target.place)
        // Nobody asks for an endpoint that is gone: its pause would stay for ever.
        else if (pause.until <= now()) resume(pause)
      }
    },
  }
}

function healthOf({ id, place }: PausedTarget): { type: 'backend-health'; backend: string; endpoint?: string } {
  return { type: 'backend-health', backend: id, ...(place === id ? {} : { endpoint: place }) }
}
