import { MAX_UNCONFIRMED_REQUESTS } from '../../limits.ts'
import type { SendOptions, TransportEvents } from './transport.ts'

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
  add(options: SendOptions): void
  /** Removes a request that was not sent after all. */
  remove(options: SendOptions): void
  /** Called when a packet has come from the destination. It shows that the destination is alive. */
  confirm(): void
  /** RFC 3261 §18.4: tells each request, once, that it has failed with this error. */
  fail(error: Error): void
}

export function createUnconfirmedRequests(events: TransportEvents): UnconfirmedRequests {
  let pending: SendOptions[] = []
  return {
    get size() {
      return pending.length
    },
    add: (options) => {
      if (pending.length >= MAX_UNCONFIRMED_REQUESTS) pending.shift()
      pending.push(options)
    },
    remove: (options) => {
      pending = pending.filter((each) => each !== options)
    },
    confirm: () => {
      if (pending.length > 0) pending = []
    },
    fail: (error) => {
      const failed = pending
      pending = []
      for (const options of failed) tellFailure(options, error, events)
    },
  }
}

/**
 * Reports the failure of a request that was never sent. `SendOptions` promises that `onFailure` is never called during
 * `sendRequest`, so it is called a little later.
 */
export function failSoon(options: SendOptions, error: Error, events: TransportEvents): void {
  queueMicrotask(() => tellFailure(options, error, events))
}

function tellFailure(options: SendOptions, error: Error, events: TransportEvents): void {
  try {
    options.onFailure(error)
  } catch (thrown) {
    events.onFault('listener-threw', `onFailure: ${thrown instanceof Error ? thrown.stack : String(thrown)}`)
  }
}
