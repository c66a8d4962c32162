import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { scheduleTest } from '../../../../ingress/lookup/schedule-test.ts'
import { createTimeZone } from '../../../../ingress/time/time-zone.ts'
import { scheduleNear, zoneAndInstant } from '../../../support/arbitrary-schedule.ts'
import { naiveHolds } from '../../../support/naive-schedule.ts'

const MINUTE = 60_000
const DAY = 1440 * MINUTE

const asked = zoneAndInstant.chain(({ timeZone, date, at }) =>
  scheduleNear(timeZone, date).map((schedule) => ({
    schedule,
    at,
    test: scheduleTest(schedule, createTimeZone(timeZone)),
  })),
)

/** Instants from one to another, by a number of minutes. */
function instants(from: number, to: number, minutes: number): number[] {
  return Array.from({ length: Math.ceil((to - from) / (minutes * MINUTE)) }, (_, i) => from + i * minutes * MINUTE)
}

describe('a schedule', () => {
  it('holds when the slow reference says so, minute by minute', () => {
    const same = fc.property(asked, ({ schedule, at, test }) => {
      const times = instants(at, at + 120 * MINUTE, 1)
      expect(times.filter((time) => test.holds(time) !== naiveHolds(schedule, time))).toEqual([])
    })
    fc.assert(same, { numRuns: 100 })
  })

  it('gives an answer that stands until it says so, and not longer than a day', () => {
    const stands = fc.property(asked, ({ schedule, at, test }) => {
      const [holds, until] = [test.holds(at), test.until(at)]
      expect(until).toBeGreaterThan(at)
      expect(until - at).toBeLessThanOrEqual(DAY)
      const times = [...instants(at, until, 13), until - 1]
      expect(times.filter((time) => naiveHolds(schedule, time) !== holds)).toEqual([])
    })
    fc.assert(stands, { numRuns: 100 })
  })

  it('may be asked about times in any order, as after steps of the clock', () => {
    const steps = fc.array(fc.integer({ min: -2880, max: 2880 }), { minLength: 2, maxLength: 20 })
    const same = fc.property(asked, steps, ({ schedule, at, test }, minutes) => {
      const times = minutes.map((step) => at + step * MINUTE)
      expect(times.filter((time) => test.holds(time) !== naiveHolds(schedule, time))).toEqual([])
    })
    fc.assert(same, { numRuns: 100 })
  })

  it('says when it holds next', () => {
    const right = fc.property(asked, ({ schedule, at, test }) => {
      fc.pre(!test.holds(at))
      const next = test.miss(at).next?.at
      const times = instants(at, Math.min(next ?? Number.POSITIVE_INFINITY, at + 12 * DAY), 30)
      expect(times.filter((time) => naiveHolds(schedule, time))).toEqual([])
      if (next === undefined) return
      expect([naiveHolds(schedule, next - 1), naiveHolds(schedule, next)]).toEqual([false, true])
    })
    fc.assert(right, { numRuns: 60 })
  })
})
