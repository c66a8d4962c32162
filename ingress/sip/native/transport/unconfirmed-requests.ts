import { MAX_UNCONFIRMED_REQUESTS } from '../../limits.ts'
import type { SendOptions, TransportEvents } from './transport.ts'

type OnFailure = SendOptions['onFailure']

/**
 * The requests that were sent to one destination after its last packet came. An ICMP error or a reset does not name the request
 * to which it belongs. So all these requests fail: the error means that the destination itself cannot be reached.
 */
export interface UnconfirmedRequests {
  readonly size: number
  /**
   * Adds a request. If there are more than `MAX_UNCONFIRMED_REQUESTS`, the oldest ones are removed. They learn of no error, so
   * only their timers end them.
   */
  add(onFailure: OnFailure): void
  /** Removes a request that was not sent after all. */
  remove(onFailure: OnFailure): void
  /** Called when a packet has come from the destination. It shows that the destination is alive. */
  confirm(): void
  /** RFC 3261 §18.4: tells each request, once, that it has failed with this error. */
  fail(error: Error): void
}

export function createUnconfirmedRequests(events: TransportEvents): UnconfirmedRequests {
  let pending: OnFailure[] = []
  return {
    get size() {
      return pending.length
    },
    add: (onFailure) => {
      if (pending.length >= MAX_UNCONFIRMED_REQUESTS) pending.shift()
      pending.push(onFailure)
    },
    remove: (onFailure) => {
      pending = pending.filter((each) => each !== onFailure)
    },
    confirm: () => {
      if (pending.length > 0) pending = []
    },
    fail: (error) => {
      const failed = pending
      pending = []
      for (const onFailure of failed) tellFailure(onFailure, error, events)
    },
  }
}

/**
 * Reports the failure of a request that was never sent. `SendOptions` promises that `onFailure` is never called during
 * `sendRequest`, so it is called a little later.
 */
export function failSoon(onFailure: OnFailure, error: Error, events: TransportEvents): void {
  queueMicrotask(() => tellFailure(onFailure, error, events))
}

function tellFailure(onFailure: OnFailure, error: Error, events: TransportEvents): void {
  try {
    onFailure(error)
  } catch (thrown) {
    events.onFault('listener-threw', `onFailure: ${thrown instanceof Error ? thrown.stack : String(thrown)}`)
  }
}
