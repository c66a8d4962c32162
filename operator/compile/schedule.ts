/** Makes the form that a schedule has in the table. Equal schedules get equal forms, however they were written. */
import type { ScheduleSpec } from '../../crds/schema/schedule.ts'
import {
  DAY_MINUTES,
  type Schedule,
  type ScheduleException,
  type ScheduleWindow,
  WEEKDAYS,
  type Weekday,
} from '../../ingress/route-table/schedule.ts'
import { unreadField } from './unread-field.ts'

const ALL_DAY = { from: 0, to: DAY_MINUTES }

/** The schedule of a rule as a list: empty if the rule has none. */
export function schedules(spec: ScheduleSpec | undefined): Schedule[] {
  if (spec === undefined) return []
  const { timeZone, windows, except = [], validFrom, validUntil } = spec
  const written = windows?.flatMap(windowsOf) ?? WEEKDAYS.map((day) => ({ day, ...ALL_DAY }))
  return [
    {
      timeZone,
      windows: WEEKDAYS.flatMap((day) => joined(written.filter((window) => window.day === day))),
      except: distinct(except.map(exceptionOf)),
      ...(validFrom === undefined ? {} : { validFrom }),
      ...(validUntil === undefined ? {} : { validUntil }),
    },
  ]
}

/** A text for comparing schedules. Equal schedules have equal texts. */
export function scheduleKey(schedule: Schedule): string {
  return JSON.stringify(schedule)
}

type WindowSpec = NonNullable<ScheduleSpec['windows']>[number]

/** One window for each day on which it begins. A window that ends before it begins ends on the next day. */
function windowsOf({ days: written, from, to }: WindowSpec): ScheduleWindow[] {
  const days: readonly Weekday[] = written ?? WEEKDAYS
  const [begin, end] = [minutes(from), minutes(to)]
  return days.map((day) => ({ day, from: begin, to: end > begin ? end : end + DAY_MINUTES }))
}

function minutes(time: string): number {
  const [hour = 0, minute = 0] = time.split(':').map(Number)
  return hour * 60 + minute
}

/** The windows of one day, sorted. Windows that touch or overlap become one window. */
function joined(windows: readonly ScheduleWindow[]): ScheduleWindow[] {
  const result: ScheduleWindow[] = []
  for (const window of windows.toSorted((a, b) => a.from - b.from)) {
    const last = result.at(-1)
    if (last === undefined || window.from > last.to) result.push(window)
    else result[result.length - 1] = { ...last, to: Math.max(last.to, window.to) }
  }
  return result
}

type ExceptionSpec = NonNullable<ScheduleSpec['except']>[number]

function exceptionOf({ date, range, yearly, ...rest }: ExceptionSpec): ScheduleException {
  if (date !== undefined) return { type: 'days', from: date, to: date }
  if (range !== undefined) return { type: 'days', from: range.from, to: range.to }
  if (yearly !== undefined) return { type: 'yearly', day: yearly }
  throw unreadField('an exception of a schedule', rest)
}

/** The exceptions in an order that does not depend on how they were written, each of them once. */
function distinct(exceptions: readonly ScheduleException[]): ScheduleException[] {
  const byText = new Map(exceptions.map((exception) => [JSON.stringify(exception), exception]))
  return [...byText.keys()].sort().flatMap((text) => byText.get(text) ?? [])
}
