/** The check of a schedule that the shared cache holds. */
import { type Check, list, oneOf, optional, record, refuse, textThat, variants, wholeNumber } from './content-check.ts'
import { MAX_LIST_LENGTH, MAX_TEXT_LENGTH } from './limits.ts'
import {
  DAY_MINUTES,
  type Schedule,
  type ScheduleException,
  type ScheduleWindow,
  TWO_DAYS_MINUTES,
  WEEKDAYS,
} from './schedule.ts'

const DATE_LENGTH = 10

/** Whether the text is a day of the calendar. `Date.parse` moves 02-30 to March, so the text is written again and compared. */
function isDate(text: string): boolean {
  const time = Date.parse(`${text}T00:00:00Z`)
  return !Number.isNaN(time) && new Date(time).toISOString().slice(0, DATE_LENGTH) === text
}

const date = textThat(isDate, 'a date as 2026-12-24', DATE_LENGTH)
// 2000 is a leap year, so 02-29 is a day of it.
const yearlyDay = textThat((text) => isDate(`2000-${text}`), 'a day as 12-25', DATE_LENGTH)

const windowFields = record<ScheduleWindow>({
  day: oneOf(...WEEKDAYS),
  from: wholeNumber(0, DAY_MINUTES - 1),
  to: wholeNumber(1, TWO_DAYS_MINUTES),
})

const window: Check<ScheduleWindow> = (value, finding): value is ScheduleWindow =>
  windowFields(value, finding) && (value.from < value.to || refuse(finding, 'greater than from', 'to'))

type OfType<K extends ScheduleException['type']> = Extract<ScheduleException, { readonly type: K }>

const exception = variants<ScheduleException, 'type'>('type', {
  days: record<OfType<'days'>>({ type: oneOf('days'), from: date, to: date }),
  yearly: record<OfType<'yearly'>>({ type: oneOf('yearly'), day: yearlyDay }),
})

/** The check of the schedules of a rule: none or one. Whether a pod knows the zone is found out by the pod. */
export const schedules = list(
  record<Schedule>({
    timeZone: textThat((text) => text !== '', 'the name of a time zone', MAX_TEXT_LENGTH),
    windows: list(window, MAX_LIST_LENGTH),
    except: list(exception, MAX_LIST_LENGTH),
    validFrom: optional(date),
    validUntil: optional(date),
  }),
  1,
)
