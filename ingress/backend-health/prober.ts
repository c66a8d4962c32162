/** Sends the probes of the plan, each address at its own times, and hands their results on. */
import type { ProbeRequest, ProbeResult } from '../sip/port/engine.ts'
import type { Clock, Timer } from '../time/clock.ts'
import { FIRST_PROBES_MS, MAX_PROBES_PER_SECOND, PROBE_JITTER } from './limits.ts'
import type { PlannedProbe, ProbePlan } from './probe-plan.ts'

export interface ProberOptions {
  readonly clock: Clock
  /** Returns a number in [0, 1). */
  readonly fraction: () => number
  readonly send: (request: ProbeRequest, done: (result: ProbeResult) => void) => () => void
  readonly onResult: (probe: PlannedProbe, result: ProbeResult) => void
  /** Called when an address is not probed any more. */
  readonly onGone: (probe: PlannedProbe) => void
}

export interface Prober {
  /** Probes the addresses of this plan from now on. An address that was in the plan before keeps its times. */
  follow(plan: ProbePlan): void
  /** Ends all probes. What they have found stays. */
  close(): void
}

interface Probing {
  planned: PlannedProbe
  beganAt: number
  timer: Timer | undefined
  /** Ends the waiting for the probe that is under way. */
  cancel: (() => void) | undefined
}

export function createProber(options: ProberOptions): Prober {
  const all = new Map<string, Probing>()
  const rhythm = { stretch: 1 }
  const stop = (address: string, { timer, cancel }: Probing): void => {
    all.delete(address)
    if (timer) options.clock.cancel(timer)
    cancel?.()
  }
  return {
    follow: ({ probes, stretch }) => {
      rhythm.stretch = stretch
      for (const [address, probing] of all) {
        if (probes.has(address)) continue
        stop(address, probing)
        options.onGone(probing.planned)
      }
      const spreadMs = Math.max(FIRST_PROBES_MS, (probes.size / MAX_PROBES_PER_SECOND) * 1000)
      for (const [address, planned] of probes) {
        const before = all.get(address)
        if (before && before.planned.probe.intervalMs <= planned.probe.intervalMs) before.planned = planned
        else {
          if (before) stop(address, before)
          all.set(address, begun(planned, spreadMs, { options, rhythm }))
        }
      }
    },
    close: () => {
      for (const [address, probing] of all) stop(address, probing)
    },
  }
}

interface Context {
  readonly options: ProberOptions
  readonly rhythm: { readonly stretch: number }
}

/** The first probe of an address comes soon, but not with those of all other addresses. */
function begun(planned: PlannedProbe, spreadMs: number, context: Context): Probing {
  const { clock, fraction } = context.options
  const probing: Probing = { planned, beganAt: 0, timer: undefined, cancel: undefined }
  const firstMs = fraction() * Math.min(spreadMs, planned.probe.intervalMs * context.rhythm.stretch)
  probing.timer = clock.after(firstMs, probe, { probing, context })
  return probing
}

function probe({ probing, context }: { readonly probing: Probing; readonly context: Context }): void {
  const { clock, fraction, send, onResult } = context.options
  const { target, probe: settings } = probing.planned
  probing.beganAt = clock.now()
  let ended = false
  const cancel = send({ target, user: settings.user, timeoutMs: settings.timeoutMs }, (result) => {
    ended = true
    probing.cancel = undefined
    // The interval counts from the begin of this probe, and the next one waits until this one has ended.
    const jitter = 1 + PROBE_JITTER * (fraction() - 0.5)
    const leftMs = settings.intervalMs * context.rhythm.stretch * jitter - (clock.now() - probing.beganAt)
    probing.timer = clock.after(Math.max(0, leftMs), probe, { probing, context })
    onResult(probing.planned, result)
  })
  if (!ended) probing.cancel = cancel
}
