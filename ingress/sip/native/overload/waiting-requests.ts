/** Requests that wait while the process is behind, in the order in which they came. */

import type { Flow } from '../transport/transport.ts'
import { MAX_WAITING_BYTES, MAX_WAITING_REQUESTS } from './limits.ts'

export interface WaitingRequest {
  /** A copy of the packet. */
  readonly bytes: Buffer
  readonly flow: Flow
  /** Names the request among those that wait. */
  readonly key: string
  /** Monotonic milliseconds, when the packet was read. */
  readonly arrivedAt: number
}

export interface WaitingRequests {
  readonly count: number
  /** Whether a request with this key waits. The whole keys are compared. */
  has(key: string): boolean
  /** Puts a request at the end. Returns false, and takes nothing, if there is no room. */
  add(request: WaitingRequest): boolean
  /** The request that came first. It is not removed. */
  first(): WaitingRequest | undefined
  /** Removes the request that came first. */
  removeFirst(): void
}

/** A bounded queue. No two requests in it have the same key, so the caller must ask `has` first. */
export function createWaitingRequests(): WaitingRequests {
  const requests: (WaitingRequest | undefined)[] = []
  const keys = new Set<string>()
  let from = 0
  let bytes = 0
  const removeFirst = (): void => {
    const request = requests[from]
    if (request === undefined) return
    requests[from++] = undefined
    keys.delete(request.key)
    bytes -= request.bytes.length
    if (from < requests.length) return
    requests.length = 0
    from = 0
  }
  /** Removes the empty places at the beginning. */
  const giveBack = (): void => {
    requests.splice(0, from)
    from = 0
  }
  return {
    get count() {
      return requests.length - from
    },
    has: (key) => keys.has(key),
    add: (request) => {
      const isFull = keys.size >= MAX_WAITING_REQUESTS || bytes + request.bytes.length > MAX_WAITING_BYTES
      if (isFull) return false
      if (from >= MAX_WAITING_REQUESTS) giveBack()
      requests.push(request)
      keys.add(request.key)
      bytes += request.bytes.length
      return true
    },
    first: () => requests[from],
    removeFirst,
  }
}
