import type { DatedClock } from '../../ingress/time/dated-clock.ts'

export interface TokenBucketLimits {
  readonly ratePerSecond: number
  /** The number of tokens in a full bucket. A new bucket is full. */
  readonly burst: number
}

export interface TokenBucket {
  /** Takes one token. Returns false if the bucket is empty. */
  take(): boolean
  /** Takes one token, even from an empty bucket. Returns the milliseconds until this token is available. */
  reserve(): number
  /** The milliseconds until `take` succeeds. 0 if it succeeds now. */
  delay(): number
  /** Whether the bucket has all its tokens. */
  full(): boolean
}

/** Makes a token bucket. `now` returns the time in milliseconds. */
export function createTokenBucket({ ratePerSecond, burst }: TokenBucketLimits, now: () => number): TokenBucket {
  let tokens = burst
  let filledAt = now()
  const fill = () => {
    const at = now()
    tokens = Math.min(burst, tokens + ((at - filledAt) * ratePerSecond) / 1000)
    filledAt = at
  }
  // The time is rounded up, so that the token is available when this time has passed.
  const delayOf = (missing: number) => (missing <= ROUNDING ? 0 : Math.ceil((missing * 1000) / ratePerSecond))
  return {
    take: () => {
      fill()
      if (tokens < 1 - ROUNDING) return false
      tokens--
      return true
    },
    reserve: () => {
      fill()
      tokens--
      return delayOf(-tokens)
    },
    delay: () => {
      fill()
      return delayOf(1 - tokens)
    },
    full: () => {
      fill()
      return tokens >= burst
    },
  }
}

/** The largest rounding error in a number of tokens. */
const ROUNDING = 1e-9

/** Resolves after this many milliseconds. If the signal is aborted earlier, rejects with the reason of the signal. */
export function pause(clock: DatedClock, milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const aborted = () => {
      cancel()
      reject(signal.reason)
    }
    const cancel = clock.after(milliseconds, () => {
      signal.removeEventListener('abort', aborted)
      resolve()
    })
    signal.addEventListener('abort', aborted, { once: true })
    if (signal.aborted) aborted()
  })
}
