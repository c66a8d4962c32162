/** Headers that say who calls, without a proof. */
import { headerIdOf } from './header-name.ts'

/**
 * Headers that are trusted only inside a trust domain. If they come from outside, they MUST NOT be passed on: P-Asserted-Identity
 * (RFC 3325 §5); its forerunner Remote-Party-ID, which many systems read if P-Asserted-Identity is absent
 * (draft-ietf-sip-privacy-04); P-Served-User (RFC 5502 §4); and P-Charge-Info (RFC 8496 §7).
 */
export const ASSERTED_IDENTITIES: readonly string[] = [
  'P-Asserted-Identity',
  'Remote-Party-ID',
  'P-Served-User',
  'P-Charge-Info',
]

/** The same headers by number. */
export const ASSERTED_IDENTITY_IDS: readonly number[] = ASSERTED_IDENTITIES.map(headerIdOf)

/** The identity that a user agent prefers. It is meant only for the first proxy, and this proxy must remove it (RFC 3325 §6). */
export const PREFERRED_IDENTITY = 'P-Preferred-Identity'

/** RFC 3325 §7: whether any Privacy header contains `id`. The values may be in one line or in several. */
export function asksForPrivacy(values: readonly string[]): boolean {
  return values.some((value) => /(?:^|[;,])\s*id\s*(?:[;,]|$)/i.test(value))
}
