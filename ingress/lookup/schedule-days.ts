/** The days of a schedule: which windows begin on a day, and why none does. Days are counted from 1970-01-01. */
import type { Schedule, ScheduleException, Weekday } from '../route-table/schedule.ts'
import { WEEKDAYS } from '../route-table/schedule.ts'
import { DAY_MS, dayOfDate, MINUTE_MS, weekdayOf } from '../time/calendar.ts'
import { MAX_SEARCHED_DAYS } from './limits.ts'

/** A window, in milliseconds from the beginning of its day. `from` belongs to it, `to` does not. */
export interface DayWindow {
  readonly from: number
  readonly to: number
}

/**
 * Why no window begins on a day. `windows`: none of the windows is for this day of the week. The other values name the field
 * that takes the day out.
 */
export type ClosedDay = 'windows' | 'except' | 'validFrom' | 'validUntil'

export interface ScheduleDays {
  /** The windows that begin on the day, the earliest first. */
  windowsOf(day: number): readonly DayWindow[]
  /** Why no window begins on the day. Undefined if a window does. */
  closedBy(day: number): ClosedDay | undefined
  /** The first day from `day` on, itself included, on which a window begins. Undefined if there is none in the next ten years. */
  nextOpen(day: number): number | undefined
}

const NO_WINDOWS: readonly DayWindow[] = []

export function scheduleDays(schedule: Schedule): ScheduleDays {
  const week = WEEKDAYS.map((name) => windowsOn(name, schedule))
  const { except, validFrom, validUntil } = schedule
  const first = validFrom === undefined ? Number.NEGATIVE_INFINITY : dayOfDate(validFrom)
  const last = validUntil === undefined ? Number.POSITIVE_INFINITY : dayOfDate(validUntil)
  const exceptions = exceptionDays(except)
  const onWeekday = (day: number) => week[weekdayOf(day)] ?? NO_WINDOWS
  const closedBy = (day: number): ClosedDay | undefined => {
    if (day < first) return 'validFrom'
    if (day > last) return 'validUntil'
    // The day of the week comes first, because it costs least in a long search.
    if (onWeekday(day).length === 0) return 'windows'
    return exceptions.endOf(day) === undefined ? undefined : 'except'
  }
  return {
    windowsOf: (day) => (closedBy(day) === undefined ? onWeekday(day) : NO_WINDOWS),
    closedBy,
    nextOpen: (day) => {
      let next = Math.max(day, first)
      for (let tried = 0; tried < MAX_SEARCHED_DAYS && next <= last; tried++) {
        if (closedBy(next) === undefined) return next
        next = (exceptions.endOf(next) ?? next) + 1
      }
      return undefined
    },
  }
}

/** The windows of a day of the week, the earliest first. The compiler sorts them too, but the check of the cache does not ask for that. */
function windowsOn(name: Weekday, { windows }: Schedule): DayWindow[] {
  return windows
    .filter(({ day }) => day === name)
    .map(({ from, to }) => ({ from: from * MINUTE_MS, to: to * MINUTE_MS }))
    .sort((a, b) => a.from - b.from)
}

/** The last day of an exception that contains the day. Undefined if no exception does. */
function exceptionDays(exceptions: readonly ScheduleException[]): { endOf(day: number): number | undefined } {
  const yearly = new Set<number>()
  const ranges: { from: number; to: number }[] = []
  for (const exception of exceptions) {
    switch (exception.type) {
      case 'yearly':
        yearly.add(monthAndDay(dayOfDate(`2000-${exception.day}`)))
        break
      case 'days':
        ranges.push({ from: dayOfDate(exception.from), to: dayOfDate(exception.to) })
    }
  }
  return {
    endOf(day) {
      const range = ranges.find(({ from, to }) => from <= day && day <= to)
      if (range !== undefined) return range.to
      return yearly.size > 0 && yearly.has(monthAndDay(day)) ? day : undefined
    },
  }
}

/** The month and the day in it as one number: 1225 for 25 December. */
function monthAndDay(day: number): number {
  const date = new Date(day * DAY_MS)
  return (date.getUTCMonth() + 1) * 100 + date.getUTCDate()
}
