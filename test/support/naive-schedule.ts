/**
 * Whether a schedule holds, found out slowly: `Intl` says what the clock on the wall shows, and the clock is compared with each
 * window as it is written. The other code is compared with this one.
 */
import type { Schedule, ScheduleException } from '../../ingress/route-table/schedule.ts'

/** What a clock and a calendar on the wall show. */
interface WallClock {
  /** Such as `2026-12-24`. */
  readonly date: string
  readonly weekday: string
  /** Minutes since midnight, as they are shown. */
  readonly minute: number
}

const formats = new Map<string, Intl.DateTimeFormat>()

function wallClock(at: number, timeZone: string): WallClock {
  const format = formats.get(timeZone) ?? newFormat(timeZone)
  formats.set(timeZone, format)
  const shown = Object.fromEntries(format.formatToParts(at).map(({ type, value }) => [type, value]))
  const { year, month, day, weekday = '', hour, minute } = shown
  return { date: `${year}-${month}-${day}`, weekday, minute: Number(hour) * 60 + Number(minute) }
}

function newFormat(timeZone: string): Intl.DateTimeFormat {
  const two = '2-digit' as const
  const date = { year: 'numeric', month: two, day: two, weekday: 'short' } as const
  return new Intl.DateTimeFormat('en-US', { timeZone, ...date, hour: two, minute: two, hourCycle: 'h23' })
}

/** The day before by the calendar, even if the zone has left that day out. */
function dayBefore({ date, minute }: WallClock): WallClock {
  const before = new Date(Date.parse(`${date}T12:00:00Z`) - 86_400_000)
  const weekday = before.toLocaleDateString('en-US', { weekday: 'short', timeZone: 'UTC' })
  return { date: before.toISOString().slice(0, 10), weekday, minute: minute + 1440 }
}

export function naiveHolds(schedule: Schedule, at: number): boolean {
  const now = wallClock(at, schedule.timeZone)
  return [now, dayBefore(now)].some((clock) => begunOn(schedule, clock))
}

function begunOn({ windows, except, validFrom, validUntil }: Schedule, { date, weekday, minute }: WallClock): boolean {
  if (validFrom !== undefined && date < validFrom) return false
  if (validUntil !== undefined && date > validUntil) return false
  if (except.some((exception) => takesOut(exception, date))) return false
  return windows.some(({ day, from, to }) => day === weekday && from <= minute && minute < to)
}

function takesOut(exception: ScheduleException, date: string): boolean {
  if (exception.type === 'yearly') return date.endsWith(`-${exception.day}`)
  return exception.from <= date && date <= exception.to
}
