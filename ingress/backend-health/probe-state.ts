/** What probes have shown about one address: whether enough of them in a row have failed, or have been answered again. Pure. */

/** How many probes in a row change the judgement. */
export interface ProbeThresholds {
  readonly failures: number
  readonly successes: number
}

export interface ProbeState {
  /** Whether the address counts as down. */
  readonly down: boolean
  /** The number of probes in a row whose result speaks against the present judgement. */
  readonly against: number
}

/** An address counts as up until its probes have failed: a pod that starts must not refuse calls because it knows nothing. */
export const UNPROBED: ProbeState = { down: false, against: 0 }

/** The state after a probe. `alive`: whether the probe was answered by a status that counts as alive. */
export function probeAfter({ down, against }: ProbeState, alive: boolean, thresholds: ProbeThresholds): ProbeState {
  if (alive !== down) return { down, against: 0 }
  const needed = down ? thresholds.successes : thresholds.failures
  return against + 1 >= needed ? { down: !down, against: 0 } : { down, against: against + 1 }
}
