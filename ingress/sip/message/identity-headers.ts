/** Headers that say who calls and give no proof of it. */
import { headerIdOf } from './header-name.ts'

/**
 * Headers that are trusted only inside a trust domain. If one of them comes from outside, it MUST NOT be passed on.
 * P-Asserted-Identity: RFC 3325 §5. Remote-Party-ID: the older form, which many systems read if P-Asserted-Identity is absent
 * (draft-ietf-sip-privacy-04). P-Served-User: RFC 5502 §4. P-Charge-Info: RFC 8496 §7.
 */
export const ASSERTED_IDENTITIES: readonly string[] = [
  'P-Asserted-Identity',
  'Remote-Party-ID',
  'P-Served-User',
  'P-Charge-Info',
]

/** The ids of the headers in `ASSERTED_IDENTITIES`. */
export const ASSERTED_IDENTITY_IDS: readonly number[] = ASSERTED_IDENTITIES.map(headerIdOf)

/**
 * The header with the identity that a user agent prefers. It is meant only for the first proxy, which must remove it (RFC 3325
 * §6).
 */
export const PREFERRED_IDENTITY = 'P-Preferred-Identity'

/** RFC 3325 §7: whether any of these Privacy values contains `id`. Several values may be in one line. */
export function asksForPrivacy(values: readonly string[]): boolean {
  return values.some((value) => /(?:^|[;,])\s*id\s*(?:[;,]|$)/i.test(value))
}
