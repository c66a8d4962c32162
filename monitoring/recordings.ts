/** The recording rules for the alerts. */
import { type Counted, recorded, risen, WINDOWS, type Window } from './alert-expressions.ts'
import { INSTALLATION } from './placeholders.ts'

export interface Recording {
  readonly record: string
  readonly expr: string
}

const SERIES: Readonly<Record<Counted, readonly [series: string, by: string]>> = {
  invites: ['sip_dispatch_invites_total{trunk!=""}', 'namespace, job, trunk, outcome'],
  near_misses: ['sip_dispatch_near_misses_total{method="INVITE"}', 'namespace, job, trunk'],
}

const COUNTED: readonly Counted[] = ['invites', 'near_misses']

/** Recordings of the raw counters. They run at each evaluation of the alerts, before them. */
export const RECORDINGS: readonly Recording[] = COUNTED.map((what) => {
  const [series, by] = SERIES[what]
  return { record: recorded(what, '10m'), expr: `sum by (${by}) (${risen(series, '10m')})` }
})

/** Recordings over longer times, made from those above: six hours are the sum of 36 values of ten minutes. */
export const LONGER_RECORDINGS: readonly Recording[] = COUNTED.flatMap((what) =>
  WINDOWS.filter((range) => range !== '10m').map((range) => ({
    record: recorded(what, range),
    expr: summed(what, range),
  })),
)

function summed(what: Counted, range: Window): string {
  return `sum_over_time(${recorded(what, '10m')}{installation="${INSTALLATION}"}[${range}:10m])`
}
