import { describe, expect, it } from '@jest/globals'
import { scheduleTest } from '../../../../ingress/lookup/schedule-test.ts'
import { scheduleMissText } from '../../../../ingress/lookup/schedule-text.ts'
import type { Schedule } from '../../../../ingress/route-table/schedule.ts'
import { createTimeZone } from '../../../../ingress/time/time-zone.ts'
import { scheduleEntry, windowsOf } from '../../../support/schedule-entry.ts'

const at = (text: string): number => Date.parse(text)

function testOf(schedule: Schedule) {
  return scheduleTest(schedule, createTimeZone(schedule.timeZone))
}

/** Whether the schedule holds in the minute before an instant, and from it on. */
function around(schedule: Schedule, instant: string): readonly [before: boolean, from: boolean] {
  const test = testOf(schedule)
  return [test.holds(at(instant) - 1), test.holds(at(instant))]
}

const BEGINS = [false, true] as const
const ENDS = [true, false] as const
const GOES_ON = [true, true] as const
const STAYS_OUT = [false, false] as const

type Row = readonly [what: string, instant: string, expected: readonly [boolean, boolean]]

function table(schedule: Schedule, rows: readonly Row[]): void {
  it.each(rows)('%s (%s)', (_what, instant, expected) => {
    expect(around(schedule, instant)).toEqual(expected)
  })
}

describe('office hours in Berlin', () => {
  table(scheduleEntry(), [
    ['begin on Monday at eight in winter', '2026-11-30T08:00+01:00', BEGINS],
    ['begin on Monday at eight in summer', '2026-06-29T08:00+02:00', BEGINS],
    ['end on Friday at six', '2026-12-04T18:00+01:00', ENDS],
    ['are not on Saturday', '2026-12-05T08:00+01:00', STAYS_OUT],
    ['go on at noon', '2026-12-01T12:00+01:00', GOES_ON],
    ['go on over local midnight of another zone', '2026-12-01T15:00+01:00', GOES_ON],
  ])
})

describe('a window over midnight belongs to the day on which it begins', () => {
  const night = { windows: windowsOf('Fri 22:00-30:00') }
  describe('without exceptions', () => {
    table(scheduleEntry(night), [
      ['begins on Friday', '2026-12-18T22:00+01:00', BEGINS],
      ['goes on at midnight', '2026-12-19T00:00+01:00', GOES_ON],
      ['ends on Saturday', '2026-12-19T06:00+01:00', ENDS],
      ['does not begin on Saturday', '2026-12-19T22:00+01:00', STAYS_OUT],
      ['is not there on Friday morning', '2026-12-18T05:00+01:00', STAYS_OUT],
    ])
  })
  describe('an exception takes it out where it begins', () => {
    table(scheduleEntry({ ...night, except: [{ type: 'yearly', day: '12-25' }] }), [
      ['does not begin on the holiday', '2026-12-25T22:00+01:00', STAYS_OUT],
      ['is not there on the morning after the holiday', '2026-12-26T01:00+01:00', STAYS_OUT],
      ['begins on the Friday after', '2027-01-01T22:00+01:00', BEGINS],
    ])
  })
  describe('and the morning of a holiday belongs to the day before', () => {
    table(scheduleEntry({ ...night, except: [{ type: 'days', from: '2026-12-19', to: '2026-12-20' }] }), [
      ['goes on into the holiday', '2026-12-19T00:00+01:00', GOES_ON],
      ['ends on the holiday', '2026-12-19T06:00+01:00', ENDS],
    ])
  })
  describe('validity is that of the day on which it begins', () => {
    table(scheduleEntry({ ...night, validFrom: '2026-12-19', validUntil: '2026-12-25' }), [
      ['not begun on the day before validFrom', '2026-12-19T01:00+01:00', STAYS_OUT],
      ['begins on the last day', '2026-12-25T22:00+01:00', BEGINS],
      ['goes on after the last day', '2026-12-26T00:00+01:00', GOES_ON],
      ['ends on the morning after the last day', '2026-12-26T06:00+01:00', ENDS],
      ['does not begin after it', '2027-01-01T22:00+01:00', STAYS_OUT],
    ])
  })
})

describe('whole days, and windows that touch', () => {
  table(scheduleEntry({ windows: windowsOf('Mon 00:00-24:00', 'Tue 00:00-24:00', 'Wed 09:00-12:00') }), [
    ['begins at midnight', '2026-11-30T00:00+01:00', BEGINS],
    ['goes on from day to day', '2026-12-01T00:00+01:00', GOES_ON],
    ['ends at midnight', '2026-12-02T00:00+01:00', ENDS],
  ])
})

