import type { Schedule, ScheduleWindow, Weekday } from '../../ingress/route-table/schedule.ts'

const WORKDAYS: readonly Weekday[] = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri']

/** The minutes of a time of the day: `08:00` is 480, and `30:00` is six o'clock on the next day. */
function minutesOf(time: string): number {
  const [hour = 0, minute = 0] = time.split(':').map(Number)
  return hour * 60 + minute
}

/** Windows as `Mon 08:00-18:00`; `Mon-Fri` stands for five windows. */
export function windowsOf(...texts: readonly string[]): ScheduleWindow[] {
  return texts.flatMap((text) => {
    const [days = '', times = ''] = text.split(' ')
    const [from = '', to = ''] = times.split('-')
    const named = days === 'Mon-Fri' ? WORKDAYS : [days as Weekday]
    return named.map((day) => ({ day, from: minutesOf(from), to: minutesOf(to) }))
  })
}

/** A schedule from Monday to Friday, 08:00 to 18:00 in Berlin, unless fields say otherwise. */
export function scheduleEntry(fields: Partial<Schedule> = {}): Schedule {
  return { timeZone: 'Europe/Berlin', windows: windowsOf('Mon-Fri 08:00-18:00'), except: [], ...fields }
}
