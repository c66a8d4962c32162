/**
 * Time zones. Node has their laws with its ICU data, and tells them through `Intl`. Asking `Intl` takes about 2 µs, so a zone
 * remembers the offsets of the days that it was asked about.
 */
import { DAY_MS, MINUTE_MS } from './calendar.ts'
import { REMEMBERED_DAYS } from './limits.ts'

/** The offset of a zone in a span of time. Times are milliseconds since 1970. */
export interface OffsetSpan {
  /** The offset holds up to here, this instant not included. After it, the zone must be asked again. At most a day away. */
  readonly until: number
  /** Milliseconds that local time is ahead of UTC. Negative west of Greenwich. */
  readonly offset: number
}

export interface TimeZone {
  readonly name: string
  /** The span that contains the instant. */
  spanAt(at: number): OffsetSpan
}

/** The spans of one day of UTC. On most days the offset does not change, and both are the same. */
interface DaySpans {
  readonly day: number
  readonly first: OffsetSpan
  readonly second: OffsetSpan
}

/** Makes a zone. Throws a RangeError if Node does not know the name. */
export function createTimeZone(name: string): TimeZone {
  const format = new Intl.DateTimeFormat('en-US', { timeZone: name, timeZoneName: 'longOffset' })
  const offsetAt = (at: number): number => offsetOf(format.format(at))
  const known: (DaySpans | undefined)[] = new Array<DaySpans | undefined>(REMEMBERED_DAYS).fill(undefined)
  return {
    name,
    spanAt(at) {
      const day = Math.floor(at / DAY_MS)
      const place = day & (REMEMBERED_DAYS - 1)
      let spans = known[place]
      if (spans?.day !== day) {
        spans = spansOf(offsetAt, day)
        known[place] = spans
      }
      return at < spans.first.until ? spans.first : spans.second
    },
  }
}

/**
 * The spans of a day. No zone has changed its offset and changed it back within one day. So if the offset is the same at both
 * ends, it is the same between them.
 */
function spansOf(offsetAt: (at: number) => number, day: number): DaySpans {
  const [begin, end] = [day * DAY_MS, (day + 1) * DAY_MS]
  const [offset, later] = [offsetAt(begin), offsetAt(end)]
  const second = { until: end, offset: later }
  if (offset === later) return { day, first: second, second }
  return { day, first: { until: firstChange(offsetAt, begin, end), offset }, second }
}

/** The first instant after `from` at which the offset is not that of `from`. Offsets change at whole minutes. */
function firstChange(offsetAt: (at: number) => number, from: number, to: number): number {
  const offset = offsetAt(from)
  let [same, other] = [from / MINUTE_MS, to / MINUTE_MS]
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
