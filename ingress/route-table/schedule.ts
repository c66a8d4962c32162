/** The schedule of a rule in the compiled table: local days and minutes in a time zone. The zone is looked up in the pod. */

/** The days of the week, in the order of ISO 8601. */
export const WEEKDAYS = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'] as const

export type Weekday = (typeof WEEKDAYS)[number]

/** The minutes of a day, and of two days. A window may end on the day after the one on which it begins. */
export const DAY_MINUTES = 1440
export const TWO_DAYS_MINUTES = 2 * DAY_MINUTES

/**
 * When a rule takes calls. Two schedules that name the same zone and hold in the same minutes have the same windows here,
 * because the compiler sorts and joins them.
 */
export interface Schedule {
  /** A name of the IANA time zone database, as users wrote it. */
  readonly timeZone: string
  /** Sorted by day, then by `from`. No two windows of a day touch or overlap. */
  readonly windows: readonly ScheduleWindow[]
  /** Days on which no window begins. */
  readonly except: readonly ScheduleException[]
  /** The first and the last day on which a window begins, as `2026-12-24`. */
  readonly validFrom?: string
  readonly validUntil?: string
}

export interface ScheduleWindow {
  /** The day on which the window begins. */
  readonly day: Weekday
  /** Minutes from the beginning of the day, 0 to 1439. This minute belongs to the window. */
  readonly from: number
  /** Minutes from the beginning of the same day. Greater than `from`, and at most 2880. This minute does not belong to the window. */
  readonly to: number
}

export type ScheduleException =
  /** Days as `2026-12-24`, both included. */
  | { readonly type: 'days'; readonly from: string; readonly to: string }
  /** The same day of every year, as `12-25`. */
  | { readonly type: 'yearly'; readonly day: string }
