/** RFC 3261 §16.7 step 6: chooses the final response that the caller gets, from the final responses of the branches. Pure. */

export interface FinalResponse {
  readonly status: number
}

/** Codes that show the caller how to correct its request, in the order in which the RFC names them. */
const PREFERRED: readonly number[] = [401, 407, 415, 420, 484]

/**
 * A 6xx wins over all other responses. If there is no 6xx, the lowest class wins. Inside a class, a code that shows how to
 * correct the request wins. If no response has such a code, the last one in the list wins. 503 responses are ignored: a 503
 * says that one backend cannot serve calls, not that we cannot (§16.7 step 6). The result is undefined if there are only 503
 * responses or none. Then the calling code sends its own answer.
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