describe('when clocks are put forward', () => {
  describe('Berlin, 02:00 to 03:00 on 2026-03-29', () => {
    describe('a window inside the gap', () => {
      table(scheduleEntry({ windows: windowsOf('Sun 02:15-02:45') }), [
        ['is there on the Sunday before', '2026-03-22T02:15+01:00', BEGINS],
        ['does not come on that day', '2026-03-29T03:00+02:00', STAYS_OUT],
      ])
    })
    describe('a window that begins in the gap', () => {
      table(scheduleEntry({ windows: windowsOf('Sun 02:30-04:00') }), [
        ['begins at three', '2026-03-29T03:00+02:00', BEGINS],
        ['ends at four', '2026-03-29T04:00+02:00', ENDS],
      ])
    })
    describe('a window that ends in the gap', () => {
      table(scheduleEntry({ windows: windowsOf('Sun 01:00-02:30') }), [
        ['ends at three', '2026-03-29T03:00+02:00', ENDS],
      ])
    })
  })
  describe('New York on 2026-03-08', () => {
    table(scheduleEntry({ timeZone: 'America/New_York', windows: windowsOf('Sun 02:30-09:00') }), [
      ['begins at three', '2026-03-08T03:00-04:00', BEGINS],
      ['ends by the new offset', '2026-03-08T09:00-04:00', ENDS],
    ])
  })
  describe('Lord Howe, half an hour on 2026-10-04', () => {
    table(scheduleEntry({ timeZone: 'Australia/Lord_Howe', windows: windowsOf('Sun 02:10-02:40') }), [
      ['begins after the gap of 30 minutes', '2026-10-04T02:30+11:00', BEGINS],
      ['ends at 02:40', '2026-10-04T02:40+11:00', ENDS],
    ])
  })
  describe('Apia, which left out 2011-12-30, a Friday', () => {
    table(scheduleEntry({ timeZone: 'Pacific/Apia', windows: windowsOf('Thu 22:00-30:00', 'Fri 22:00-30:00') }), [
      ['begins on Thursday', '2011-12-29T22:00-10:00', BEGINS],
      ['goes on in the hours of Saturday that belong to the Friday', '2011-12-31T00:00+14:00', GOES_ON],
      ['ends on Saturday', '2011-12-31T06:00+14:00', ENDS],
    ])
  })
})

describe('when clocks are put back', () => {
  describe('Berlin, 03:00 to 02:00 on 2026-10-25', () => {
    describe('a window inside the doubled hour', () => {
      table(scheduleEntry({ windows: windowsOf('Sun 02:15-02:45') }), [
        ['begins', '2026-10-25T02:15+02:00', BEGINS],
        ['ends', '2026-10-25T02:45+02:00', ENDS],
        ['begins again', '2026-10-25T02:15+01:00', BEGINS],
        ['ends again', '2026-10-25T02:45+01:00', ENDS],
      ])
    })
    describe('a window over the doubled hour', () => {
      table(scheduleEntry({ windows: windowsOf('Sun 01:00-04:00') }), [
        ['goes on where clocks are put back', '2026-10-25T02:00+01:00', GOES_ON],
        ['ends at four, an hour longer than its times say', '2026-10-25T04:00+01:00', ENDS],
      ])
    })
  })
  describe('Lord Howe, half an hour on 2026-04-05', () => {
    table(scheduleEntry({ timeZone: 'Australia/Lord_Howe', windows: windowsOf('Sun 01:40-01:50') }), [
      ['begins', '2026-04-05T01:40+11:00', BEGINS],
      ['begins again half an hour later', '2026-04-05T01:40+10:30', BEGINS],
    ])
  })
})

describe('other zones and days', () => {
  table(scheduleEntry({ timeZone: 'Asia/Kathmandu' }), [
    ['Kathmandu begins by its quarter of an hour', '2026-11-30T08:00+05:45', BEGINS],
  ])
  table(scheduleEntry({ timeZone: 'UTC' }), [['UTC begins', '2026-11-30T08:00Z', BEGINS]])
  const leap = { timeZone: 'UTC', except: [{ type: 'yearly', day: '02-29' }] } as const
  table(scheduleEntry({ ...leap, windows: windowsOf('Mon-Fri 00:00-24:00') }), [
    ['29 February of a leap year is taken out', '2028-02-29T00:00Z', ENDS],
    ['and ends with its day', '2028-03-01T00:00Z', BEGINS],
    ['a year without it loses no day', '2027-03-01T00:00Z', BEGINS],
  ])
})

