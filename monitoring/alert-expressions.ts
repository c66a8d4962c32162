/**
 * Parts of the expressions of alerts. Two things are in all of them: an alert of a release is not about another release
 * that the same Prometheus scrapes, and a counter that begins at 3 has risen by 3.
 */
import { INSTALLATION } from './placeholders.ts'

export const BY_TRUNK = 'by (namespace, job, trunk)'

const BY_POD = 'on (namespace, job, instance)'

/** This release, or one that has no name: of an older version, or started without `--installation`. */
export const OWN = `installation=~"${INSTALLATION}|"`

const OTHERS = `installation!~"${INSTALLATION}|"`

/**
 * What belongs to no other installation; `range`: how far the expression looks back, since what a pod has counted is there for
 * longer than the pod.
 */
export function notOfOthers(expr: string, range = '5m'): string {
  return `${expr} unless ${BY_POD} last_over_time(sip_dispatch_build_info{${OTHERS}}[${range}])`
}

/** The same for what an operator says. */
export function notOfOtherOperators(expr: string): string {
  return `${expr} unless ${BY_POD} last_over_time(sip_dispatch_operator_build_info{${OTHERS}}[5m])`
}

/**
 * The rise of counters over a time. One that was not there at its beginning, in a pod that was, has risen by all that it says
 * (`increase` takes its first value for where it began); of a pod that has been scraped for a shorter time nobody knows.
 */
export function risen(series: string, range: string): string {
  const newPods = `(sip_dispatch_build_info unless sip_dispatch_build_info offset ${range})`
  const born = `(${series} unless ${series} offset ${range} unless ${BY_POD} ${newPods})`
  return notOfOthers(`(${born} or increase(${series}[${range}]))`, range)
}

/** Times over which rules record what happened on each trunk: alerts ask for short series, and not for a day of long ones. */
export const WINDOWS = ['10m', '30m', '1h', '6h', '1d'] as const
export type Window = (typeof WINDOWS)[number]

export type Counted = 'invites' | 'near_misses'

/** The name of what is recorded. */
export function recorded(what: Counted, range: Window): string {
  return `trunk_outcome:sip_dispatch_${what}:increase${range}`
}

/** What was recorded, summed by trunk; `ago`: for a time that ended then. */
function counted(what: Counted, range: Window, { selector = '', ago = '' } = {}): string {
  const own = `installation="${INSTALLATION}"${selector === '' ? '' : `, ${selector}`}`
  return `sum ${BY_TRUNK} (${recorded(what, range)}{${own}}${ago === '' ? '' : ` offset ${ago}`})`
}

/** Calls of each trunk that end as the selector says. */
export function calls(range: Window, selector: string, ago = ''): string {
  return counted('invites', range, { selector, ago })
}

/** Calls that each trunk almost admitted. */
export function nearMisses(range: Window): string {
  return counted('near_misses', range)
}

interface Share {
  /** What is counted, and of what. */
  readonly part: string
  readonly of: string
  readonly range: Window
  /** More than this part of them ... */
  readonly above: number
  /** ... and at least so many: one call says little. */
  readonly atLeast: number
}

/** The part of a trunk's calls, where it is too large. */
export function share({ part, of, range, above, atLeast }: Share): string {
  return `(${calls(range, part)} / ${calls(range, of)} > ${above} and ${calls(range, part)} >= ${atLeast})`
}

const SLOW = 'sip_dispatch_final_response_seconds'

/** Slow ones in the longer time that one needs: one of three is no trend. */
const MIN_SLOW = 5

interface SlowShare {
  /** Outcomes that are answered at once. */
  readonly selector: string
  readonly range: string
  readonly above: number
}

/** The part of answers that took longer than half a second, where it is too large. */
function slow({ selector, range, above }: SlowShare): string {
  const sum = (series: string): string => `sum by (namespace, job) (${notOfOthers(`rate(${series}[${range}])`, range)})`
  return `1 - ${sum(`${SLOW}_bucket{${selector}, le="0.5"}`)} / ${sum(`${SLOW}_count{${selector}}`)} > ${above}`
}

function slowCount(selector: string, range: string): string {
  const sum = (series: string): string => `sum by (namespace, job) (increase(${series}[${range}]))`
  return `${sum(`${SLOW}_count{${selector}}`)} - ${sum(`${SLOW}_bucket{${selector}, le="0.5"}`)} >= ${MIN_SLOW}`
}

/** Both windows: the long one says that it matters, the short one that it still goes on. */
export function burning(
  selector: string,
  [long, short]: readonly [long: string, short: string],
  above: number,
): string {
  const ranges = [long, short].map((range) => slow({ selector, range, above }))
  return `(${[...ranges, slowCount(selector, long)].join(' and ')})`
}
