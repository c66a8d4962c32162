/** The hours of a rule: when it takes calls. docs/schedules.md says what the fields mean when clocks change. */
import { z } from 'zod'
import { MAX_EXCEPTIONS, MAX_TIME_ZONE_LENGTH, MAX_WINDOWS } from './limits.ts'
import { isTimeZone, nearestTimeZone, TIME_ZONE_NAME } from './time-zone.ts'
import { exactlyOneOf, uniqueStrings, type ValidationRule, withRules } from './validation-rule.ts'

/** The days of the week, in the order of ISO 8601. */
const DAYS = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'] as const

/**
 * Each month has its own number of days, and 02-29 is allowed. So an impossible date is refused by the pattern alone, which the
 * API server has too. Years end at 2099, because the CEL rule for leap years holds until then.
 */
const MONTH_AND_DAY =
  '((0[13578]|1[02])-(0[1-9]|[12][0-9]|3[01])|(0[469]|11)-(0[1-9]|[12][0-9]|30)|02-(0[1-9]|[12][0-9]))'

const date = withRules(
  z
    .string()
    .max(10)
    .regex(
      new RegExp(`^20[0-9]{2}-${MONTH_AND_DAY}$`),
      'is not a date from 2000-01-01 to 2099-12-31, written in quotes as year, month and day: "2026-12-24"',
    ),
  {
    cel: "!self.endsWith('-02-29') || int(self.substring(0, 4)) % 4 == 0",
    message: 'has no 29 February: the year is no leap year',
    holds: (text) => !text.endsWith('-02-29') || Number(text.slice(0, 4)) % 4 === 0,
    explain: (text) => `${text} does not exist: ${text.slice(0, 4)} is no leap year`,
  },
)

const yearlyDate = z
  .string()
  .max(5)
  .regex(new RegExp(`^${MONTH_AND_DAY}$`), 'is not a day of every year, written in quotes as month and day: "12-25"')

/** A time of the day as users write it. The last part of the pattern is the end of the day. */
function timeOfDay(end: '' | '|24:00', message: string) {
  return z
    .string()
    .max(5)
    .regex(new RegExp(`^(([01][0-9]|2[0-3]):[0-5][0-9]${end})$`), message)
}

const TIME = 'is not a time of the day, written in quotes with hour and minute'

const window = withRules(
  z.strictObject({
    days: uniqueStrings(z.array(z.enum(DAYS)).min(1).max(DAYS.length))
      .optional()
      .describe('The days on which the window begins, such as [Mon, Tue]. Default: every day.'),
    from: timeOfDay('', `${TIME}: from "00:00" to "23:59"`).describe(
      'When the window begins: "08:00", in quotes. This minute belongs to the window.',
    ),
    to: timeOfDay('|24:00', `${TIME}: from "00:00" to "24:00"`).describe(
      'When the window ends: "18:00", in quotes. This minute no longer belongs to it. A time before `from` is on the next day. "24:00" is the end of the day.',
    ),
  }),
  {
    cel: 'self.from != self.to',
    message: 'from and to are the same time: write from: "00:00" and to: "24:00" for a whole day',
    field: 'to',
    holds: ({ from, to }) => from !== to,
    explain: ({ from }) =>
      `from and to are both ${from}, and the window would have no minute: write from: "00:00" and to: "24:00" for a whole day`,
  },
)

const dateRange = withRules(
  z.strictObject({
    from: date.describe('The first day, such as "2026-12-24".'),
    to: date.describe('The last day; it belongs to the range.'),
  }),
  {
    cel: 'self.from <= self.to',
    message: 'to is before from: write the earlier date in from',
    field: 'to',
    holds: ({ from, to }) => from <= to,
    explain: ({ from, to }) => `${to} is before ${from}: write the earlier date in from`,
  },
)

const exception = withRules(
  z.strictObject({
    date: date.optional().describe('One day, such as "2026-12-24".'),
    range: dateRange.optional().describe('The days from one date to another, both included.'),
    yearly: yearlyDate
      .optional()
      .describe('The same day of every year, such as "12-25". "02-29" is a day of leap years only.'),
  }),
  exactlyOneOf('date', 'range', 'yearly'),
)

const timeZone = z
  .string()
  .min(1)
  .max(MAX_TIME_ZONE_LENGTH)
  .regex(TIME_ZONE_NAME, 'is no time zone of the IANA database, such as Europe/Berlin or UTC')
  .superRefine((name, context) => {
    if (context.issues.length > 0 || isTimeZone(name)) return
    const nearest = nearestTimeZone(name)
    const hint = nearest === undefined ? 'write a name such as Europe/Berlin or UTC' : `did you mean ${nearest}?`
    context.addIssue({ code: 'custom', message: `${name} is no time zone of the IANA database: ${hint}` })
  })

interface ScheduleShape {
  readonly windows?: readonly unknown[] | undefined
  readonly except?: readonly unknown[] | undefined
  readonly validFrom?: string | undefined
  readonly validUntil?: string | undefined
}

const RULES: readonly ValidationRule<ScheduleShape>[] = [
  {
    cel: 'has(self.windows) || has(self.except) || has(self.validFrom) || has(self.validUntil)',
    message: 'says no time: write windows, except, validFrom or validUntil, or leave the schedule out',
    holds: ({ windows, except, validFrom, validUntil }) =>
      [windows, except, validFrom, validUntil].some((part) => part !== undefined),
  },
  {
    cel: '!has(self.validFrom) || !has(self.validUntil) || self.validFrom <= self.validUntil',
    message: 'validUntil is before validFrom: the rule would never take a call',
    field: 'validUntil',
    holds: ({ validFrom, validUntil }) =>
      validFrom === undefined || validUntil === undefined || validFrom <= validUntil,
    explain: ({ validFrom, validUntil }) =>
      `${validUntil} is before validFrom (${validFrom}): the rule would never take a call`,
  },
]

/** The schema of a schedule. At least one of its lists or dates is set. */
export const schedule = withRules(
  z.strictObject({
    timeZone: timeZone.describe(
      'The zone in whose local time the schedule is written: a name of the IANA database, such as Europe/Berlin.',
    ),
    windows: z
      .array(window)
      .min(1)
      .max(MAX_WINDOWS)
      .optional()
      .describe('When the rule takes calls; in one of the windows is enough. Default: all day on every day.'),
    except: z
      .array(exception)
      .min(1)
      .max(MAX_EXCEPTIONS)
      .optional()
      .describe('Days on which no window begins, such as holidays. Default: none.'),
    validFrom: date.optional().describe('The first day on which a window begins. Default: no first day.'),
    validUntil: date.optional().describe('The last day on which a window begins. Default: no last day.'),
  }),
  ...RULES,
)

/** A schedule as users write it, after the schema has accepted it. */
export type ScheduleSpec = z.output<typeof schedule>
