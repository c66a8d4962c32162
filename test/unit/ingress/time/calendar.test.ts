import { describe, expect, it } from '@jest/globals'
import { DAY_MS, dayOfDate, dayOfLocal, localText, weekdayName, weekdayOf } from '../../../../ingress/time/calendar.ts'

describe('a day', () => {
  it.each([
    ['1970-01-01', 0, 3],
    ['2026-11-30', 20_787, 0],
    ['2028-02-29', 21_243, 1],
    ['1969-12-28', -4, 6],
  ])('%s is day %d, and in its place %d of the week', (date, day, weekday) => {
    expect([dayOfDate(date), weekdayOf(day)]).toEqual([day, weekday])
    expect([dayOfLocal(day * DAY_MS), dayOfLocal((day + 1) * DAY_MS - 1)]).toEqual([day, day])
  })
})

describe('an instant as text', () => {
  const HOUR = 3_600_000
  it.each([
    ['2026-12-24T17:00:00Z', HOUR, '2026-12-24T18:00+01:00', 'Thu'],
    ['2026-12-24T17:00:05Z', 0, '2026-12-24T17:00:05Z', 'Thu'],
    ['2026-12-24T17:00:00.400Z', 0, '2026-12-24T17:00Z', 'Thu'],
    ['2026-12-25T02:00:00Z', -3.5 * HOUR, '2026-12-24T22:30-03:30', 'Thu'],
    ['2026-12-24T20:00:00Z', 5.75 * HOUR, '2026-12-25T01:45+05:45', 'Fri'],
  ])('%s, %d ms ahead of UTC, is %s', (time, offset, text, weekday) => {
    const at = Date.parse(time)
    expect([localText(at, offset), weekdayName(at + offset)]).toEqual([text, weekday])
  })
})
