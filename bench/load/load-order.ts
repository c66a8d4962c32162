/** What the load generator is told to do, a JSON line each on its standard input, and what it answers. */

/** `refused`: INVITE, a refusal, ACK. `forwarded`: INVITE, 180, 200, ACK, BYE, 200, with the backend in the same process. */
export type Scenario = 'refused' | 'forwarded'

/** So many calls open at any time, or so many new ones a second. */
export type Pace = { readonly outstanding: number } | { readonly callsPerSecond: number }

export interface LoadOrder {
  readonly scenario: Scenario
  readonly pace: Pace
  /** New calls are started for so many seconds. */
  readonly seconds: number
  readonly serverPort: number
  readonly backendPort: number
  /** Rules of the server: calls that are to be forwarded ask for their numbers. */
  readonly rules: number
}

export interface LoadResult {
  /** Calls that ended as the scenario says. */
  readonly calls: number
  /** From the first call's start to the last one's end. */
  readonly seconds: number
  /** Milliseconds from an INVITE to its final response. */
  readonly latency: { readonly p50: number; readonly p99: number; readonly max: number }
  /** Requests that the generator had to send again. */
  readonly resent: number
  /** Final responses that came more than once. */
  readonly repeated: number
  /** Calls that did not end. */
  readonly lost: number
  /** Final responses that the scenario does not expect, by status. */
  readonly unexpected: Readonly<Record<string, number>>
  /** Share of its core that the generator used: near 1 it is the generator that is measured. */
  readonly busy: number
}
