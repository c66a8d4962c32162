/**
 * Time zones. Node has their laws with its ICU data, and tells them through `Intl`. Asking `Intl` takes about 2 µs, so a zone
 * remembers its offset until the offset may change.
 */
import { DAY_MS, MINUTE_MS } from './calendar.ts'

/** The offset of a zone in a span of time. Times are milliseconds since 1970. */
export interface OffsetSpan {
  /** The offset holds from here on, this instant included. */
  readonly from: number
  /** The offset holds up to here, this instant not included. After it, the zone must be asked again. */
  readonly until: number
  /** Milliseconds that local time is ahead of UTC. Negative west of Greenwich. */
  readonly offset: number
}

export interface TimeZone {
  readonly name: string
  /** The span that contains the instant. It is at most a day long. */
  spanAt(at: number): OffsetSpan
}

/** Makes a zone. Throws a RangeError if Node does not know the name. */
export function createTimeZone(name: string): TimeZone {
  const format = new Intl.DateTimeFormat('en-US', { timeZone: name, timeZoneName: 'longOffset' })
  const offsetAt = (at: number): number => offsetOf(format.format(at))
  let known: OffsetSpan = { from: 0, until: 0, offset: 0 }
  return {
    name,
    spanAt(at) {
      if (at < known.from || at >= known.until) known = findSpan(offsetAt, at)
      return known
    },
  }
}

/**
 * The span from `at` to the next change of the offset, at most a day. No zone has changed its offset and changed it back within
 * one day. So if the offset is the same at both ends, it is the same between them.
 */
function findSpan(offsetAt: (at: number) => number, at: number): OffsetSpan {
  const offset = offsetAt(at)
  const end = at + DAY_MS
  const until = offsetAt(end) === offset ? end : firstChange(offsetAt, at, end)
  return { from: at, until, offset }
}

/** The first instant after `from` at which the offset is not that of `from`. Offsets change at whole minutes. */
function firstChange(offsetAt: (at: number) => number, from: number, to: number): number {
  const offset = offsetAt(from)
  let same = Math.floor(from / MINUTE_MS)
  let other = Math.ceil(to / MINUTE_MS)
  while (other - same > 1) {
    const middle = Math.floor((same + other) / 2)
    if (offsetAt(middle * MINUTE_MS) === offset) same = middle
    else other = middle
  }
  return other * MINUTE_MS
}

/** The offset at the end of a formatted date: `GMT`, `GMT+05:45` or, before 1972, `GMT-00:44:30`. */
function offsetOf(text: string): number {
  const [, sign, hours = '0', minutes = '0', seconds = '0'] = /GMT(?:([+-])(\d+):(\d+)(?::(\d+))?)?$/.exec(text) ?? []
  const size = (Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds)) * 1000
  return sign === '-' ? -size : size
}
