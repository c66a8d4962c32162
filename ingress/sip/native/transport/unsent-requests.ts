import { MAX_STREAM_QUEUE_BYTES } from '../../limits.ts'
import type { SendOptions } from './transport.ts'

const NEVER = Number.POSITIVE_INFINITY

interface UnsentRequest {
  readonly bytes: Uint8Array
  readonly options: SendOptions
  /** The time on the clock at which the request is given up. */
  readonly until: number
}

/** Requests that wait until a connection is established, in the order in which they came. */
interface UnsentRequests {
  readonly size: number
  /** The earliest time at which one of the requests must be given up. It is `NEVER` if no request waits. */
  readonly earliest: number
  /** Adds a request and returns true. If too many bytes would wait, adds nothing and returns false. */
  add(request: UnsentRequest): boolean
  takeAll(): readonly UnsentRequest[]
  /** Removes and returns the requests whose time is over. */
  takeExpired(now: number): readonly UnsentRequest[]
}

export function createUnsentRequests(): UnsentRequests {
  let pending: UnsentRequest[] = []
  let pendingBytes = 0
  let earliest = NEVER
  return {
    get size() {
      return pending.length
    },
    get earliest() {
      return earliest
    },
    add: (request) => {
      if (pendingBytes + request.bytes.length > MAX_STREAM_QUEUE_BYTES) return false
      pendingBytes += request.bytes.length
      earliest = Math.min(earliest, request.until)
      pending.push(request)
      return true
    },
    takeAll: () => {
      const all = pending
      pending = []
      pendingBytes = 0
      earliest = NEVER
      return all
    },
    takeExpired: (now) => {
      const expired = pending.filter(({ until }) => until <= now)
      pending = pending.filter(({ until }) => until > now)
      for (const { bytes } of expired) pendingBytes -= bytes.length
      earliest = pending.reduce((first, { until }) => Math.min(first, until), NEVER)
      return expired
    },
  }
}
