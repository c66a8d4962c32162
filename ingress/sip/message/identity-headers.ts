/** Headers that say who calls, and nothing that proves it. */
import { headerIdOf } from './header-name.ts'

/**
 * Worth something inside a trust domain only, so that what comes from outside MUST NOT pass: P-Asserted-Identity (RFC 3325
 * §5), its forerunner Remote-Party-ID, which many systems read where the first is missing (draft-ietf-sip-privacy-04),
 * P-Served-User (RFC 5502 §4) and P-Charge-Info (RFC 8496 §7).
 */
export const ASSERTED_IDENTITIES: readonly string[] = [
  'P-Asserted-Identity',
  'Remote-Party-ID',
  'P-Served-User',
  'P-Charge-Info',
]

/** The same by number. */
export const ASSERTED_IDENTITY_IDS: readonly number[] = ASSERTED_IDENTITIES.map(headerIdOf)

/** What a user agent would like to be called: for the first proxy, and for nobody behind it (RFC 3325 §6). */
export const PREFERRED_IDENTITY = 'P-Preferred-Identity'

/** RFC 3325 §7: whether `id` stands in any Privacy header, on however many lines. */
export function asksForPrivacy(values: readonly string[]): boolean {
  return values.some((value) => /(?:^|[;,])\s*id\s*(?:[;,]|$)/i.test(value))
}
