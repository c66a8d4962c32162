/** RFC 3261 §16.7 step 6: which of the final responses that the branches received goes to the caller. Pure. */

export interface FinalResponse {
  readonly status: number
}

/** Codes that tell the caller how to repair its request, in the order in which the RFC names them. */
const PREFERRED: readonly number[] = [401, 407, 415, 420, 484]

/**
 * A 6xx wins over all others. Without one, the lowest class wins. Inside a class, the codes that say how to repair the request
 * come first, then the latest response. 503 does not count, because one backend's 503 says nothing about us (§16.7 step 6).
 * Undefined if no other response is left: then the calling code sends its own answer for the case that no backend is left.
 */
export function bestResponse<R extends FinalResponse>(responses: readonly R[]): R | undefined {
  const usable = responses.filter((response) => response.status !== 503)
  const decline = usable.find((response) => response.status >= 600)
  if (decline) return decline
  const lowest = Math.min(...usable.map((response) => Math.floor(response.status / 100)))
  const candidates = usable.filter((response) => Math.floor(response.status / 100) === lowest)
  for (const status of PREFERRED) {
    const repairing = candidates.find((response) => response.status === status)
    if (repairing) return repairing
  }
  return candidates.at(-1)
}
