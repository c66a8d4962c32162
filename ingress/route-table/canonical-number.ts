import { readUser, type UserReading } from './user-reading.ts'

/**
 * Brings a number or name of a rule into the form in which numbers are compared. No region is used. An international
 * number, which starts with `+` or `00`, becomes `+` and digits. Any other number becomes its digits. A `tel:` before the
 * number is removed. Any other text does not change.
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

/** Reads a number or name of a rule. A `tel:` before it is removed. */
export function readRuleUser(text: string): UserReading {
  return readUser(/^tel:(.+)$/is.exec(text)?.[1] ?? text)
}

/** Brings a user that was already read, such as a caller's user, into the form of `canonicalNumber`. */
export function canonicalReading({ type, number }: UserReading): string {
  return type === 'digits' && INTERNATIONAL_PREFIX.test(number) ? `+${number.slice(2)}` : number
}

/** The international prefix of ITU-T E.123 and of most countries. A country code follows, and no country code begins with 0. */
const INTERNATIONAL_PREFIX = /^00[1-9]/
