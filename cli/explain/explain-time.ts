/**
 * The time of `explain --at`. A local time without a zone is meant as the schedules are written: in their own zone. So it is read
 * together with the zones of the rules, and only if all of them name the same zone.
 */
import type { DispatchRule } from '../../crds/schema/dispatch-rule.ts'
import { nearestTimeZone } from '../../crds/schema/time-zone.ts'
import { DAY_MS, localText } from '../../ingress/time/calendar.ts'
import { createTimeZone, type TimeZone } from '../../ingress/time/time-zone.ts'
import { ConfigError } from '../settings/config.ts'

/** A time as it was written. `local` is the time that the clock on the wall shows, in milliseconds. */
export interface WrittenTime {
  readonly text: string
  readonly local: number
  /** Milliseconds east of UTC. Absent if none was written. */
  readonly offset?: number
  /** The name in brackets. Absent if none was written. */
  readonly timeZone?: string
}

/** When the call comes. `at` is in milliseconds since 1970. `text` is absent if the time is now and plays no part. */
export interface ExplainedTime {
  readonly at: number
  readonly text?: string
}

export const TIME_FORMS =
  'a time as 2026-12-24T18:00, alone or with an offset or a time zone: 2026-12-24T18:00+01:00, 2026-12-24T17:00Z, 2026-12-24T18:00[Europe/Berlin]'

const TIME = /^(\d{4}-\d{2}-\d{2})T(\d{2}:\d{2})(:\d{2})?(Z|[+-]\d{2}:\d{2})?(?:\[([^\]]*)\])?$/
const OFFSET = /^([+-])([01]\d|2[0-3]):([0-5]\d)$/
const SECOND_LENGTH = 19

/** Reads the flag. Undefined if the text has none of the forms. Throws an error if it names no time of the calendar. */
export function readTime(text: string): WrittenTime | undefined {
  const [found, date, minute, second = ':00', offset, timeZone] = TIME.exec(text) ?? []
  if (found === undefined) return undefined
  const written = `${date}T${minute}${second}`
  const local = Date.parse(`${written}Z`)
  // `Date.parse` takes 02-30 and 24:00 for times of the next day.
  if (Number.isNaN(local) || new Date(local).toISOString().slice(0, SECOND_LENGTH) !== written) {
    throw new Error(`${date} ${minute}${second === ':00' ? '' : second} does not exist`)
  }
  return {
    text,
    local,
    ...(offset !== undefined && { offset: offsetOf(offset) }),
    ...(timeZone !== undefined && { timeZone }),
  }
}

function offsetOf(text: string): number {
  if (text === 'Z') return 0
  const [found, sign, hours, minutes] = OFFSET.exec(text) ?? []
  if (found === undefined) throw new Error(`${text} is no offset`)
  const size = (Number(hours) * 60 + Number(minutes)) * 60_000
  return sign === '-' ? -size : size
}

/** The zones in which the schedules of the rules are written. */
export function timeZonesOf(rules: readonly DispatchRule[]): ReadonlySet<string> {
  return new Set(rules.flatMap(({ spec }) => spec.match.schedule?.timeZone ?? []))
}

/**
 * The instant that was meant. `timeZones` are the zones of the schedules. Throws a `ConfigError` if the time does not say which
 * instant it is. Without a written time it is `now`.
 */
export function explainedTime(
  written: WrittenTime | undefined,
  timeZones: ReadonlySet<string>,
  now: number,
): ExplainedTime {
  const [only] = timeZones.size === 1 ? timeZones : []
  if (written === undefined) {
    return timeZones.size === 0 ? { at: now } : { at: now, text: instantText(now, only) }
  }
  const { offset, local, timeZone = only } = written
  if (offset !== undefined) return offsetTime(written, local - offset, timeZone)
  if (timeZone === undefined && timeZones.size > 1) throw refusal(severalZones(timeZones, written))
  const at = instantOf(written, zoneOf(timeZone ?? 'UTC'))
  return { at, text: instantText(at, timeZone) }
}

/** A time with an offset. If it names a zone too, the offset must be that of the zone. */
function offsetTime({ text, timeZone: named, offset }: WrittenTime, at: number, timeZone?: string): ExplainedTime {
  if (named !== undefined && zoneOf(named).spanAt(at).offset !== offset) {
    throw refusal(`"${text}": ${named} has another offset at that time: leave one of the two out`)
  }
  return { at, text: instantText(at, timeZone) }
}

/** The instant at which clocks in the zone show the time. A time that the clocks skip, or show twice, is refused. */
function instantOf({ text, local }: WrittenTime, zone: TimeZone): number {
  const offsets = new Set([local - DAY_MS, local + DAY_MS].map((near) => zone.spanAt(near).offset))
  const instants = [...offsets].map((offset) => local - offset).filter((at) => at + zone.spanAt(at).offset === local)
  const [at, other] = instants.sort((a, b) => a - b)
  if (at === undefined) {
    throw refusal(`"${text}" does not exist in ${zone.name}: clocks are put forward over it; write another time`)
  }
  if (other === undefined) return at
  const choice = [at, other].map((instant) => localText(instant, local - instant)).join(' or ')
  throw refusal(`"${text}" comes twice in ${zone.name}, because clocks are put back: write ${choice}`)
}

function zoneOf(name: string): TimeZone {
  try {
    return createTimeZone(name)
  } catch {
    const nearest = nearestTimeZone(name)
    const hint = nearest === undefined ? 'write a name such as Europe/Berlin or UTC' : `did you mean ${nearest}?`
    throw refusal(`"${name}" is no time zone: ${hint}`)
  }
}

function severalZones(timeZones: ReadonlySet<string>, { text }: WrittenTime): string {
  const names = [...timeZones].sort()
  return `"${text}" does not say in which time zone, and the schedules of the rules are in several (${names.join(', ')}): write the zone behind it, as in ${text}[${names[0]}]`
}

function refusal(problem: string): ConfigError {
  return new ConfigError([`--at: ${problem}`])
}

function instantText(at: number, timeZone: string | undefined): string {
  if (timeZone === undefined) return localText(at, 0)
  return `${localText(at, zoneOf(timeZone).spanAt(at).offset)}[${timeZone}]`
}
