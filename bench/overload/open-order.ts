/** The orders of the open-loop generator, a JSON line each, and their results. */
import type { Scenario } from '../load/load-order.ts'

export interface OpenOrder {
  readonly scenario: Scenario
  /** New calls per second on average, whether earlier ones were answered or not. */
  readonly callsPerSecond: number
  /** Seconds of load before the window that is counted. */
  readonly settleSeconds: number
  /** Seconds of the window. The load goes on to its end. */
  readonly seconds: number
  readonly serverPort: number
  readonly backendPort: number
  /** Rules of the server: calls to be forwarded go to the numbers of these rules. */
  readonly rules: number
  /** Of the arrival times: the same seed and rate, the same times. */
  readonly seed: number
  /** INVITEs per second from an address that nobody admits. */
  readonly strangersPerSecond: number
}

/** What happened inside the window, no matter when its call began. */
export interface OpenResult {
  /** Seconds of the window. */
  readonly seconds: number
  /** Calls that were really begun. */
  readonly started: number
  /** Calls that ended as the scenario expects: a refusal in time, or a 200, ACK, BYE and 200. */
  readonly well: number
  /** Those of them whose final answer came in time. */
  readonly wellInTime: number
  /** Final answers that came too late, of any kind. */
  readonly late: number
  /** Calls that the server refused for its own sake. */
  readonly shed: number
  /** Calls without a final answer until the caller gave up. */
  readonly lost: number
  /** BYEs without an answer until the caller gave up. */
  readonly hanging: number
  /** Final answers that the scenario does not expect, by status. */
  readonly unexpected: Readonly<Record<string, number>>
  /** INVITEs and BYEs that the caller sent again. */
  readonly resent: number
  /** 200s that the backend sent again. */
  readonly answeredAgain: number
  /** Milliseconds from the first INVITE of a call to its final answer. */
  readonly latency: { readonly p50: number; readonly p99: number; readonly max: number }
  /** Milliseconds by which the latest call was begun after its time: the generator's own lateness. */
  readonly behind: number
  /** Datagrams that strangers really sent, and bytes that came back to them in the whole order. */
  readonly strangers: number
  readonly strangerBytes: number
  /** Datagrams that the kernel dropped at the generator's own sockets in the whole order: what it counts is then wrong. */
  readonly ownDrops: number
}
