import { MAX_UNCONFIRMED_REQUESTS } from '../../limits.ts'
import type { SendOptions, TransportEvents } from './transport.ts'

type OnFailure = SendOptions['onFailure']

/**
 * The requests sent to one destination since its last sign of life. An ICMP error or a reset does not say to which request it
 * belongs. That does not matter: the destination is down for all of them.
 */
export interface UnconfirmedRequests {
  readonly size: number
  /** Adds a request. Where there are more than `MAX_UNCONFIRMED_REQUESTS`, the oldest are left to their timers. */
  add(onFailure: OnFailure): void
  /** The destination is alive. */
  confirm(): void
  /** RFC 3261 §18.4: reports the error to each of them, once. */
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

/** Fails a request that was never sent. `onFailure` is called after `sendRequest` has returned, as `SendOptions` promises. */
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
