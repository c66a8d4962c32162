import type { Schedule } from '../route-table/schedule.ts'
import { createTimeZone, type TimeZone } from '../time/time-zone.ts'
import { type ScheduleTest, scheduleTest } from './schedule-test.ts'

/** The error for a table with a time zone that this process does not know. No part of the table was applied. */
export class TimeZoneError extends Error {
  readonly code = 'ROUTE_TABLE_TIME_ZONE'

  constructor(timeZone: string, cause: unknown) {
    super(`no known time zone: ${timeZone}; run the same version of operator and ingress, or correct the rule`, {
      cause,
    })
  }
}

/** The schedules of a table. Rules with equal schedules share one, so that its next change is computed once. */
export interface Schedules {
  /** Counts one use of each schedule of a rule. If the zone is unknown, this throws `TimeZoneError` and counts no use. */
  acquire(schedules: readonly Schedule[]): void
  release(schedules: readonly Schedule[]): void
  /** The test of a schedule that was acquired. */
  test(schedule: Schedule): ScheduleTest
}

export function createSchedules(): Schedules {
  const tests = new Map<string, { readonly test: ScheduleTest; uses: number }>()
  const zones = new Map<string, TimeZone>()
  const compiled = (schedule: Schedule): ScheduleTest => {
    // A zone may be written in any case. One key for all spellings bounds the map by the number of zones.
    const key = schedule.timeZone.toLowerCase()
    const zone = zones.get(key) ?? knownZone(schedule.timeZone)
    zones.set(key, zone)
    return scheduleTest(schedule, zone)
  }
  const find = (schedule: Schedule) => tests.get(keyOf(schedule)) ?? { test: compiled(schedule), uses: 0 }
  return {
    acquire(schedules) {
      for (const schedule of schedules) {
        const used = find(schedule)
        used.uses++
        tests.set(keyOf(schedule), used)
      }
    },
    release(schedules) {
      for (const schedule of schedules) {
        const used = tests.get(keyOf(schedule))
        if (used !== undefined && --used.uses === 0) tests.delete(keyOf(schedule))
      }
    },
    test: (schedule) => find(schedule).test,
  }
}

function keyOf(schedule: Schedule): string {
  return JSON.stringify(schedule)
}

function knownZone(name: string): TimeZone {
  try {
    return createTimeZone(name)
  } catch (error) {
    throw new TimeZoneError(name, error)
  }
}
