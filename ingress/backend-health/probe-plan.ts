/** Which addresses are probed, and how often. Pure. */
import type { BackendProbe } from '../route-table/route-table.ts'
import { type HealthTarget, healthAddress } from './health-address.ts'
import { MAX_PROBES_PER_SECOND } from './limits.ts'

/** A target that a rule wants to be probed. */
export interface WantedProbe {
  readonly target: HealthTarget
  readonly probe: BackendProbe
}

/** One address that is probed. All rules and all backends that name the address share its probes. */
export interface PlannedProbe extends WantedProbe {
  /** The names of the backends, each once. The first one is that of `target`. */
  readonly backends: readonly string[]
}

export interface ProbePlan {
  /** By address, as `healthAddress` writes it. */
  readonly probes: ReadonlyMap<string, PlannedProbe>
  /** All intervals are multiplied by this number, so that the pod sends at most `MAX_PROBES_PER_SECOND`. Usually 1. */
  readonly stretch: number
}

/**
 * Makes the plan. If several health checks are wanted for one address, the one with the shortest interval holds as a whole. If
 * two intervals are equal, the texts decide, so that the order of rules does not matter.
 */
export function probePlan(wanted: Iterable<WantedProbe>): ProbePlan {
  const probes = new Map<string, PlannedProbe>()
  for (const { target, probe } of wanted) {
    const key = healthAddress(target)
    const before = probes.get(key)
    if (before === undefined) probes.set(key, { target, probe, backends: [target.id] })
    else probes.set(key, merged(before, { target, probe }))
  }
  let perSecond = 0
  for (const { probe } of probes.values()) perSecond += 1000 / probe.intervalMs
  return { probes, stretch: Math.max(1, perSecond / MAX_PROBES_PER_SECOND) }
}

function merged(before: PlannedProbe, { target, probe }: WantedProbe): PlannedProbe {
  const backends = before.backends.includes(target.id) ? before.backends : [...before.backends, target.id]
  return isSooner(probe, before.probe) ? { ...before, backends, probe } : { ...before, backends }
}

function isSooner(a: BackendProbe, b: BackendProbe): boolean {
  if (a.intervalMs !== b.intervalMs) return a.intervalMs < b.intervalMs
  return JSON.stringify(a) < JSON.stringify(b)
}
