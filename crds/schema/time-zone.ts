/** Whether a text names a time zone. The zones are those of the IANA database, in the edition that Node has with its ICU data. */
import { MAX_KNOWN_ZONES } from './limits.ts'
import { nearestName } from './nearest-name.ts'

/**
 * The form of a name in the IANA database, such as `Europe/Berlin`, `America/Argentina/Ushuaia` or `Etc/GMT+5`. An offset such
 * as `+01:00` does not have this form: an offset knows nothing of daylight-saving time.
 */
export const TIME_ZONE_NAME = /^[A-Za-z][A-Za-z0-9_+-]*(\/[A-Za-z0-9][A-Za-z0-9_+-]*)*$/

/** Zones as they were written, up to `MAX_KNOWN_ZONES`. Asking Node again would cost 50 µs for each rule. */
const known = new Set<string>()

/** Whether Node knows the zone. Upper and lower case do not matter. */
export function isTimeZone(name: string): boolean {
  if (known.has(name)) return true
  if (!TIME_ZONE_NAME.test(name)) return false
  try {
    new Intl.DateTimeFormat('en-US', { timeZone: name }).resolvedOptions()
  } catch {
    return false
  }
  if (known.size < MAX_KNOWN_ZONES) known.add(name)
  return true
}

/** The zone that the writer of an unknown name probably meant: a misspelt name, or a city without its region. */
export function nearestTimeZone(name: string): string | undefined {
  const zones = Intl.supportedValuesOf('timeZone')
  const city = `/${name.trim().toLowerCase().replaceAll(' ', '_')}`
  return zones.find((zone) => zone.toLowerCase().endsWith(city)) ?? nearestName(name, zones)
}
