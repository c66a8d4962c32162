import { readUser, type UserReading } from './user-reading.ts'

/**
 * Brings a number or name of a rule into the form in which it is compared. No region is used. An international number, which
 * starts with `+` or `00`, becomes `+` and digits. Any other number becomes its digits. The `tel:` before a number is removed.
 * Any other text does not change.
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

/** Reads a number or name of a rule, without its `tel:`. */
export function readRuleUser(text: string): UserReading {
  return readUser(/^tel:(.+)$/is.exec(text)?.[1] ?? text)
}

/** Brings a user that has already been read, such as a caller's user, into the same form. */
export function canonicalReading({ type, number }: UserReading): string {
  return type === 'digits' && INTERNATIONAL_PREFIX.test(number) ? `+${number.slice(2)}` : number
}

/** The international prefix of ITU-T E.123 and of most countries. No country code begins with 0. */
const INTERNATIONAL_PREFIX = /^00[1-9]/
