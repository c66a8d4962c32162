const SECOND_MS = 1000
/** The characters of `2026-11-29T10:15:30.`: all that stays the same for a second. */
const SECOND_LENGTH = 20

let second = Number.NaN
let secondText = ''

/**
 * The time in ISO 8601, such as `2026-11-29T10:15:30.025Z`. `now` is in milliseconds since 1970. The text of a second is made
 * once for all lines of that second.
 */
export function lineTime(now: number): string {
  const current = Math.floor(now / SECOND_MS)
  if (current !== second) {
    second = current
    secondText = new Date(current * SECOND_MS).toISOString().slice(0, SECOND_LENGTH)
  }
  const ms = Math.floor(now - current * SECOND_MS)
  if (ms >= 100) return `${secondText}${ms}Z`
  return ms >= 10 ? `${secondText}0${ms}Z` : `${secondText}00${ms}Z`
}
