/** RFC 3261 §16.7 step 6: chooses the final response for the caller from the final responses of the branches. Pure. */

export interface FinalResponse {
  readonly status: number
}

/** Codes that tell the caller how to correct its request. They are in the order in which RFC 3261 §16.7 names them. */
const PREFERRED: readonly number[] = [401, 407, 415, 420, 484]

/**
 * A 6xx wins over all other responses. If there is no 6xx, the lowest class wins. Inside a class, a code that shows how to
 * correct the request wins. If there is no such code, the last response in the list wins. A 503 is ignored: it says that one
 * backend cannot serve calls, and other backends may. If only 503 responses or no responses are left, the result is undefined,
 * and the calling code sends its own answer.
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
