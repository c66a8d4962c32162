/** The orders that the load generator reads from its standard input, a JSON line each, and its results. */

/** `refused`: INVITE, a refusal, ACK. `forwarded`: INVITE, 180, 200, ACK, BYE, 200, with the backend in the same process. */
export type Scenario = 'refused' | 'forwarded'

/** How many calls are open at any time, or how many new ones start per second. */
export type Pace = { readonly outstanding: number } | { readonly callsPerSecond: number }

export interface LoadOrder {
  readonly scenario: Scenario
  readonly pace: Pace
  /** Seconds during which new calls are started. */
  readonly seconds: number
  readonly serverPort: number
  readonly backendPort: number
  /** Rules of the server: calls to be forwarded go to the numbers of these rules. */
  readonly rules: number
}

export interface LoadResult {
  /** Calls that ended as the scenario expects. */
  readonly calls: number
  /** Seconds from the start of the first call to the end of the last. */
  readonly seconds: number
  /** Milliseconds from an INVITE to its final response. */
  readonly latency: { readonly p50: number; readonly p99: number; readonly max: number }
  /** Requests that the generator had to send again. */
  readonly resent: number
  /** Final responses that came again. */
  readonly repeated: number
  /** Calls that did not end in time. */
  readonly lost: number
  /** Final responses that the scenario does not expect, by status. */
  readonly unexpected: Readonly<Record<string, number>>
  /** Share of its core that the generator used: near 1 the generator itself is the limit. */
  readonly busy: number
}
