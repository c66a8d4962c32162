import {
  type CountryCode,
  getCountryCallingCode,
  isSupportedCountry,
  parsePhoneNumberFromString,
  validatePhoneNumberLength,
} from 'libphonenumber-js/min'
import { canonicalReading } from '../route-table/canonical-number.ts'
import type { NumberPolicy } from '../route-table/route-table.ts'
import {
  hasNoCountry,
  isInternational,
  readUser,
  type UserFault,
  type UserReading,
} from '../route-table/user-reading.ts'
import { type BoundedCache, createBoundedCache } from './bounded-cache.ts'
import { MAX_CACHED_USERS, MAX_E164_DIGITS } from './limits.ts'

/** The user of a URI in the form in which users are compared. */
export interface CanonicalUser {
  /** `+` and digits, the digits as they were dialled, or the unchanged text. Empty if there is no user. */
  readonly number: string
  /** Why the user cannot be read. Undefined if the user can be read, or if the policy uses the unchanged text. */
  readonly fault: UserFault | undefined
}

/** The result for a URI without a user. */
export const NOBODY: CanonicalUser = { number: '', fault: undefined }
const NO_REGION = ''

const cachesByRegion = new Map<string, BoundedCache<string, string>>()

/** Converts the user of a URI, by a trunk's policy, into the form in which numbers are compared. */
export function toCanonical(user: string | undefined, policy: NumberPolicy): CanonicalUser {
  if (user === undefined) return NOBODY
  if (isInternational(user)) return { number: user, fault: undefined }
  const reading = readUser(user)
  const { type, number } = reading
  switch (type) {
    case 'digits':
      return withCountry(user, reading, policy)
    case 'international':
    case 'text':
      return { number, fault: undefined }
    case 'unreadable':
      return { number, fault: policy.unreadable === 'AsWritten' ? undefined : reading.fault }
  }
}

/** Empties the caches of numbers, so that no invented number from the warm-up stays in them. */
export function forgetNumbers(): void {
  cachesByRegion.clear()
}

type Digits = Extract<UserReading, { type: 'digits' }>

function withCountry(user: string, digits: Digits, { defaultRegion, unreadable }: NumberPolicy): CanonicalUser {
  const region = defaultRegion !== undefined && isSupportedCountry(defaultRegion) ? defaultRegion : undefined
  const number = digits.number.length > MAX_E164_DIGITS + 2 ? longNumber(digits) : cachedNumber(digits, region)
  if (unreadable === 'AsWritten') return { number, fault: undefined }
  if (hasNoCountry(number)) return { number: user, fault: 'zero' }
  return isOtherByContext(digits, number) ? { number: user, fault: 'context' } : { number, fault: undefined }
}

function cachedNumber(digits: Digits, region: CountryCode | undefined): string {
  const cache = cacheOf(region ?? NO_REGION)
  const known = cache.get(digits.number)
  if (known !== undefined) return known
  const number = copyOf(findNumber(digits, region))
  cache.set(copyOf(digits.number), number)
  return number
}

/**
 * Reads digits without `+`. These readings are tried in order, and the first one that fits is used:
 *
 * 1. a valid international number behind 00;
 * 2. a number in the form that is dialled in the region;
 * 3. an international number without any prefix;
 * 4. the unchanged digits.
 */
function findNumber(digits: Digits, region: CountryCode | undefined): string {
  const dialled = digits.number
  const behind00 = canonicalReading(digits)
  // If the digits after 00 are a valid number, 00 is the prefix. Some regions have a longer prefix that begins with 00.
  if (behind00 !== dialled && isValid(behind00)) return behind00
  const national = region && parsePhoneNumberFromString(dialled, { defaultCountry: region, extract: false })
  if (national?.isValid()) return national.number
  if (dialled.startsWith('0')) return behind00
  if (dialled.length > MAX_E164_DIGITS) return longNumber(digits)
  return isInternationalWithout(dialled, region) ? `+${dialled}` : dialled
}

/** Whether the digits are an international number without its `+`. */
function isInternationalWithout(dialled: string, region: CountryCode | undefined): boolean {
  const international = `+${dialled}`
  const parsed = parsePhoneNumberFromString(international, { extract: false })
  if (parsed?.isValid()) return true
  // New area codes come into use before libphonenumber knows them. So in the trunk's own region, a possible length is
  // enough.
  const own = region !== undefined && parsed?.countryCallingCode === getCountryCallingCode(region)
  if (own && parsed?.isPossible()) return true
  // Exchanges ignore extra digits at the end of a number. So too many digits are read as a number with extra digits after
  // it.
  return validatePhoneNumberLength(international) === 'TOO_LONG'
}

/**
 * Reads a user with more digits than the longest telephone number has. A short code has fewer digits, so these digits must
 * begin with a country code. Digits that begin with 0 are the exception, because no country code begins with 0.
 */
function longNumber(digits: Digits): string {
  return digits.number.startsWith('0') ? canonicalReading(digits) : `+${digits.number}`
}

/**
 * Whether the phone-context leads to another number. A phone-context is not a prefix (RFC 3966 §5.1.5), but some gateways
 * put it before the number. If the result is a valid number that differs from ours, nobody knows which of the two would be
 * dialled.
 */
function isOtherByContext({ number, context }: Digits, read: string): boolean {
  if (context === undefined) return false
  const international = `+${context}${number}`
  return international !== read && isValid(international)
}

function isValid(international: string): boolean {
  return parsePhoneNumberFromString(international, { extract: false })?.isValid() === true
}

/**
 * The cache of a region. Regions come from trunks and never from packets. So there are only as many caches as regions in
 * use.
 */
function cacheOf(region: string): BoundedCache<string, string> {
  const known = cachesByRegion.get(region)
  if (known !== undefined) return known
  const cache = createBoundedCache<string, string>(MAX_CACHED_USERS)
  cachesByRegion.set(region, cache)
  return cache
}

/** Copies a string. A part of a message's text would retain the whole message in memory. */
function copyOf(text: string): string {
  return Buffer.from(text).toString()
}
