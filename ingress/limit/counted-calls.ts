/**
 * The calls that are counted for limits on concurrent calls. This is used for nothing but the count: the ingress keeps no
 * dialogs. Pure; times are monotonic milliseconds.
 */
import { MAX_COUNTED_CALLS, SWEPT_CALLS } from './limits.ts'

/** Something that counts its calls: the limit of a trunk or of a rule. */
export interface CallCount {
  active: number
}

/** One counted call, or several with the same key, such as a call that passes this pod twice. */
export interface CountedCall {
  readonly key: number
  readonly counts: readonly CallCount[]
  /** How many calls have the key. 0 after the last of them has ended. */
  times: number
  expiresAt: number
}

export interface CountedCalls {
  /** The number of keys. */
  readonly size: number
  /** Counts a call until `expiresAt`. Undefined if there is no room, and then nothing is counted. */
  begin(key: number, counts: readonly CallCount[], expiresAt: number): CountedCall | undefined
  /** Counts the call no longer. A second call of this function for the same call changes nothing. */
  end(call: CountedCall): void
  /** The same by the key of the call. Returns whether this process counted it. */
  endKey(key: number): boolean
  /** Ends calls whose time is over. Looks at some calls only, and goes on from there at the next call of this function. */
  sweep(now: number): void
}

export function createCountedCalls(maxCalls = MAX_COUNTED_CALLS): CountedCalls {
  const calls = new Map<number, CountedCall>()
  let swept = calls.values()
  const leave = (call: CountedCall, times: number): void => {
    call.times -= times
    for (const count of call.counts) count.active -= times
    if (call.times === 0) calls.delete(call.key)
  }
  const end = (call: CountedCall): void => {
    if (call.times > 0) leave(call, 1)
  }
  return {
    get size() {
      return calls.size
    },
    begin: (key, counts, expiresAt) => {
      const known = calls.get(key)
      if (known) return again(known, expiresAt)
      if (calls.size >= maxCalls) return undefined
      const call: CountedCall = { key, counts, times: 1, expiresAt }
      for (const count of counts) count.active++
      calls.set(key, call)
      return call
    },
    end,
    endKey: (key) => {
      const call = calls.get(key)
      if (call) end(call)
      return call !== undefined
    },
    sweep: (now) => {
      for (let i = 0; i < SWEPT_CALLS; i++) {
        const next = swept.next()
        if (next.done) {
          swept = calls.values()
          return
        }
        if (next.value.expiresAt <= now) leave(next.value, next.value.times)
      }
    },
  }
}

/** Counts one more call with the key. The counts of the first one are used, so that what is added is also taken away. */
function again(call: CountedCall, expiresAt: number): CountedCall {
  call.times++
  for (const count of call.counts) count.active++
  call.expiresAt = Math.max(call.expiresAt, expiresAt)
  return call
}
