/**
 * Destinations to which a TCP connection has failed. A large request waits for a shorter time for a connection to such a
 * destination (RFC 3261 §18.1.1).
 */
import type { Clock } from '../../time/clock.ts'
import {
  MAX_STREAM_FAILURES,
  STREAM_ALTERNATIVE_CONNECT_MS,
  STREAM_FAILURE_MS,
  STREAM_RETRY_CONNECT_MS,
} from '../limits.ts'
import type { Destination } from './transport/transport.ts'

type Place = Pick<Destination, 'address' | 'port'>

export interface StreamFailures {
  /** How many milliseconds a request waits for a connection if it can also be sent in another way. */
  connectMs(place: Place): number
  /** Remembers that a request failed at this place. To be called only for requests that can also be sent in another way. */
  note(place: Place): void
}

export function createStreamFailures(clock: Clock): StreamFailures {
  /** For each destination, the time at which its failure will be forgotten. The oldest failure is first. */
  const failures = new Map<string, number>()
  return {
    connectMs: (place) => {
      const until = failures.size === 0 ? undefined : failures.get(keyOf(place))
      return until !== undefined && until > clock.now() ? STREAM_RETRY_CONNECT_MS : STREAM_ALTERNATIVE_CONNECT_MS
    },
    note: (place) => {
      const key = keyOf(place)
      failures.delete(key)
      const [oldest] = failures.keys()
      if (failures.size >= MAX_STREAM_FAILURES && oldest !== undefined) failures.delete(oldest)
      failures.set(key, clock.now() + STREAM_FAILURE_MS)
    },
  }
}

function keyOf({ address, port }: Place): string {
  return `${address.text} ${port}`
}
