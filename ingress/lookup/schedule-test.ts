/**
 * Whether a schedule holds at an instant. The local clock of the zone decides: a window holds while a clock on the wall there
 * shows a time inside it. The answer is remembered up to the next minute at which it may change, so that a call compares two
 * numbers. The caller hands in the time, and may go back and forth in it.
 */
import type { Schedule } from '../route-table/schedule.ts'
import { DAY_MS, dayOfLocal } from '../time/calendar.ts'
import type { TimeZone } from '../time/time-zone.ts'
import { MAX_NEAR_DAYS, MAX_SEARCHED_SPANS } from './limits.ts'
import { type ClosedDay, type ScheduleDays, scheduleDays } from './schedule-days.ts'

/** An instant, and the offset of the zone at it. Both in milliseconds. */
export interface LocalInstant {
  readonly at: number
  readonly offset: number
}

/** Why a schedule does not hold, and when it holds next. */
export interface ScheduleMiss {
  /** `windows`: no window contains the time. The other values: the day is taken out by this field. */
  readonly cause: ClosedDay
  readonly timeZone: string
  /** When the schedule was asked. */
  readonly asked: LocalInstant
  /** The first instant at which it holds again. Undefined if that is never, or not in the next ten years. */
  readonly next: LocalInstant | undefined
}

/** Times are milliseconds since 1970. */
export interface ScheduleTest {
  holds(at: number): boolean
  /**
   * Up to when the answer of `holds(at)` stands at least: the next change, or a time before it, at most a day away. No memory of an
   * answer may outlive this time.
   */
  until(at: number): number
  /** Must be asked only while the schedule does not hold. */
  miss(at: number): ScheduleMiss
}

/** The schedule is asked in `[from, until)`, and the answer is the same in all of it. */
interface Span {
  readonly from: number
  readonly until: number
  readonly holds: boolean
}

export function scheduleTest(schedule: Schedule, zone: TimeZone): ScheduleTest {
  const days = scheduleDays(schedule)
  const judge = (at: number): Span => judged(days, zone, at)
  let span: Span = { from: 0, until: 0, holds: false }
  let next: LocalInstant | undefined
  let nextKnown = false
  const spanAt = (at: number): Span => {
    if (at >= span.from && at < span.until) return span
    span = judge(at)
    nextKnown = false
    return span
  }
  return {
    holds: (at) => spanAt(at).holds,
    until: (at) => spanAt(at).until,
    miss(at) {
      spanAt(at)
      if (!nextKnown) next = nearHold(days, zone, at) ?? nextHold({ judge, zone, days }, at)
      nextKnown = true
      const { offset } = zone.spanAt(at)
      const cause = days.closedBy(dayOfLocal(at + offset)) ?? 'windows'
      return { cause, timeZone: schedule.timeZone, asked: { at, offset }, next }
    },
  }
}

/** Judges an instant. The span ends at the next edge of a window, at local midnight, or where the offset may change. */
function judged(days: ScheduleDays, zone: TimeZone, at: number): Span {
  const { offset, until } = zone.spanAt(at)
  const local = at + offset
  const today = dayOfLocal(local)
  let edge = (today + 1) * DAY_MS
  let holds = false
  // A window of yesterday may go on over midnight.
  for (let day = today - 1; day <= today; day++) {
    for (const { from, to } of days.windowsOf(day)) {
      const [begin, end] = [day * DAY_MS + from, day * DAY_MS + to]
      if (local < begin) edge = Math.min(edge, begin)
      else if (local < end) {
        edge = Math.min(edge, end)
        holds = true
      }
    }
  }
  return { from: at, until: Math.min(until, edge - offset), holds }
}

/**
 * The next beginning of a window, if it comes in a few days and the offset stays as it is. In so short a time no zone changes its
 * offset and changes it back. So the calendar alone tells the instant. This is the usual case, and the search below is slower.
 */
function nearHold(days: ScheduleDays, zone: TimeZone, at: number): LocalInstant | undefined {
  const { offset } = zone.spanAt(at)
  const local = at + offset
  const today = dayOfLocal(local)
  const begin = beginAfter(days, today, local) ?? beginAfter(days, days.nextOpen(today + 1), local)
  if (begin === undefined || begin - local > MAX_NEAR_DAYS * DAY_MS) return undefined
  const next = begin - offset
  return zone.spanAt(next).offset === offset ? { at: next, offset } : undefined
}

/** The first beginning of a window on a day that comes after a local time. */
function beginAfter(days: ScheduleDays, day: number | undefined, local: number): number | undefined {
  if (day === undefined) return undefined
  for (const { from } of days.windowsOf(day)) {
    const begin = day * DAY_MS + from
    if (begin > local) return begin
  }
  return undefined
}

interface Search {
  readonly judge: (at: number) => Span
  readonly zone: TimeZone
  readonly days: ScheduleDays
}

/**
 * The first instant from `at` on at which the schedule holds. Days on which no window begins are passed over by the calendar
 * alone. A window inside the gap of a spring change holds at no instant, so a day with windows may be passed over too.
 */
function nextHold({ judge, zone, days }: Search, at: number): LocalInstant | undefined {
  let time = at
  for (let tried = 0; tried < MAX_SEARCHED_SPANS; tried++) {
    const { holds, until } = judge(time)
    const { offset } = zone.spanAt(time)
    if (holds) return { at: time, offset }
    const open = days.nextOpen(dayOfLocal(until + offset) - 1)
    if (open === undefined) return undefined
    // Two days before the local day, so that no change of the offset can lie between.
    time = Math.max(until, (open - 2) * DAY_MS)
  }
  return undefined
}
