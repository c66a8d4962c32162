import { readUser, type UserReading } from './user-reading.ts'

/**
 * The form in which a number or name of a rule is compared, which knows no region: `+` and digits of an international
 * number, written with `+` or `00`; the digits alone of any other number; everything else as it is. `tel:` is taken off.
 */
export function canonicalNumber(text: string): string {
  const reading = readRuleUser(text)
  switch (reading.type) {
    case 'international':
    case 'digits':
      return canonicalReading(reading)
    case 'text':
    case 'unreadable':
      return text
  }
}

/** What a number or name of a rule is. */
export function readRuleUser(text: string): UserReading {
  return readUser(/^tel:(.+)$/is.exec(text)?.[1] ?? text)
}

/** The same of a user that a caller has sent and that was read. */
export function canonicalReading({ type, number }: UserReading): string {
  return type === 'digits' && INTERNATIONAL_PREFIX.test(number) ? `+${number.slice(2)}` : number
}

/** ITU-T E.123 and most of the world; no country code begins with 0. */
const INTERNATIONAL_PREFIX = /^00[1-9]/
