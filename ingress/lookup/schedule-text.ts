/** Words about schedules, for the log and for `explain`. */
import { localText, weekdayName } from '../time/calendar.ts'
import type { ClosedDay } from './schedule-days.ts'
import type { LocalInstant, ScheduleMiss } from './schedule-test.ts'

const CAUSES: Readonly<Record<ClosedDay, string>> = {
  windows: 'is in none of its windows',
  except: 'is on a day of except',
  validFrom: 'is before validFrom',
  validUntil: 'is after validUntil',
}

/**
 * Why a schedule does not hold, and when it holds again, in its own local time:
 * `Fri 2026-12-25T10:00+01:00 is on a day of except; it matches next from Mon 2026-12-28T08:00+01:00 (Europe/Berlin)`.
 */
export function scheduleMissText({ asked, cause, next, timeZone }: ScheduleMiss): string {
  const now = `${instantText(asked)} ${CAUSES[cause]}`
  if (next === undefined) return `${now}; it matches at no time in the next ten years (${timeZone})`
  return `${now}; it matches next from ${instantText(next)} (${timeZone})`
}

function instantText({ at, offset }: LocalInstant): string {
  return `${weekdayName(at + offset)} ${localText(at, offset)}`
}
