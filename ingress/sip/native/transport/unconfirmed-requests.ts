import { MAX_UNCONFIRMED_REQUESTS } from '../../limits.ts'
import type { SendOptions, TransportEvents } from './transport.ts'

type OnFailure = SendOptions['onFailure']

/**
 * The requests that were sent to one destination after its last packet came. An ICMP error or a reset does not say to which
 * request it belongs. That does not matter, because no request can reach the destination.
 */
export interface UnconfirmedRequests {
  readonly size: number
  /**
   * Adds a request. If there are more than `MAX_UNCONFIRMED_REQUESTS`, the oldest are removed: only their timers can make them
   * fail.
   */
  add(onFailure: OnFailure): void
  /** Removes a request that was not sent after all. */
  remove(onFailure: OnFailure): void
  /** Called when a packet has come from the destination: the destination is alive. */
  confirm(): void
  /** RFC 3261 §18.4: reports the error to each request, once. */
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
 * Reports the failure of a request that was never sent. `onFailure` is called after `sendRequest` has returned, as `SendOptions`
 * promises.
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
