/** A bucket of tokens: one token lets one call pass. Pure; times are monotonic milliseconds. */

/** `callsPerSecond` tokens come per second, until the bucket has `burst` of them. Fractions are allowed. */
export interface BucketRate {
  readonly callsPerSecond: number
  readonly burst: number
}

export interface TokenBucket {
  tokens: number
  filledAt: number
}

/** A full bucket. */
export function createTokenBucket({ burst }: BucketRate, now: number): TokenBucket {
  return { tokens: burst, filledAt: now }
}

/**
 * Adds the tokens that have come since the last call, and returns whether there is one for a call. Takes none. A clock that
 * goes back adds nothing.
 */
export function hasToken(bucket: TokenBucket, { callsPerSecond, burst }: BucketRate, now: number): boolean {
  const elapsed = Math.max(0, now - bucket.filledAt)
  bucket.tokens = Math.min(burst, bucket.tokens + (elapsed * callsPerSecond) / 1000)
  bucket.filledAt = now
  return bucket.tokens >= 1
}

/** Takes a token. Called only after `hasToken` has returned true. */
export function takeToken(bucket: TokenBucket): void {
  bucket.tokens -= 1
}
