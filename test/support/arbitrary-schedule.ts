/** Random schedules, and instants near the changes of clocks in their zones. */
import * as fc from 'fast-check'
import {
  DAY_MINUTES,
  type Schedule,
  type ScheduleException,
  type ScheduleWindow,
  TWO_DAYS_MINUTES,
  WEEKDAYS,
} from '../../ingress/route-table/schedule.ts'

/** Zones, and a day near which the offset of each changes. */
const CHANGES: readonly (readonly [timeZone: string, date: string])[] = [
  ['Europe/Berlin', '2026-03-29'],
  ['Europe/Berlin', '2026-10-25'],
  ['America/New_York', '2026-03-08'],
  ['America/New_York', '2026-11-01'],
  ['Australia/Lord_Howe', '2026-04-05'],
  ['Australia/Lord_Howe', '2026-10-04'],
  ['Pacific/Apia', '2011-12-30'],
  ['America/Sao_Paulo', '2018-11-04'],
  ['Africa/Casablanca', '2026-02-15'],
  ['Asia/Kathmandu', '2028-02-29'],
  ['UTC', '2026-12-31'],
]

const HOUR_MS = 3_600_000

/** A zone, and an instant at most two days from a change of its clocks. */
export const zoneAndInstant = fc
  .tuple(fc.constantFrom(...CHANGES), fc.integer({ min: -48 * 60, max: 48 * 60 }))
  .map(([[timeZone, date], minutes]) => ({
    timeZone,
    date,
    at: Date.parse(`${date}T00:00:00Z`) + minutes * 60_000,
  }))

const minute = fc.oneof(fc.constantFrom(0, 60, 90, 120, 150, 180, 1439), fc.integer({ min: 0, max: DAY_MINUTES - 1 }))

const window: fc.Arbitrary<ScheduleWindow> = fc
  .tuple(
    fc.constantFrom(...WEEKDAYS),
    minute,
    fc.oneof(
      minute,
      minute.map((m) => m + DAY_MINUTES),
    ),
  )
  .filter(([, from, to]) => from < to && to <= Math.min(TWO_DAYS_MINUTES, from + DAY_MINUTES))
  .map(([day, from, to]) => ({ day, from, to }))

function near(date: string, days: number): string {
  return new Date(Date.parse(`${date}T00:00:00Z`) + days * 24 * HOUR_MS).toISOString().slice(0, 10)
}

/** A schedule whose exceptions and dates are near the date. */
export function scheduleNear(timeZone: string, date: string): fc.Arbitrary<Schedule> {
  const day = fc.integer({ min: -3, max: 3 }).map((days) => near(date, days))
  const exception: fc.Arbitrary<ScheduleException> = fc.oneof(
    day.map((on) => ({ type: 'days' as const, from: on, to: on })),
    day.map((from) => ({ type: 'days' as const, from, to: near(from, 2) })),
    day.map((on) => ({ type: 'yearly' as const, day: on.slice(5) })),
  )
  return fc.record(
    {
      timeZone: fc.constant(timeZone),
      windows: fc.array(window, { maxLength: 8 }),
      except: fc.array(exception, { maxLength: 2 }),
      validFrom: day,
      validUntil: day,
    },
    { requiredKeys: ['timeZone', 'windows', 'except'] },
  )
}