describe('what is remembered', () => {
  const office = scheduleEntry()

  it('says up to when it stands: the end of the window, and midnight if nothing comes before', () => {
    const test = testOf(office)
    expect(test.until(at('2026-11-30T12:00+01:00'))).toBe(at('2026-11-30T18:00+01:00'))
    expect(test.until(at('2026-11-30T19:00+01:00'))).toBe(at('2026-12-01T00:00+01:00'))
    expect(test.until(at('2026-11-30T07:59+01:00'))).toBe(at('2026-11-30T08:00+01:00'))
  })

  it('ends where the offset changes, though no window does', () => {
    const test = testOf(scheduleEntry({ windows: windowsOf('Sun 00:00-24:00') }))
    expect(test.until(at('2026-03-29T01:30+01:00'))).toBe(at('2026-03-29T03:00+02:00'))
  })

  it('does not outlive a step of the clock over an edge, forth or back', () => {
    const test = testOf(office)
    const [by, after] = [at('2026-11-30T17:00+01:00'), at('2026-11-30T20:00+01:00')]
    expect([by, after, by, after, by].map((time) => test.holds(time))).toEqual([true, false, true, false, true])
  })

  it('says after a step back what comes next from there', () => {
    const test = testOf(office)
    const next = (time: string) => test.miss(at(time)).next?.at
    expect(next('2026-12-05T12:00+01:00')).toBe(at('2026-12-07T08:00+01:00'))
    expect(next('2026-12-01T20:00+01:00')).toBe(at('2026-12-02T08:00+01:00'))
  })
})

describe('why a schedule does not hold', () => {
  const dates = {
    except: [
      { type: 'days', from: '2026-12-24', to: '2027-01-03' },
      { type: 'yearly', day: '01-06' },
    ],
    validFrom: '2026-12-01',
    validUntil: '2027-01-07',
  } as const
  const text = (fields: Partial<Schedule>, time: string) =>
    scheduleMissText(testOf(scheduleEntry(fields)).miss(at(time)))

  it.each([
    [
      '2026-12-23T18:00+01:00',
      'Wed 2026-12-23T18:00+01:00 is in none of its windows; it matches next from Mon 2027-01-04T08:00+01:00 (Europe/Berlin)',
    ],
    [
      '2026-12-24T10:00+01:00',
      'Thu 2026-12-24T10:00+01:00 is on a day of except; it matches next from Mon 2027-01-04T08:00+01:00 (Europe/Berlin)',
    ],
    [
      '2027-01-06T10:00:30+01:00',
      'Wed 2027-01-06T10:00:30+01:00 is on a day of except; it matches next from Thu 2027-01-07T08:00+01:00 (Europe/Berlin)',
    ],
    [
      '2020-01-01T10:00Z',
      'Wed 2020-01-01T11:00+01:00 is before validFrom; it matches next from Tue 2026-12-01T08:00+01:00 (Europe/Berlin)',
    ],
    [
      '2027-01-07T18:00+01:00',
      'Thu 2027-01-07T18:00+01:00 is in none of its windows; it matches at no time in the next ten years (Europe/Berlin)',
    ],
    [
      '2027-02-01T10:00Z',
      'Mon 2027-02-01T11:00+01:00 is after validUntil; it matches at no time in the next ten years (Europe/Berlin)',
    ],
  ])('%s', (time, expected) => {
    expect(text(dates, time)).toBe(expected)
  })

  it('finds the end of a long exception, and of none', () => {
    const long = [{ type: 'days', from: '2026-01-01', to: '2090-12-31' }] as const
    expect(text({ except: long }, '2026-06-01T10:00Z')).toContain('next from Mon 2091-01-01T08:00+01:00')
    expect(text({ windows: [] }, '2026-06-01T10:00Z')).toContain('at no time in the next ten years')
  })
})

describe('the next time of a schedule', () => {
  const next = (fields: Partial<Schedule>, time: string) => testOf(scheduleEntry(fields)).miss(at(time)).next?.at
  const sunday = windowsOf('Sun 02:15-02:45')

  it('comes again in the doubled hour, also if no other comes for a year', () => {
    expect(next({ windows: sunday, validUntil: '2026-10-25' }, '2026-10-25T02:50+02:00')).toBe(
      at('2026-10-25T02:15+01:00'),
    )
    expect(next({ windows: sunday }, '2026-10-25T02:50+02:00')).toBe(at('2026-10-25T02:15+01:00'))
    const year = [{ type: 'days', from: '2026-10-26', to: '2027-07-01' }] as const
    expect(next({ windows: sunday, except: year }, '2026-10-25T02:50+02:00')).toBe(at('2026-10-25T02:15+01:00'))
  })

  it('passes over the gap, and is by the new offset after it', () => {
    expect(next({ windows: sunday }, '2026-03-28T12:00+01:00')).toBe(at('2026-04-05T02:15+02:00'))
    expect(next({}, '2026-03-27T18:00+01:00')).toBe(at('2026-03-30T08:00+02:00'))
  })

  it('is found where only a Morocco of two changes lies between', () => {
    const morocco = {
      timeZone: 'Africa/Casablanca',
      except: [{ type: 'days', from: '2026-02-10', to: '2026-03-25' }],
    } as const
    expect(next(morocco, '2026-02-09T19:00+01:00')).toBe(at('2026-03-26T08:00+01:00'))
  })

  it('is the earliest also if a table has windows in another order', () => {
    const windows = windowsOf('Mon 14:00-15:00', 'Mon 08:00-09:00')
    expect(next({ windows }, '2026-11-29T12:00+01:00')).toBe(at('2026-11-30T08:00+01:00'))
  })
})
