import type { CallEvent } from './call-events.ts'
import { MAX_BACKEND_PAUSE_MS } from './limits.ts'

/** A paused backend or endpoint. */
export interface PausedTarget {
  /** The backend's name. */
  readonly id: string
  /** The backend's name again, or `address:port` of one endpoint of a Service. */
  readonly place: string
}

/**
 * The paused backends. A 503 with Retry-After asks us to send nothing for that time (RFC 3261 §21.5.4). For a Service, only
 * the endpoint that sent the 503 is paused. Only backends of the table can be paused.
 */
export interface BackendHealth {
  isUp(place: string): boolean
  /** Pauses a target. `seconds` is the Retry-After of a 503. */
  pause(target: PausedTarget, seconds: number): void
  /**
   * Sets the names of the table's backends, and forgets the pauses of all other backends. `backends` may change later with
   * the table.
   */
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
        // `isUp` is never called for an endpoint that no longer exists. So the pause of such an endpoint must end here.
        else if (pause.until <= now()) resume(pause)
      }
    },
  }
}

function healthOf({ id, place }: PausedTarget): { type: 'backend-health'; backend: string; endpoint?: string } {
  return { type: 'backend-health', backend: id, ...(place === id ? {} : { endpoint: place }) }
}
