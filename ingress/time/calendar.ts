/**
 * Local days and times, as numbers. A day is counted from 1970-01-01, which is day 0. A local time is the milliseconds that a
 * clock on the wall shows, counted from the beginning of day 0. So all days have the same length, and no zone is needed.
 */

export const DAY_MS = 86_400_000
export const MINUTE_MS = 60_000
const SECOND_MS = 1000

const DATE_AND_MINUTE_LENGTH = 16
const DATE_AND_SECOND_LENGTH = 19
const WEEKDAY_LENGTH = 3

/** The number of a day that is written as `2026-12-24`. The text must be a day of the calendar. */
export function dayOfDate(date: string): number {
  return Date.parse(`${date}T00:00:00Z`) / DAY_MS
}

/** The day to which a local time belongs. */
export function dayOfLocal(local: number): number {
  return Math.floor(local / DAY_MS)
}

/** The place of a day in its week: 0 is Monday. 1970-01-01 was a Thursday. */
export function weekdayOf(day: number): number {
  return (((day + 3) % 7) + 7) % 7
}

/** The day of the week of a local time: `Thu`. */
export function weekdayName(local: number): string {
  return new Date(local).toUTCString().slice(0, WEEKDAY_LENGTH)
}

/**
 * An instant as local time with its offset: `2026-12-24T18:00+01:00`. Seconds are shown if there are any. `offset` is in
 * milliseconds, east of UTC.
 */
export function localText(at: number, offset: number): string {
  const text = new Date(at + offset).toISOString()
  const length = at % MINUTE_MS < SECOND_MS ? DATE_AND_MINUTE_LENGTH : DATE_AND_SECOND_LENGTH
  return `${text.slice(0, length)}${offsetText(offset)}`
}

function offsetText(offset: number): string {
  if (offset === 0) return 'Z'
  const minutes = Math.round(Math.abs(offset) / MINUTE_MS)
  const two = (value: number): string => String(value).padStart(2, '0')
  return `${offset < 0 ? '-' : '+'}${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`
}
