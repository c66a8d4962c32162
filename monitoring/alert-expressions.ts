/**
 * Parts of the alerts' expressions. Two rules hold for all of them. An alert of one release ignores other releases that the
 * same Prometheus scrapes. And a counter whose first value is 3 has risen by 3.
 */
import { INSTALLATION } from './placeholders.ts'

export const BY_TRUNK = 'by (namespace, job, trunk)'

const BY_POD = 'on (namespace, job, instance)'

/** Matches this release, and releases without a name: those of an older version, or started without `--installation`. */
export const OWN = `installation=~"${INSTALLATION}|"`

const OTHERS = `installation!~"${INSTALLATION}|"`

/**
 * Leaves out series of other installations. `range` is how far the expression looks back: the series of a pod can be
 * evaluated for so long after the pod is gone.
 */
export function notOfOthers(expr: string, range = '5m'): string {
  return `${expr} unless ${BY_POD} last_over_time(sip_dispatch_build_info{${OTHERS}}[${range}])`
}

/** The same for the metrics of operators. */
export function notOfOtherOperators(expr: string): string {
  return `${expr} unless ${BY_POD} last_over_time(sip_dispatch_operator_build_info{${OTHERS}}[5m])`
}

/**
 * The increase of counters over a time. Prometheus's `increase` takes the first value of a counter as its start. So a
 * counter that appeared during this time, in a pod that was there before, is counted with its whole value. For a pod that
 * was scraped for less than this time, the increase is unknown.
 */
export function risen(series: string, range: string): string {
  const newPods = `(sip_dispatch_build_info unless sip_dispatch_build_info offset ${range})`
  const born = `(${series} unless ${series} offset ${range} unless ${BY_POD} ${newPods})`
  return notOfOthers(`(${born} or increase(${series}[${range}]))`, range)
}

/**
 * The times over which recording rules sum the calls of each trunk, so that alerts read these short series instead of a day
 * of raw ones.
 */
export const WINDOWS = ['10m', '30m', '1h', '6h', '1d'] as const
export type Window = (typeof WINDOWS)[number]

export type Counted = 'invites' | 'near_misses'

/** The name of a recorded series. */
export function recorded(what: Counted, range: Window): string {
  return `trunk_outcome:sip_dispatch_${what}:increase${range}`
}

/** A recorded series, summed by trunk. `ago`: for a window that ended so long ago. */
function counted(what: Counted, range: Window, { selector = '', ago = '' } = {}): string {
  const own = `installation="${INSTALLATION}"${selector === '' ? '' : `, ${selector}`}`
  return `sum ${BY_TRUNK} (${recorded(what, range)}{${own}}${ago === '' ? '' : ` offset ${ago}`})`
}

/** Calls of each trunk whose outcome the selector matches. */
export function calls(range: Window, selector: string, ago = ''): string {
  return counted('invites', range, { selector, ago })
}

/** Near misses of each trunk: calls that it almost admitted. */
export function nearMisses(range: Window): string {
  return counted('near_misses', range)
}

interface Share {
  /** The selectors of the counted calls and of all calls. */
  readonly part: string
  readonly of: string
  readonly range: Window
  /** The alert needs more than this share ... */
  readonly above: number
  /** ... and at least so many calls, because a single call says little. */
  readonly atLeast: number
}

/** The share of a trunk's calls, if it is too large. */
export function share({ part, of, range, above, atLeast }: Share): string {
  return `(${calls(range, part)} / ${calls(range, of)} > ${above} and ${calls(range, part)} >= ${atLeast})`
}

const SLOW = 'sip_dispatch_final_response_seconds'

/** The fewest slow answers in the longer window: one slow answer of three is not a trend. */
const MIN_SLOW = 5

interface SlowShare {
  /** Outcomes that are answered at once. */
  readonly selector: string
  readonly range: string
  readonly above: number
}

/** The share of answers that took longer than half a second, if it is too large. */
function slow({ selector, range, above }: SlowShare): string {
  const sum = (series: string): string => `sum by (namespace, job) (${notOfOthers(`rate(${series}[${range}])`, range)})`
  return `1 - ${sum(`${SLOW}_bucket{${selector}, le="0.5"}`)} / ${sum(`${SLOW}_count{${selector}}`)} > ${above}`
}

function slowCount(selector: string, range: string): string {
  const sum = (series: string): string => `sum by (namespace, job) (increase(${series}[${range}]))`
  return `${sum(`${SLOW}_count{${selector}}`)} - ${sum(`${SLOW}_bucket{${selector}, le="0.5"}`)} >= ${MIN_SLOW}`
}

/** Both windows must exceed the limit: the long one shows that the problem matters, the short one that it still goes on. */
export function burning(
  selector: string,
  [long, short]: readonly [long: string, short: string],
  above: number,
): string {
  const ranges = [long, short].map((range) => slow({ selector, range, above }))
  return `(${[...ranges, slowCount(selector, long)].join(' and ')})`
}
