/** Probes the backends of the table for which rules have a health check, and keeps the results in the health of backends. */
import { type PlannedProbe, probePlan, type WantedProbe } from '../backend-health/probe-plan.ts'
import { createProber } from '../backend-health/prober.ts'
import type { ProbeOutcome } from '../call/call-events.ts'
import { targetsOf } from '../call/call-targets.ts'
import type { LiveTable } from '../lookup/live-table.ts'
import type { ProbeResult, SipEngine } from '../sip/port/engine.ts'
import type { ServingCore } from './serving-core.ts'

export interface BackendProbes {
  /** Must be called after each change of the table, or of the addresses of its backends. */
  changed(): void
  close(): void
}

type Parts = Pick<ServingCore, 'table' | 'health' | 'clock' | 'emit'>

export function createBackendProbes(
  parts: Parts,
  engine: Pick<SipEngine, 'probe'>,
  fraction: () => number,
): BackendProbes {
  const { table, health, clock, emit } = parts
  let stretched = false
  const prober = createProber({
    clock,
    fraction,
    send: (request, done) => engine.probe(request, done),
    onResult: (planned, result) => noteResult(parts, planned, result),
    onGone: ({ target }) => health.unprobed(target),
  })
  return {
    changed: () => {
      const plan = probePlan(wantedProbes(table, fraction))
      if (plan.stretch > 1 && !stretched)
        emit({ type: 'fault', code: 'probes-stretched', message: stretchText(plan.stretch) })
      stretched = plan.stretch > 1
      prober.follow(plan)
    },
    close: () => prober.close(),
  }
}

function stretchText(stretch: number): string {
  return `the health checks of all rules ask for too many probes: intervals are ${stretch.toFixed(1)} times as long as the rules say; ask fewer backends, or less often`
}

function* wantedProbes(table: LiveTable, fraction: () => number): Generator<WantedProbe> {
  for (const { backend, probes } of table.probedBackends().values()) {
    for (const target of targetsOf(backend, { table, fraction })) for (const probe of probes) yield { target, probe }
  }
}

function noteResult({ health, emit, clock }: Parts, planned: PlannedProbe, result: ProbeResult): void {
  const { target, probe, backends } = planned
  const outcome = outcomeOf(result, probe.statuses)
  emit({ type: 'backend-probe', backends, result: outcome })
  if (outcome === 'unsent') return
  // A refused connection leaves no doubt, whether a call or a probe has found it.
  if (outcome === 'transport') {
    health.observe(target, { type: 'failed', beganAt: clock.now(), reason: 'transport', caller: '' })
  }
  health.probed(target, outcome === 'answered', probe)
}

function outcomeOf(result: ProbeResult, statuses: readonly number[]): ProbeOutcome {
  if (result.type !== 'answered') return result.type
  return statuses.includes(result.status) ? 'failed' : 'answered'
}
