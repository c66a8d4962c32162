import { isSupportedCountry, parsePhoneNumberFromString } from 'libphonenumber-js/min'
import { canonicalNumber } from '../route-table/canonical-number.ts'
import type { NumberPolicy } from '../route-table/route-table.ts'
import { type BoundedCache, createBoundedCache } from './bounded-cache.ts'
import { MAX_CACHED_USERS, MAX_PARSED_USER } from './limits.ts'

/** An international number as a caller writes it: only the region-free form applies. */
const INTERNATIONAL = /^(?:tel:)?[ .()-]*(?:\+|00)/i
const CANONICAL = /^\+\d+$/

const cachesByRegion = new Map<string, BoundedCache<string, string>>()

/**
 * The user of a URI in the form in which numbers are compared. National numbers become E.164 where the policy names
 * their region and they are valid there; everything else is left to `canonicalNumber`. No user gives the empty string.
 */
export function toCanonical(user: string | undefined, policy: NumberPolicy): string {
  if (user === undefined) return ''
  const region = policy.defaultRegion
  if (region === undefined || user.length > MAX_PARSED_USER || user.charCodeAt(0) === 0x2b) return canonicalNumber(user)
  const cache = cacheOf(region)
  const known = cache.get(user)
  if (known !== undefined) return known
  const canonical = canonicalNumber(user)
  if (INTERNATIONAL.test(user) || !CANONICAL.test(canonical) || !isSupportedCountry(region)) return canonical
  const parsed = parsePhoneNumberFromString(canonical.slice(1), { defaultCountry: region, extract: false })
  const number = copyOf(parsed?.isValid() ? parsed.number : canonical)
  cache.set(copyOf(user), number)
  return number
}

/** Regions come from trunks, not from packets: there are as many caches as regions in use. */
function cacheOf(region: string): BoundedCache<string, string> {
  const known = cachesByRegion.get(region)
  if (known !== undefined) return known
  const cache = createBoundedCache<string, string>(MAX_CACHED_USERS)
  cachesByRegion.set(region, cache)
  return cache
}

/** A string of its own: a slice would keep the whole message that it was cut from. */
function copyOf(text: string): string {
  return Buffer.from(text).toString()
}
