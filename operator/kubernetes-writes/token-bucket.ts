import type { DatedClock } from '../../ingress/time/dated-clock.ts'

export interface TokenBucketLimits {
  readonly ratePerSecond: number
  /** Tokens of a full bucket. It starts full. */
  readonly burst: number
}

export interface TokenBucket {
  /** Takes one token if there is one. */
  take(): boolean
  /** Takes one token, if need be in advance: milliseconds until it is there. */
  reserve(): number
  /** Milliseconds until `take` would succeed; 0 where it would now. */
  delay(): number
  /** Nothing has been taken that has not been filled up again. */
  full(): boolean
}

/** A token bucket on a clock of its caller, in milliseconds. */
export function createTokenBucket({ ratePerSecond, burst }: TokenBucketLimits, now: () => number): TokenBucket {
  let tokens = burst
  let filledAt = now()
  const fill = () => {
    const at = now()
    tokens = Math.min(burst, tokens + ((at - filledAt) * ratePerSecond) / 1000)
    filledAt = at
  }
  // Rounded up, so that whoever waits as long as he is told finds his token.
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

/** Tokens: what sums of fractions may be off by. */
const ROUNDING = 1e-9

/** Resolves after so many milliseconds. Rejects with the signal's reason once that is aborted. */
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
